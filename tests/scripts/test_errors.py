from __future__ import annotations

import pytest

from scripts.errors import one_line_errors


def failing(error: BaseException):
    @one_line_errors
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize("kind", [ValueError, TypeError, OSError, FileNotFoundError, ImportError])
def test_a_users_mistake_is_one_line(kind, capsys):
    assert failing(kind("the map has no goal:\n  put a 'G'\tin it"))() == 1
    assert capsys.readouterr() == ("", "error: the map has no goal: put a 'G' in it\n")


def test_control_c_says_how_to_go_on(capsys):
    assert failing(KeyboardInterrupt())() == 130
    assert "goes on from the last checkpoint" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError(), RuntimeError("a bug of ours")])
def test_a_bug_keeps_its_traceback(error):
    with pytest.raises(type(error)):
        failing(error)()


def test_success_is_zero_and_silent(capsys):
    assert one_line_errors(lambda: None)() == 0
    assert capsys.readouterr() == ("", "")


def test_debugging_shows_the_traceback_too(monkeypatch, capsys):
    monkeypatch.setenv("RLENVS_DEBUG", "1")
    assert failing(ValueError("no"))() == 1
    err = capsys.readouterr().err
    assert "Traceback" in err and err.endswith("error: no\n")

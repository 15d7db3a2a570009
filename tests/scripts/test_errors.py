from __future__ import annotations

import pytest

from scripts.errors import one_line_errors, one_line_errors_of_training


def failing(error: BaseException, wrap=one_line_errors):
    @wrap
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize("kind", [ValueError, TypeError, OSError, FileNotFoundError, ImportError])
def test_a_users_mistake_is_one_line(kind, capsys):
    assert failing(kind("the map has no goal:\n  put a 'G'\tin it"))() == 1
    assert capsys.readouterr() == ("", "error: the map has no goal: put a 'G' in it\n")


@pytest.mark.parametrize(("wrap", "goes_on"), [(one_line_errors_of_training, True), (one_line_errors, False)])
def test_control_c_says_how_to_go_on_where_a_run_does(wrap, goes_on, capsys):
    assert failing(KeyboardInterrupt(), wrap)() == 130
    said = capsys.readouterr().err
    assert said.startswith("interrupted") and ("goes on from the last checkpoint" in said) == goes_on


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

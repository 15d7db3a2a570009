"""Answering problems on the command line, with piped lines."""

from __future__ import annotations

import io

import pytest

from rlenvs.cli import main
from rlenvs.tasks.catalog import make_task


def play(monkeypatch, capsys, text: str, *arguments: str) -> list[str]:
    """The lines that are shown."""
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["play", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("view", ["math", "mathtoken"])
def test_lines_are_responses(monkeypatch, capsys, view: str) -> None:
    """The seed decides the first problem, in both views."""
    shown = play(monkeypatch, capsys, "\n4\n77\n:q\n9\n", view, "--seed", "1")
    assert shown[2:7] == ["2+2=", "> ", "> 4", "correct   reward 1", ""]
    assert shown[8] == "> 77" and shown[9].startswith("wrong   reward 0   right is ")
    assert shown[-2:] == ["> :q", "returns: 1, 0"]


def test_turns_go_on_with_feedback(monkeypatch, capsys) -> None:
    arguments = ("math", "--set", "task=countdown", "level=2", "style=chat", "max_turns=2")
    shown = play(monkeypatch, capsys, "<answer>1</answer>\nI give up\n", *arguments)
    assert "Try again." in " ".join(shown)
    assert shown[-1] == "returns: 0" and any(line.startswith("no answer   reward 0   right is") for line in shown)


def test_tokens_that_do_not_exist_are_asked_for_again(monkeypatch, capsys) -> None:
    shown = play(monkeypatch, capsys, "four\n4\n", "mathtoken", "--seed", "1")
    assert shown[4].startswith("not sent: text holds 'f', which the alphabet")
    assert shown[-1] == "returns: 1"


def test_an_empty_line_ends_a_program(monkeypatch, capsys) -> None:
    problem = make_task("loop").problem(3)
    monkeypatch.setattr("rlenvs.text.response_env.draw_problem", lambda *_: 3)
    text = f"\n{problem.gold}\n\nreturn\n"
    shown = play(monkeypatch, capsys, text, "code", "--set", "task=loop", "unsafe=true")
    assert shown[2] == problem.prompt and shown[-1] == "returns: 1, 0"
    assert "\n".join(shown).endswith(f"right is\n{problem.gold}\n\n{problem.prompt}\nreturns: 1, 0")


def test_little_languages_take_a_line(monkeypatch, capsys) -> None:
    assert play(monkeypatch, capsys, "x\nx\n", "codetoken")[-1] == "returns: 0, 0"


def test_there_is_no_window(capsys) -> None:
    assert main(["play", "math", "--window"]) == 1
    assert capsys.readouterr().err == "error: --window: rlenvs/Math-v0 is played in a terminal; leave it out\n"

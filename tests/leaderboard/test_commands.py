"""The two commands, from arguments to output; the functions they call have tests of their own."""

from __future__ import annotations

import json
import sys

import pytest

from scripts import compare, leaderboard
from tests.leaderboard.synthetic import write_suite

ENVIRONMENTS = ("rlenvs/CliffWalk-v0",)


@pytest.fixture
def run(monkeypatch, capsys):
    def call(command, *arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["command", *map(str, arguments)])
        code = command.main()
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_leaderboard(run, tmp_path):
    write_suite(tmp_path / "runs", ["ppo", "a2c"], ENVIRONMENTS)
    code, out, err = run(leaderboard, "--runs", tmp_path / "runs", "--out", tmp_path / "site")
    assert code == 0 and "Leaderboard demo@1" in out and str(tmp_path / "site" / "index.html") in err
    assert (tmp_path / "site" / "index.html").read_text().startswith("<!doctype html>")
    code, out, _ = run(leaderboard, "--runs", tmp_path / "runs", "--markdown")
    assert code == 0 and out.startswith("| Rank |")
    code, out, _ = run(leaderboard, "--runs", tmp_path / "runs", "--json", "--reference", "a2c")
    assert code == 0 and json.loads(out)[0]["reference"] == "a2c"


def test_leaderboard_tells_which_records_fail(run, tmp_path):
    write_suite(tmp_path / "runs", ["ppo"], ENVIRONMENTS, seeds=1)  # invented runs have no actions
    code, _, err = run(leaderboard, "--runs", tmp_path / "runs", "--verify")
    assert code == 0 and "could not be re-scored" in err


def test_compare(run, tmp_path):
    a, b = (write_suite(tmp_path / agent, [agent], ENVIRONMENTS) for agent in ("ppo", "reinforce"))
    code, out, _ = run(compare, a, b)
    assert code == 0 and "Better" in out
    code, out, _ = run(compare, a, b, "--json")
    assert code == 0 and json.loads(out)["differences"][0]["better"] == "A"


@pytest.mark.parametrize("command", [leaderboard, compare])
def test_mistakes_give_one_line(run, tmp_path, command):
    arguments = ["--runs", tmp_path] if command is leaderboard else [tmp_path, tmp_path]
    code, out, err = run(command, *arguments)
    assert code == 1 and not out
    assert err.startswith("error: ") and "holds no runs" in err and err.count("\n") == 1

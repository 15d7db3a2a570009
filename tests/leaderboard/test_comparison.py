from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from rlenvs.leaderboard.comparison import compare, report
from rlenvs.leaderboard.records import RecordError, RunDirectory, RunSpec, find_runs
from tests.leaderboard.synthetic import write_suite

TWO = ("rlenvs/CliffWalk-v0", "rlenvs/FourRooms-v0")


def test_a_clear_difference_is_called_one(tmp_path):
    a = find_runs(write_suite(tmp_path / "a", ["ppo"], TWO))
    b = find_runs(write_suite(tmp_path / "b", ["reinforce"], TWO))
    result = compare(a, b)
    assert (result.a, result.b, result.protocol, result.paired) == ("ppo", "reinforce", "demo@1", True)
    assert [row.environment for row in result.differences] == ["CliffWalk-v0", "FourRooms-v0", "all"]
    overall = result.differences[-1]
    assert overall.better == "A" and overall.improvement.value > 0.9
    assert overall.difference.value == pytest.approx(overall.a.value - overall.b.value)
    mirrored = compare(b, a).differences[-1]
    assert mirrored.better == "B"
    assert mirrored.difference.interval == pytest.approx(tuple(-x for x in overall.difference.interval[::-1]))
    json.dumps(result.to_json(), allow_nan=False)


def test_equal_runs_cannot_be_told_apart(tmp_path):
    runs = find_runs(write_suite(tmp_path, ["ppo"], TWO[:1]))
    (row,) = compare(runs, runs).differences
    assert row.better == "?" and row.difference.value == 0 and row.improvement.value == 0.5


def test_unequal_seeds_are_compared_unpaired_and_few_seeds_without_interval(tmp_path):
    five = find_runs(write_suite(tmp_path / "a", ["ppo"], TWO[:1]))
    three = find_runs(write_suite(tmp_path / "b", ["a2c"], TWO[:1], seeds=3))
    result = compare(five, three)
    assert not result.paired and result.differences[0].better == "–"


def test_the_table_says_how(tmp_path):
    runs = find_runs(write_suite(tmp_path, ["ppo"], TWO))
    out = io.StringIO()
    Console(file=out, width=80).print(report(compare(runs, runs)))
    assert "Better" in out.getvalue() and "[0.970, 0.993]" in out.getvalue()  # nothing is folded
    assert "A = ppo, B = ppo, protocol demo@1" in out.getvalue() and "pairs of equal seeds" in out.getvalue()


def test_unequal_rules_are_refused(tmp_path):
    a = find_runs(write_suite(tmp_path / "a", ["ppo"], TWO[:1]))
    for name, arguments, message in (
        ("protocol", {"protocol": "gridworld@1"}, "A follows protocol demo@1, B gridworld@1"),
        ("budget", {"budget": 20_000}, "budgets are 20,000, 50,000; compare equal budgets"),
    ):
        b = find_runs(write_suite(tmp_path / name, ["a2c"], TWO[:1], **arguments))
        with pytest.raises(RecordError, match=message):
            compare(a, b)
    with pytest.raises(RecordError, match="FourRooms-v0: only one side has runs there"):
        compare(a, find_runs(write_suite(tmp_path / "env", ["a2c"], TWO)))


def test_a_side_is_one_agent_under_one_protocol(tmp_path):
    a = find_runs(write_suite(tmp_path / "a", ["ppo"], TWO[:1]))
    two = find_runs(write_suite(tmp_path / "two", ["a2c", "reinforce"], TWO[:1]))
    with pytest.raises(RecordError, match="B holds the agents a2c, reinforce: name one"):
        compare(a, two)
    mixed = a + find_runs(write_suite(tmp_path / "other", ["ppo"], TWO[:1], protocol="gridworld@1"))
    with pytest.raises(RecordError, match="A holds runs of demo@1, gridworld@1"):
        compare(mixed, a)
    RunDirectory.open(tmp_path / "bad", RunSpec(TWO[0], "dqn", 0, 50_000, "demo@1")).finish({}, state="failed")
    with pytest.raises(RecordError, match="B has no run with a score in CliffWalk-v0"):
        compare(a, find_runs(tmp_path / "bad"))

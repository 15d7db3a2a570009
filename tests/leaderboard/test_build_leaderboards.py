from __future__ import annotations

import json

import pytest

from rlenvs.leaderboard import statistics
from rlenvs.leaderboard.aggregation import build_leaderboards, evaluations
from rlenvs.leaderboard.records import RecordError, RunDirectory, RunSpec, find_runs
from tests.leaderboard.synthetic import write_run, write_suite

TWO = ("rlenvs/CliffWalk-v0", "rlenvs/FourRooms-v0")


def test_rows_are_best_first_and_complete(tmp_path):
    (board,) = build_leaderboards(find_runs(write_suite(tmp_path, ["reinforce", "ppo", "grpo-clip_cov"], TWO)))
    assert board.protocol == "demo@1" and board.suite == board.environments == ("CliffWalk-v0", "FourRooms-v0")
    assert board.reference == "ppo" and board.seeds_required == 5
    values = [row.iqm.value for row in board.rows]
    assert values == sorted(values, reverse=True) and board.rows[-1].label == "reinforce"
    ppo = next(row for row in board.rows if row.label == "ppo")
    assert ppo.improvement is None and ppo.seeds == 5 and ppo.failed == 0
    assert ppo.iqm.interval.low <= ppo.iqm.value <= ppo.iqm.interval.high
    scores = [board.groups["ppo"][name].scores for name in board.suite]
    assert ppo.iqm.value == statistics.iqm(scores) and 0 < ppo.auc < ppo.mean.value
    assert board.rows[-1].improvement.value < 0.2
    json.dumps(board.to_json(), allow_nan=False)


def test_an_interval_does_not_depend_on_what_stands_beside_it(tmp_path):
    write_suite(tmp_path, ["ppo"], TWO)
    (alone,) = build_leaderboards(find_runs(tmp_path))
    write_suite(tmp_path, ["a2c"], TWO)
    (together,) = build_leaderboards(find_runs(tmp_path))
    assert alone.rows[0].iqm == next(row.iqm for row in together.rows if row.label == "ppo")


def test_protocols_never_share_a_table(tmp_path):
    write_run(tmp_path, "ppo", TWO[0], 0)
    write_run(tmp_path, "a2c", TWO[0], 0, protocol="gridworld@1")
    boards = build_leaderboards(find_runs(tmp_path))
    assert [(board.protocol, [row.label for row in board.rows]) for board in boards] == [
        ("demo@1", ["ppo"]),
        ("gridworld@1", ["a2c"]),
    ]


def test_an_agent_that_left_an_environment_out_has_no_suite_score(tmp_path):
    write_suite(tmp_path, ["ppo", "a2c"], TWO)
    write_suite(tmp_path, ["grpo"], TWO[:1])
    (board,) = build_leaderboards(find_runs(tmp_path))
    last = board.rows[-1]
    assert last.label == "grpo" and last.iqm is None and last.ranks is None and last.improvement is None
    assert list(last.environments) == ["CliffWalk-v0"]


def test_failed_runs_are_counted_not_forgotten(tmp_path):
    write_suite(tmp_path, ["ppo"], TWO, seeds=4)
    write_run(tmp_path, "ppo", TWO[0], 4, state="failed")
    (board,) = build_leaderboards(find_runs(tmp_path))
    (row,) = board.rows
    assert row.failed == 1 and row.seeds == 4 and row.iqm.interval is None


def test_runs_of_one_name_but_other_settings_are_kept_apart(tmp_path):
    for seed in (0, 1):
        for learning_rate in (0.1, 0.2):
            spec = RunSpec(TWO[0], "ppo", seed, 1000, "demo@1", config={"learning_rate": learning_rate, "gamma": 0.9})
            run = RunDirectory.open(tmp_path / spec.run_id, spec)
            run.finish({"score": learning_rate, "label": "ppo", "random_return": 0.0})
    (board,) = build_leaderboards(find_runs(tmp_path))
    assert [(row.label, row.seeds) for row in board.rows] == [
        ("ppo learning_rate=0.2", 2),
        ("ppo learning_rate=0.1", 2),
    ]


def test_settings_tuned_for_each_environment_are_one_agent(tmp_path):
    for env_id, learning_rate in zip(TWO, (0.1, 0.2), strict=True):
        spec = RunSpec(env_id, "ppo", 0, 1000, "demo@1", config={"learning_rate": learning_rate})
        run = RunDirectory.open(tmp_path / spec.run_id, spec)
        run.finish({"score": 0.5, "random_return": 0.0})
    (board,) = build_leaderboards(find_runs(tmp_path))
    assert [row.label for row in board.rows] == ["ppo"]


def test_plain_returns_stay_out_of_the_suite(tmp_path):
    write_suite(tmp_path, ["ppo"], TWO[:1])
    spec = RunSpec("CartPole-v1", "path/to/mine.py:train", 0, 1000, "demo@1", env_kwargs={"sutton_barto_reward": True})
    RunDirectory.open(tmp_path / "cartpole", spec).finish({"score": 200.0})
    (board,) = build_leaderboards(find_runs(tmp_path))
    assert board.environments == ("CartPole-v1(sutton_barto_reward=True)", "CliffWalk-v0")
    assert board.suite == ("CliffWalk-v0",)
    assert {row.label: row.iqm is None for row in board.rows} == {"ppo": False, "mine.py": True}


def test_data_files_are_told_apart_by_what_they_hold(tmp_path, monkeypatch):
    for folder, answer in (("one", "4"), ("same", "4"), ("other", "5")):
        (tmp_path / folder).mkdir()
        row = {"question": "What is 2 + 2?", "answer": f"2 + 2 = {answer}\n#### {answer}"}
        (tmp_path / folder / "test.jsonl").write_text(json.dumps(row) + "\n")
        monkeypatch.chdir(tmp_path / folder)
        spec = RunSpec("rlenvs/Math-v0", "ppo", len(folder), 1000, "demo@1", env_kwargs={"task": "file:test.jsonl"})
        RunDirectory.open(tmp_path / "runs" / spec.run_id, spec).finish({"score": 0.5, "random_return": 0.0})
    (board,) = build_leaderboards(find_runs(tmp_path / "runs"))
    assert len(board.environments) == 2
    assert all(name.startswith("Math-v0(task=file:test.jsonl, data=") for name in board.environments)


def test_the_reference_can_be_chosen(tmp_path):
    records = find_runs(write_suite(tmp_path, ["ppo", "a2c"], TWO[:1]))
    (board,) = build_leaderboards(records, reference="a2c")
    assert board.reference == "a2c" and {row.label for row in board.rows if row.improvement} == {"ppo"}
    with pytest.raises(RecordError, match="reference is 'dqn': choose one of a2c, ppo"):
        build_leaderboards(records, reference="dqn")


def test_duplicates_and_empty_boards_are_refused(tmp_path):
    write_run(tmp_path / "a", "ppo", TWO[0], 0)
    write_run(tmp_path / "b", "ppo", TWO[0], 0)
    with pytest.raises(RecordError, match="is there twice, in .*a/.* and .*b/"):
        build_leaderboards(find_runs(tmp_path))
    write_run(tmp_path / "c", "ppo", TWO[0], 1, state="killed")
    with pytest.raises(RecordError, match="no run has a score"):
        build_leaderboards(find_runs(tmp_path / "c"))


def test_evaluations_leave_out_other_rows(tmp_path):
    run = RunDirectory.open(tmp_path, RunSpec(TWO[0], "ppo", 0, 1000))
    run.append("metrics", [{"step": 1, "loss": 2.0}, {"step": 2, "score": 0.5}, {"step": 3, "score": float("nan")}])
    run.finish({"score": 0.5})
    (record,) = find_runs(tmp_path)
    assert [list(column) for column in evaluations(record)] == [[2.0], [0.5]]
    assert [len(column) for column in evaluations(record, y="entropy")] == [0, 0]

from __future__ import annotations

import json

import pytest

from rlenvs.leaderboard.aggregation import build_leaderboards
from rlenvs.leaderboard.data_files import data_files
from rlenvs.leaderboard.evaluation import evaluation_seeds
from rlenvs.leaderboard.records import RecordError, RunDirectory, RunSpec, find_runs
from rlenvs.leaderboard.verification import verify


def write_problems(path, answer="4"):
    path.parent.mkdir(exist_ok=True)
    row = {"question": "What is 2 + 2?", "answer": f"2 + 2 = {answer}\n#### {answer}"}
    path.write_text(json.dumps(row) + "\n")
    return path


def spec_of(task, seed=0):
    return RunSpec("rlenvs/Math-v0", "ppo", seed, 1000, "demo@1", env_kwargs={"task": task})


def test_an_environment_without_files_has_none():
    assert data_files(RunSpec("rlenvs/Math-v0", "ppo", 0, 1000, "demo@1", env_kwargs={"task": "sort"})) == []
    assert data_files(RunSpec("rlenvs/CliffWalk-v0", "ppo", 0, 1000, "demo@1")) == []


def test_a_run_does_not_go_on_with_other_data(tmp_path):
    file = write_problems(tmp_path / "data" / "test.jsonl")
    spec = spec_of(f"file:{file}")
    RunDirectory.open(tmp_path / "run", spec)
    assert not RunDirectory.open(tmp_path / "run", spec).finished
    write_problems(file, answer="5")
    with pytest.raises(RecordError, match=r"test\.jsonl does not hold what it held .* --force"):
        RunDirectory.open(tmp_path / "run", spec)
    RunDirectory.open(tmp_path / "run", spec, force=True)  # begins again, with the new data
    assert not RunDirectory.open(tmp_path / "run", spec).finished


def test_files_that_were_added_or_taken_away_are_named(tmp_path):
    write_problems(tmp_path / "data" / "test.jsonl")
    spec = spec_of(f"file:{tmp_path / 'data'}")
    RunDirectory.open(tmp_path / "run", spec)
    more = write_problems(tmp_path / "data" / "train.jsonl", answer="5")
    with pytest.raises(RecordError, match=r"train\.jsonl does not hold"):
        RunDirectory.open(tmp_path / "run", spec)
    more.unlink()
    (tmp_path / "data" / "test.jsonl").unlink()
    with pytest.raises(RecordError, match="the run's data are not here"):
        RunDirectory.open(tmp_path / "run", spec)


def test_verification_refuses_changed_data(tmp_path):
    file = write_problems(tmp_path / "data" / "test.jsonl")
    spec = spec_of(f"file:{file}")
    run = RunDirectory.open(tmp_path / "run", spec)
    run.append("episodes", [{"seed": seed} for seed in evaluation_seeds(spec.run_id, 100)])
    run.finish({"score": 0.5, "mean_return": 0.5, "env_steps": 1000})
    write_problems(file, answer="5")
    complete, rescored = verify(tmp_path / "run", tier=1)
    assert complete.passed and not rescored.passed and "does not hold what it held" in rescored.reason


def test_one_file_by_two_paths_is_one_environment(tmp_path, monkeypatch):
    file = write_problems(tmp_path / "data" / "test.jsonl")
    monkeypatch.chdir(tmp_path)
    for seed, task in enumerate((f"file:{file}", "file:data/test.jsonl")):
        spec = spec_of(task, seed)
        RunDirectory.open(tmp_path / "runs" / spec.run_id, spec).finish({"score": 0.5, "random_return": 0.0})
    (board,) = build_leaderboards(find_runs(tmp_path / "runs"))
    (name,) = board.environments
    assert name.startswith("Math-v0(task=file:test.jsonl, data=")

"""Runs that are killed, resumed, repeated, and given directories that are not theirs."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from agents import checkpoints
from agents.naming import directory_for
from agents.registry import load_agent
from agents.runs import Run
from rlenvs.leaderboard.records import RunDirectory, read_run

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "reinforce": {"episodes": 16},
    "a2c": {"num_envs": 8, "num_steps": 16},
    "ppo": {"num_envs": 8, "num_steps": 32, "epochs": 2, "minibatches": 2},
    "grpo": {"groups": 4, "group_size": 4, "epochs": 1, "selection": "clip_cov"},
}
BUDGET = 6_000


def spec_of(agent: str, env_id: str = "rlenvs/FrozenLake-v0", seed: int = 3, budget: int = BUDGET):
    settings = {"hidden": (16,), **SETTINGS[agent]}
    return load_agent(agent).spec(env_id, seed, budget, "demo@1", settings)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("RLENVS_QUIET", "1")
    torch.set_num_threads(1)


def parameters(run_dir: Path) -> dict[str, torch.Tensor]:
    return checkpoints.load(run_dir / "policy.pt")["state_dict"]


def without_times(rows: list[dict]) -> list[dict]:
    return [{k: v for k, v in row.items() if k != "wall_s" and not k.startswith("time/")} for row in rows]


def assert_same_run(one: Path, other: Path) -> None:
    first, second = parameters(one), parameters(other)
    assert all(torch.equal(first[name], second[name]) for name in first) and set(first) == set(second)
    assert without_times(read_run(one).metrics) == without_times(read_run(other).metrics)
    assert read_run(one).episodes == read_run(other).episodes


class Killed(Exception):
    pass


@pytest.mark.parametrize("env_id", ["rlenvs/FrozenLake-v0", "CartPole-v1"])
@pytest.mark.parametrize("agent", SETTINGS)
def test_an_interrupted_run_ends_like_one_that_was_not(agent, env_id, tmp_path, monkeypatch):
    spec = spec_of(agent, env_id, budget=BUDGET if env_id.startswith("rlenvs") else 2_000)
    train = load_agent(agent).train
    train(spec, tmp_path / "whole")

    counter = iter(range(10**6))
    victim = random.Random(f"{agent} {env_id}").randint(2, 6 if env_id.startswith("rlenvs") else 3)
    record = Run.record

    def dying(self, *args, **kwargs):
        if next(counter) == victim:
            raise Killed
        record(self, *args, **kwargs)

    monkeypatch.setattr(Run, "record", dying)
    with pytest.raises(Killed):
        train(spec, tmp_path / "killed")
    RunDirectory.open(tmp_path / "killed", spec).append("metrics", [{"step": -1, "note": "after the checkpoint"}])
    monkeypatch.undo()
    monkeypatch.setenv("RLENVS_QUIET", "1")
    train(spec, tmp_path / "killed")
    assert_same_run(tmp_path / "whole", tmp_path / "killed")


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "scripts.train", *words]


@pytest.mark.parametrize("agent", ["ppo", "grpo"])
def test_kill_nine_at_a_random_moment_and_resume(agent, tmp_path):
    spec = spec_of(agent, budget=16_000)
    (tmp_path / "spec.json").write_text(json.dumps(spec.to_json()))
    words = ("--spec", str(tmp_path / "spec.json"), "--runs", str(tmp_path / "runs"))
    path = directory_for(tmp_path / "runs", spec)
    process = subprocess.Popen(command(*words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not (path / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(random.Random(os.getpid()).uniform(0.0, 0.5))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (path / "run.json").exists()
    subprocess.run(command(*words), cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    load_agent(agent).train(spec, tmp_path / "whole")
    assert_same_run(tmp_path / "whole", path)


def test_the_budget_is_never_passed_and_mostly_used(tmp_path):
    for agent in SETTINGS:
        result = load_agent(agent).train(spec_of(agent), tmp_path / agent)
        assert 0.7 * BUDGET < result["env_steps"] <= BUDGET


def test_a_record_holds_what_was_promised(tmp_path):
    load_agent("ppo").train(spec_of("ppo"), tmp_path / "run")
    record = read_run(tmp_path / "run")
    steps = [row["step"] for row in record.metrics]
    assert steps == sorted(set(steps)) and steps[0] == 0 and len(steps) >= 20
    assert {"score", "mean_return", "entropy", "time/env_s", "time/update_s"} <= set(record.metrics[-1])
    assert record.metrics[0]["score"] == pytest.approx(0.0, abs=0.02)  # the untrained policy is nearly uniform
    assert record.result["score"] == record.metrics[-1]["score"]
    assert len(record.episodes) == 100
    with np.load(tmp_path / "run" / "actions.npz") as actions:
        assert actions["policy"].shape == (16, 4) and len(actions["seeds"]) == 100


def test_a_directory_of_another_spec_is_refused_and_left_alone(tmp_path):
    load_agent("a2c").train(spec_of("a2c"), tmp_path / "run")
    before = (tmp_path / "run" / "run.json").read_bytes()
    with pytest.raises(ValueError, match="they differ in.*seed"):
        load_agent("a2c").train(spec_of("a2c", seed=4), tmp_path / "run")
    assert (tmp_path / "run" / "run.json").read_bytes() == before


def test_a_checkpoint_of_another_agent_is_refused(tmp_path):
    spec = spec_of("a2c")
    run_dir = RunDirectory.open(tmp_path / "run", spec).path
    load_agent("ppo").train(spec_of("ppo"), tmp_path / "other")
    (run_dir / "checkpoint.pt").write_bytes((tmp_path / "other" / "checkpoint.pt").read_bytes())
    with pytest.raises(ValueError, match="is of run .*choose another directory"):
        load_agent("a2c").train(spec, run_dir)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half of a zip file"])
def test_a_damaged_checkpoint_is_named(content, tmp_path):
    spec = spec_of("a2c")
    run_dir = RunDirectory.open(tmp_path / "run", spec).path
    (run_dir / "checkpoint.pt").write_bytes(content)
    with pytest.raises(ValueError, match=r"checkpoint .* cannot be read .*delete it") as error:
        load_agent("a2c").train(spec, run_dir)
    assert "\n" not in str(error.value)


def test_a_checkpoint_cannot_run_code(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    torch.save({"run_id": Bomb()}, tmp_path / "bomb.pt")
    with pytest.raises(ValueError, match="cannot be read"):
        checkpoints.load(tmp_path / "bomb.pt")
    assert not (tmp_path / "exploded").exists()


def test_saving_leaves_the_old_file_where_it_fails(tmp_path):
    path = tmp_path / "checkpoint.pt"
    checkpoints.save_atomically({"step": 1}, path)
    with pytest.raises(Exception, match="pickle|local"):
        checkpoints.save_atomically({"step": lambda: 2}, path)
    assert checkpoints.load(path) == {"step": 1} and list(tmp_path.iterdir()) == [path]

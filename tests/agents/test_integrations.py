"""Stable-Baselines3's algorithms as agents: what they record, and that it stands beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.loading import load_probabilities
from agents.reevaluation import reevaluate
from agents.registry import load_agent
from agents.runs import Run
from rlenvs.leaderboard.aggregation import build_leaderboards
from rlenvs.leaderboard.comparison import compare
from rlenvs.leaderboard.records import RunRecord, RunSpec, find_runs, read_run

BUDGET = 1_500
ENV = "rlenvs/FrozenLake-v0"
SMALL = {"hidden": [16], "num_envs": 4}
SETTINGS: dict[str, dict[str, Any]] = {
    "sb3-ppo": {**SMALL, "n_steps": 16, "batch_size": 32},
    "sb3-a2c": {**SMALL, "n_steps": 8},
    "sb3-dqn": {**SMALL, "learning_starts": 100, "train_freq": 8},
    "ppo": {**SMALL, "num_steps": 16},
}
SB3 = [name for name in SETTINGS if name.startswith("sb3")]


def spec_of(agent: str, seed: int = 0, env_id: str = ENV, budget: int = BUDGET, **settings: Any) -> RunSpec:
    return load_agent(agent).spec(env_id, seed, budget, "demo@1", {**SETTINGS[agent], **settings})


def train(spec: RunSpec, run_dir: Path) -> RunRecord:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RLENVS_QUIET", "1")
        torch.set_num_threads(1)
        load_agent(spec.agent).train(spec, run_dir)
    return read_run(run_dir)


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> dict[str, RunRecord]:
    folder = tmp_path_factory.mktemp("runs")
    return {agent: train(spec_of(agent), folder / agent) for agent in SETTINGS}


@pytest.mark.parametrize("agent", SB3)
def test_the_record_is_complete(records, agent):
    record, ours = records[agent], records["ppo"]
    assert record.result.keys() == ours.result.keys() and record.result["label"] == agent
    assert len(record.episodes) == len(ours.episodes) == 100
    steps = [row["step"] for row in record.metrics]
    assert steps == sorted(set(steps)) and steps[0] == 0 and steps[-1] == record.result["env_steps"]
    assert 10 <= len(steps) <= 22 and all({"score", "mean_return", "wall_s"} <= set(row) for row in record.metrics)
    assert {item["path"] for item in record.artifacts} >= {"policy.zip", "actions.npz", "episodes.jsonl"}
    if agent != "sb3-dqn":
        entropies = [row["entropy"] for row in record.metrics if "entropy" in row]
        assert len(entropies) > 8 and all(0 < entropy <= np.log(4) for entropy in entropies)


@pytest.mark.parametrize("agent", SB3)
def test_the_budget_is_kept_and_mostly_used(records, agent):
    assert 0.9 * BUDGET < records[agent].result["env_steps"] <= BUDGET


@pytest.mark.parametrize("agent", SB3)
def test_the_policy_is_a_distribution_over_actions(records, agent):
    probabilities = load_probabilities(records[agent])(np.arange(16))
    assert probabilities.shape == (16, 4) and probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    if agent == "sb3-dqn":
        assert set(probabilities.flatten()) == {0.0, 1.0}
    else:
        assert (probabilities > 0).all() and probabilities.max() > 0.26


@pytest.mark.parametrize("agent", SETTINGS)
def test_the_saved_policy_reproduces_the_evaluation(records, agent):
    report = reevaluate(records[agent], load_probabilities(records[agent]))
    assert report["identical"] and report["difference"] == "" and report["episodes"] == 100


def test_another_policy_does_not_reproduce_it(records):
    report = reevaluate(records["sb3-ppo"], load_probabilities(records["sb3-dqn"]))
    assert not report["identical"] and "recorded is" in report["difference"]


@pytest.mark.parametrize("agent", SB3)
def test_the_same_spec_trains_the_same_policy(records, agent, tmp_path):
    again = train(spec_of(agent), tmp_path / "again")
    assert again.episodes == records[agent].episodes
    assert again.result["score"] == records[agent].result["score"]


def test_both_vectorisations_play_the_same_environments(records, tmp_path):
    """SB3 gets the same observations, rewards and ends through either: the policies come out equal."""
    dummy = train(spec_of("sb3-a2c", vectorisation="dummy"), tmp_path / "dummy")
    tables = [load_probabilities(record)(np.arange(16)) for record in (dummy, records["sb3-a2c"])]
    np.testing.assert_allclose(tables[0], tables[1], atol=1e-6)


def test_sb3_runs_stand_in_one_table_with_ours(records):
    (board,) = build_leaderboards(list(records.values()))
    assert {row["label"] for row in board.to_json()["rows"]} == set(SETTINGS)
    comparison = compare([records["ppo"]], [records["sb3-ppo"]]).to_json()
    assert comparison["differences"]
    folder = records["ppo"].path.parent
    assert {record.result["label"] for record in find_runs(folder)} == set(SETTINGS)


@pytest.mark.parametrize("agent", ["sb3-ppo", "sb3-dqn"])
def test_other_peoples_environments_are_played_and_evaluated(agent, tmp_path):
    record = train(spec_of(agent, env_id="CartPole-v1", budget=512), tmp_path / "run")
    assert record.result["score"] == record.result["mean_return"] > 5
    assert reevaluate(record, load_probabilities(record), episodes=5)["identical"]


@pytest.mark.parametrize(
    ("agent", "changes", "message"),
    [
        ("sb3-ppo", {"budget": 10}, "budget=10: one batch of sb3-ppo may take 64"),
        ("sb3-ppo", {"n_steps": 1, "num_envs": 1}, "config of sb3-ppo: .*must be greater than 1"),
        ("sb3-ppo", {"policy": "Nope"}, "Nope"),
        ("sb3-dqn", {"env_id": "Pendulum-v1"}, "action_space=Box.*Discrete"),
        ("sb3-a2c", {"env_id": "Pendulum-v1"}, "action_space=Box.*Discrete"),
    ],
)
def test_what_sb3_cannot_train_is_one_line_and_leaves_nothing(agent, changes, message, tmp_path):
    spec = spec_of(agent, **changes)
    with pytest.raises(ValueError, match=message):
        load_agent(agent).train(spec, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_missing_policy_is_named(records, tmp_path):
    with pytest.raises(ValueError, match=r"policy.zip is missing: finish the run"):
        load_agent("sb3-ppo").module.load_policy(tmp_path)


def test_a_killed_run_begins_again(records, tmp_path, monkeypatch):
    class Killed(Exception):
        pass

    evaluate = Run.evaluate

    def dying(self, probabilities):
        if self.env_steps > BUDGET // 2:
            raise Killed
        return evaluate(self, probabilities)

    monkeypatch.setattr(Run, "evaluate", dying)
    with pytest.raises(Killed):
        train(spec_of("sb3-a2c"), tmp_path / "run")
    monkeypatch.undo()
    again = train(spec_of("sb3-a2c"), tmp_path / "run")
    assert [row["score"] for row in again.metrics] == [row["score"] for row in records["sb3-a2c"].metrics]

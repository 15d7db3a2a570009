"""The agents train a language model, with records that can be evaluated, resumed and told apart."""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch

from agents import checkpoints, grpo
from agents.configuration import make_config
from agents.language_evaluation import answer, first_problems, report
from agents.loading import load_probabilities
from agents.optimisation import make_optimiser
from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.reevaluation import reevaluate
from agents.registry import load_agent
from agents.rollouts.clock import Clock
from agents.rollouts.dynamic_sampling import live_groups
from agents.rollouts.generation import GREEDY, Sampling
from agents.rollouts.generation_collector import GenerationCollector
from agents.runs import Run
from agents.supervised import warm_up
from rlenvs.leaderboard.evaluation import protocol
from rlenvs.leaderboard.records import read_run
from rlenvs.text.rules import make_rules
from tests.agents.small_models import ragged_prompts, small_policy, written_batch

ENV = "rlenvs/MathToken-v0"
TASK = {"task": "sort", "level": 1, "length": 3, "symbols": "abcdefgh"}
SMALL = {"warm_up_steps": 60, "warm_up_batch_size": 32, "test_problems": 10, "validation_problems": 6}
SETTINGS = {
    "reinforce": {"episodes": 16},
    "a2c": {"num_envs": 16},
    "ppo": {"num_envs": 16, "critic": "separate"},
    "grpo": {"groups": 2, "group_size": 8, "selection": "clip_cov", "kl_coef": 0.01},
    "rlhf": {"num_envs": 16, "group_size": 8, "preference_share": 0.4},
}
BUDGET = 100


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """One for all tests: they warm up alike."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def quick(monkeypatch, cache):
    monkeypatch.setenv("RLENVS_QUIET", "1")
    monkeypatch.setenv("RLENVS_CACHE", str(cache))
    torch.set_num_threads(1)


def spec_of(agent: str, budget: int = BUDGET, **settings):
    settings = {**SMALL, **SETTINGS[agent], **settings}
    return load_agent(agent).spec(ENV, 3, budget, "text@1", settings, "text", TASK)


def parameters(run_dir: Path) -> dict[str, torch.Tensor]:
    return checkpoints.load(run_dir / "policy.pt")["state_dict"]


def rows_of(run_dir: Path) -> list[dict]:
    rows = read_run(run_dir).metrics
    return [{k: v for k, v in row.items() if k != "wall_s" and not k.startswith("time/")} for row in rows]


@pytest.mark.parametrize("agent", SETTINGS)
def test_every_agent_trains_a_language_model(agent, tmp_path, cache):
    result = load_agent(agent).train(spec_of(agent), tmp_path / "run")
    record = read_run(tmp_path / "run")
    assert result["env_steps"] == 96 and result["tokens"] > 96
    assert result["warm_up_s"] > 0 and result["wall_s"] > result["warm_up_s"]
    for scores in (result["before"], result["after"]):
        assert {"pass@1", "greedy", "maj@16", "pass@16", "entropy", "distinct"} <= set(scores)
        assert scores["pass@1"] <= scores["pass@16"] and scores["problems"] == 10
    last = record.metrics[-1]
    rollout = {"rollout/ep_len_mean", "rollout/live_groups", "rollout/group_spread"}
    assert {"validation/pass@8", "entropy", "covariance/mean", *rollout} <= set(last)
    assert result["entropy_fit"] is None or result["entropy_fit"]["points"] > 2
    samples = [json.loads(line) for line in (tmp_path / "run" / "samples.jsonl").read_text().splitlines()]
    assert {"problem", "response", "status", "reward", "step"} == set(samples[0])
    assert all("/validation/" in sample["problem"] for sample in samples)
    start = checkpoints.load(next((cache / "warm_ups").iterdir()))["body"]
    end = parameters(tmp_path / "run")
    assert any(not torch.equal(tensor, end[f"body.{name}"]) for name, tensor in start.items())


def test_responses_are_shown_with_their_verdicts_while_training(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("RLENVS_QUIET")
    load_agent("grpo").train(spec_of("grpo"), tmp_path / "run")
    samples = [json.loads(line) for line in (tmp_path / "run" / "samples.jsonl").read_text().splitlines()]
    told = capsys.readouterr().err.splitlines()
    assert len({sample["step"] for sample in samples}) > 2  # at every evaluation, not at the end alone
    shown = [line.split() for line in told if line.startswith("  ")]
    verdicts = [(status, response) for status, _, response in shown]
    kept = [(row["status"], repr(row["response"])) for place, row in enumerate(samples) if place % 6 < 3]
    assert verdicts == kept
    assert len({prompt for _, prompt, _ in shown}) == 3 and all(prompt.endswith("='") for _, prompt, _ in shown)


def test_a_record_is_evaluated_again_bit_for_bit(tmp_path):
    load_agent("grpo").train(spec_of("grpo"), tmp_path / "run")
    record = read_run(tmp_path / "run")
    report = reevaluate(record, load_probabilities(record))
    assert report["identical"], report["difference"]
    assert len(record.episodes) == protocol("text@1").eval_episodes


class Killed(Exception):
    pass


@pytest.mark.parametrize("agent", ["ppo", "grpo", "rlhf"])
def test_a_killed_run_ends_as_one_that_was_not(agent, tmp_path, monkeypatch):
    spec, train = spec_of(agent, budget=200), load_agent(agent).train
    whole = train(spec, tmp_path / "whole")
    record = Run.record
    counted = []

    def killed(self, *arguments):
        counted.append(None)
        if len(counted) == 8:
            raise Killed
        record(self, *arguments)

    monkeypatch.setattr(Run, "record", killed)
    with pytest.raises(Killed):
        train(spec, tmp_path / "cut")
    monkeypatch.setattr(Run, "record", record)
    resumed = train(spec, tmp_path / "cut")
    one, other = parameters(tmp_path / "whole"), parameters(tmp_path / "cut")
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert rows_of(tmp_path / "whole") == rows_of(tmp_path / "cut")
    assert resumed["before"] == whole["before"] and resumed["after"] == whole["after"]


def test_group_rewards_teach_what_a_warm_up_left_open():
    """A third of the demonstrations was right; a few updates make many more of the responses so."""
    rules = make_rules(**TASK)
    settings = {**grpo.PRESETS["text"], **SMALL, "groups": 24, "group_size": 8, "precision": "float32"}
    config = make_config(grpo.Config, settings)
    policy = build_language_policy(rules, config, seed=0)
    warm_up(policy, rules, config, seed=0)
    env = gym.make_vec(ENV, 192, group_size=8, **TASK)
    generator = torch.Generator().manual_seed(0)
    collector = GenerationCollector(env, 8, Sampling(), generator, 0, Clock())
    optimiser = make_optimiser(policy, config)
    rewards = []
    for _ in range(15):
        batch = collector.collect(policy)
        rewards.append(float(batch.rewards.sum(1).mean()))
        grpo.update(policy, optimiser, batch, config, generator, generator, 0.0)
    assert np.mean(rewards[-3:]) > np.mean(rewards[:3]) + 0.2


def test_groups_without_a_difference_are_left_out():
    policy = small_policy()
    batch = written_batch(policy, ragged_prompts(), 3)
    rewards = torch.zeros(15)
    rewards[[0, 3, 4, 5, 7]] = 1.0
    batch = batch.with_(rewards=rewards.unsqueeze(1) * batch.terminated)
    assert torch.unique(live_groups(batch).group).tolist() == [0, 2]
    config = grpo.Config(**{**grpo.PRESETS["text"], "precision": "float32"})
    dead = batch.with_(rewards=torch.zeros_like(batch.rewards))
    generator = torch.Generator()
    metrics, part = grpo.update(policy, make_optimiser(policy, config), dead, config, generator, generator, 0.0)
    assert metrics == {} and len(part) == 15 and not part.advantages.any()


def test_minibatches_hold_whole_groups():
    batch = written_batch(small_policy(), ragged_prompts(), 3)
    parts = list(batch.minibatches(2, torch.Generator().manual_seed(0), keep_groups=True))
    assert sorted(len(part) for part in parts) == [6, 9]
    assert sorted(torch.cat([part.group for part in parts]).tolist()) == batch.group.tolist()
    assert not set(parts[0].group.tolist()) & set(parts[1].group.tolist())


def test_scores_tell_kinds_of_improvement_apart():
    rules = make_rules(**TASK)
    policy = build_language_policy(rules, PolicyConfig(network="causal_lm", precision="float32"), seed=0)
    scores = report(policy, rules, 8, 4, seed=0)
    assert scores["pass@1"] <= scores["pass@4"] and scores["distinct"] <= 4 * scores["pass@4"]
    chosen = first_problems(rules, 8)
    again = answer(policy, rules, chosen, 1, GREEDY, seed=1)
    assert again.texts == answer(policy, rules, chosen, 1, GREEDY, seed=2).texts


@pytest.mark.parametrize(
    ("env_id", "message"),
    [("rlenvs/CliffWalk-v0", "environment of tokens"), ("rlenvs/Math-v0", "environment of tokens")],
)
def test_environments_without_tokens_are_refused(env_id, message, tmp_path):
    spec = load_agent("grpo").spec(env_id, 0, 100, "text@1", {**SMALL, **SETTINGS["grpo"]}, "text")
    with pytest.raises(ValueError, match="environment of tokens"):
        load_agent("grpo").train(spec, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_language_models_count_responses_unless_told_otherwise():
    agent = load_agent("grpo")
    assert agent.default_protocol(ENV, {}, "text") == "text@1"
    assert agent.default_protocol(ENV, {}, None) == "token@1"
    assert agent.default_protocol("rlenvs/CliffWalk-v0", {}, None) == "gridworld@1"

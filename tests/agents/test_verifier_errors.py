"""What the verifier itself failed on is learned by nobody and counted by every record."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch

import rlenvs  # noqa: F401
from agents.language_evaluation import Answers
from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.rollouts.clock import Clock
from agents.rollouts.generation import Sampling
from agents.rollouts.generation_collector import GenerationCollector
from agents.rollouts.response_statistics import ResponseStatistics
from rlenvs.text.rules import make_rules
from rlenvs.verifiers.verdict import Verdict

TASK = {"task": "sort", "level": 1, "length": 3, "symbols": "abc"}


def collected(failures: dict[int, list[int]], greedy_baseline: bool = True):
    """A batch of four groups of three; `failures`: at which call the verifier fails on which members."""
    policy = build_language_policy(make_rules(**TASK), PolicyConfig(network="causal_lm", precision="float32"), seed=0)
    env = gym.make_vec("rlenvs/MathToken-v0", 12, group_size=3, **TASK)
    collector = GenerationCollector(env, 3, Sampling(), torch.Generator().manual_seed(0), 0, Clock(), greedy_baseline)
    respond, calls = collector.env.unwrapped.respond, iter(range(2))

    def failing(*arguments):
        rewards, infos = respond(*arguments)
        infos["status"][failures.get(next(calls), [])] = "error"
        return rewards, infos

    collector.env.unwrapped.respond = failing
    return collector.collect(policy), collector.statistics.pop()


def test_without_a_greedy_verdict_the_whole_group_is_left_out_and_counted():
    whole, before = collected({})
    batch, told = collected({0: [3]})
    assert before["rollout/verifier_errors"] == 0.0 and told["rollout/verifier_errors"] == 3 / 12
    rest = [row for row in range(12) if row // 3 != 1]
    assert batch.group.tolist() == whole.group[rest].tolist()
    assert torch.equal(batch.actions, whole.actions[rest])
    assert torch.equal(batch.greedy_rewards, whole.greedy_rewards[rest])


def test_a_response_and_a_greedy_one_without_verdicts_are_left_out_together():
    batch, told = collected({0: [0], 1: [1, 7]})
    assert batch.group.tolist() == [1, 1, 1, 2, 2, 3, 3, 3] and told["rollout/verifier_errors"] == 4 / 12


def test_without_greedy_responses_their_own_verdicts_count_alone():
    batch, told = collected({0: [4]}, greedy_baseline=False)
    assert len(batch) == 11 and told["rollout/verifier_errors"] == 1 / 12


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_spread_of_groups_is_the_deviation_that_advantages_divide_by(size):
    rewards = np.random.default_rng(size).random(8)
    statistics = ResponseStatistics(size)
    statistics.add(rewards, np.full(8, 3), np.ones(8, bool), np.ones(8, bool))
    spread = torch.from_numpy(rewards).reshape(-1, size).std(1).mean().item() if size > 1 else 0.0
    assert statistics.pop()["rollout/group_spread"] == pytest.approx(spread)


def test_evaluations_tell_how_many_verdicts_failed():
    verdicts = [Verdict(float(status == "correct"), status, None, {}) for status in ("correct", "error", "wrong")]
    answers = Answers(np.arange(2), ["a"] * 4, [*verdicts, verdicts[0]], 2, 0.5)
    scores = answers.scores()
    assert scores["verifier_errors"] == 0.25 and scores["pass@1"] == 0.5

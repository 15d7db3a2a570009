"""Batches that are refilled with groups whose members fared differently, and greedy baselines."""

from __future__ import annotations

import gymnasium as gym
import pytest
import torch

from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.rollouts.clock import Clock
from agents.rollouts.dynamic_sampling import DynamicSampling, joined
from agents.rollouts.generation import GREEDY, Sampling, generate
from agents.rollouts.generation_collector import GenerationCollector
from rlenvs.text.rules import make_rules
from tests.agents.small_models import ragged_prompts, small_policy, written_batch

ENV, TASK = "rlenvs/MathToken-v0", {"task": "sort", "level": 1, "length": 3, "symbols": "abc"}


class Rounds:
    """Hands out batches whose live groups are known; each round costs 15 responses."""

    dropped, most_steps = 0, 15

    def __init__(self, live: list[int]) -> None:
        self.live, self.asked = list(live), []

    def collect(self, policy, limit=None):
        self.asked.append(limit)
        if limit is not None and limit < self.most_steps:
            return None
        batch = written_batch(small_policy(seed=len(self.asked)), ragged_prompts(seed=len(self.asked)), 3)
        rewards = torch.zeros(15)
        rewards[torch.arange(self.live.pop(0)) * 3] = 1.0
        return batch.with_(rewards=rewards.unsqueeze(1) * batch.terminated)


@pytest.mark.parametrize(
    ("live", "rounds", "limit", "rows", "asked"),
    [
        ([2, 1, 3, 5], 4, None, 12, 3),  # the fourth group is found in the third round
        ([5], 4, None, 12, 1),
        ([1, 1, 5], 2, None, 6, 2),
        ([1, 5], 4, 20, 3, 2),
        ([0, 0], 2, None, 15, 2),
    ],
)
def test_batches_are_refilled_up_to_a_cap(live, rounds, limit, rows, asked):
    inner = Rounds(live)
    batch = DynamicSampling(inner, 4, rounds).collect(None, limit)
    assert len(batch) == rows and len(inner.asked) == asked
    if max(live):
        outcomes = batch.rewards.sum(1).view(-1, 3)
        assert (outcomes.max(1).values > outcomes.min(1).values).all()
        assert torch.unique(batch.group, return_counts=True)[1].tolist() == [3] * (rows // 3)
    assert DynamicSampling(Rounds([3]), 4, 2).collect(None, 14) is None


def test_joined_batches_say_what_their_parts_said():
    policy = small_policy()
    parts = [written_batch(policy, ragged_prompts(seed=seed), 3) for seed in (1, 2)]
    parts = [parts[0], parts[1].with_(**{n: getattr(parts[1], n)[:, :5] for n in ("actions", "mask", "old_log_prob")})]
    parts[1] = parts[1].with_(
        **{name: getattr(parts[1], name)[:, :5] for name in ("rewards", "terminated", "truncated")}
    )
    whole = joined(parts)
    assert len(whole) == 30 and len(torch.unique(whole.group)) == 10
    now = policy.evaluate(whole).log_prob
    torch.testing.assert_close(now[:15], policy.evaluate(parts[0]).log_prob, atol=1e-5, rtol=0)
    torch.testing.assert_close(now[15:, :5], policy.evaluate(parts[1]).log_prob, atol=1e-5, rtol=0)
    assert not now[15:, 5:].any()


def test_a_greedy_baseline_is_what_the_likeliest_response_earns():
    rules = make_rules(**TASK)
    policy = build_language_policy(rules, PolicyConfig(network="causal_lm", precision="float32"), seed=0)
    batches = []
    for greedy in (True, False):
        env = gym.make_vec(ENV, 12, group_size=2, **TASK)
        collector = GenerationCollector(env, 2, Sampling(), torch.Generator().manual_seed(0), 0, Clock(), greedy)
        batches.append(collector.collect(policy))
        assert (collector.responses, collector.most_steps) == ((18, 18) if greedy else (12, 12))
    with_baseline, without = batches
    assert torch.equal(with_baseline.actions, without.actions) and torch.equal(with_baseline.rewards, without.rewards)
    prompts = with_baseline.observations[::2]
    written = generate(policy, prompts, 1, torch.zeros(6, rules.max_tokens), GREEDY)
    for place, earned in enumerate(with_baseline.greedy_rewards[::2].tolist()):
        asked = rules.tokenizer.decode(prompts[place][prompts[place] >= 0].tolist()).removesuffix("=")
        ids = written.tokens[place, : written.lengths[place]].tolist()
        right = ids[-1] == rules.tokenizer.eos_id and rules.tokenizer.decode(ids) == "".join(sorted(asked))
        assert earned == float(right)
    assert torch.equal(with_baseline.greedy_rewards[::2], with_baseline.greedy_rewards[1::2])

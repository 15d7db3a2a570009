"""What games of points ask of the algorithms: returns that end at rewards, Karpathy's REINFORCE, decay that waits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents import a2c, grpo, ppo, reinforce
from agents.optimisation import OptimiserConfig, scheduled
from agents.rollouts.batch import Batch
from tests.agents import hand_made


def game(rewards: list[list[float]], lengths: list[int]) -> Batch:
    """Episodes of these rewards, a row each, that terminate after `lengths` steps."""
    values = torch.tensor(rewards, dtype=torch.float32)
    steps = torch.arange(values.shape[1]).expand_as(values)
    mask = steps < torch.tensor(lengths).unsqueeze(1)
    last = steps == torch.tensor(lengths).unsqueeze(1) - 1
    zeros = torch.zeros_like(values)
    index = torch.zeros(values.shape, dtype=torch.int64)
    return Batch(index, index, zeros, values, last, torch.zeros_like(last), mask, torch.zeros(len(values)).long())


POINTS = game([[0, 0, 1, 0, -1, 0], [0, -1, 0, 0, 0, 1]], [5, 6])


def test_returns_stop_at_points_where_asked_to():
    config = reinforce.Config(gamma=0.5, baseline="none", rewards_end_returns=True)
    _, returns = reinforce.monte_carlo(POINTS, config)
    np.testing.assert_allclose(returns[0], [0.25, 0.5, 1, -0.5, -1, 0])
    np.testing.assert_allclose(returns[1], [-0.5, -1, 0.125, 0.25, 0.5, 1])
    _, whole = reinforce.monte_carlo(POINTS, reinforce.Config(gamma=0.5, baseline="none"))
    assert float(whole[0, 2]) == 1 - 0.25


@pytest.mark.parametrize("config_class", [ppo.Config, a2c.Config])
def test_advantages_take_a_point_for_an_end(config_class):
    batch = hand_made.on_policy(hand_made.table())
    cut = config_class(rewards_end_returns=True).signal_of(batch).with_gae(hand_made.GAMMA, 1.0)
    rewards, values = np.array(hand_made.REWARDS), np.array(hand_made.VALUES)
    at_points = np.array(hand_made.MASK, dtype=bool) & (rewards != 0)
    np.testing.assert_allclose(cut.advantages[at_points], (rewards - values)[at_points], rtol=1e-6)
    assert torch.equal(cut.rewards, batch.rewards) and config_class().signal_of(batch) is batch


def test_karpathys_baseline_standardises_every_episode_by_itself():
    config = reinforce.Config(gamma=0.9, baseline="episode", rewards_end_returns=True)
    advantages, _ = reinforce.monte_carlo(POINTS, config)
    for row, mask in zip(advantages, POINTS.mask, strict=True):
        assert float(row[mask].mean()) == pytest.approx(0, abs=1e-6)
        assert float(row[mask].std()) == pytest.approx(1, abs=1e-4)
    assert advantages[0, 5] == 0


def test_karpathys_preset_is_his_agent():
    config = reinforce.Config(**{**reinforce.PRESETS["karpathy"], "hidden": (200,)})
    assert (config.hidden, config.activation, config.bias, config.init) == ((200,), "relu", False, "xavier")
    assert (config.optimiser, config.learning_rate, config.gamma, config.episodes) == ("rmsprop", 1e-4, 0.99, 10)
    assert config.rewards_end_returns and config.aggregation == "token-sum" and config.max_grad_norm == 0


@pytest.mark.parametrize("algorithm", [reinforce, grpo])
def test_an_outcome_cannot_end_at_points(algorithm):
    with pytest.raises(ValueError, match="rewards_end_returns=true: an outcome is the whole return"):
        algorithm.Config(signal="outcome", rewards_end_returns=True)


def test_an_aggregation_that_needs_a_constant_is_refused():
    with pytest.raises(ValueError, match="aggregation='seq-mean-token-sum-norm': it needs a constant"):
        reinforce.Config(aggregation="seq-mean-token-sum-norm")


def test_decay_waits_for_its_share_of_the_budget():
    shares = [scheduled(2.0, 0.5, progress, decay_from=0.5) for progress in (0.0, 0.5, 0.75, 1.0, 1.2)]
    assert shares == pytest.approx([2.0, 2.0, 1.5, 1.0, 1.0])
    with pytest.raises(ValueError, match=r"decay_from=1.0: choose a number in \[0, 1\)"):
        OptimiserConfig(decay_from=1.0)

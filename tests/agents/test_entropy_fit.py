from __future__ import annotations

import pytest
import torch

from agents.entropy import entropy_of_logits
from agents.entropy_fit import EntropyFit, fit_entropy_performance, fit_of_run


def bandit_run(num_rewarded: int, num_actions: int = 32, num_contexts: int = 64) -> EntropyFit:
    """Exact policy gradient on a contextual bandit with softmax tables."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(num_contexts, num_actions, generator=generator, dtype=torch.float64)
    order = torch.rand(num_contexts, num_actions, generator=generator).argsort(-1)
    rewards = (order < num_rewarded).double()
    entropies, returns = [], []
    for _ in range(300):
        policy = logits.softmax(-1)
        value = (policy * rewards).sum(-1, keepdim=True)
        entropies.append(entropy_of_logits(logits).mean())
        returns.append(value.mean())
        logits = logits + 5.0 * policy * (rewards - value)
    return fit_entropy_performance(torch.stack(entropies), torch.stack(returns))


def test_the_law_holds_where_many_actions_are_rewarded() -> None:
    fit = bandit_run(num_rewarded=10)
    assert fit.exponential.r2 > 0.985
    assert fit.linear.r2 < 0.95


def test_the_line_wins_where_one_action_is_rewarded() -> None:
    fit = bandit_run(num_rewarded=1)
    assert 0.84 < fit.exponential.r2 < 0.95
    assert fit.linear.r2 > 0.99


def test_coefficients_are_recovered() -> None:
    entropy = torch.linspace(0.1, 2.0, 20)
    fit = fit_entropy_performance(entropy, -0.3 * entropy.exp() + 2)
    assert (fit.exponential.a, fit.exponential.b, fit.exponential.r2) == pytest.approx(
        (0.3, 2.0, 1.0), abs=1e-5
    )
    line = fit_entropy_performance(entropy, -0.5 * entropy + 1).linear
    assert (line.a, line.b, line.r2) == pytest.approx((0.5, 1.0, 1.0), abs=1e-5)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="give two vectors of equal length, three or more"):
        fit_entropy_performance(torch.ones(2), torch.ones(2))
    with pytest.raises(ValueError, match="entropy is 1.0 throughout"):
        fit_entropy_performance(torch.ones(3), torch.arange(3.0))
    with pytest.raises(ValueError, match="reward is 0.0 throughout"):
        fit_entropy_performance(torch.arange(3.0), torch.zeros(3))


def test_a_run_in_which_nothing_changed_has_no_fit() -> None:
    assert fit_of_run([(0.5, 0.1), (0.4, 0.2)]) is None and fit_of_run([(0.5, 0.1)] * 5) is None
    told = fit_of_run([(0.1 * step, 1 - 0.1 * step) for step in range(5)])
    assert told is not None and told["points"] == 5
    assert told["linear"] == pytest.approx({"a": 1.0, "b": 1.0, "r2": 1.0})

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from agents.entropy import (
    covariance_tails,
    entropy_bonus,
    entropy_metrics,
    entropy_of_logits,
    exact_change,
    policy_covariance,
    predicted_change,
    predicted_change_natural_gradient,
    predicted_change_policy_gradient,
    second_order_change_at_uniform,
)

ETAS = (1e-3, 1e-2, 1e-1)


def bandits(num_actions: int, spread: float, num: int = 2000) -> tuple[Tensor, Tensor, Tensor]:
    """Random logits N(0, spread^2), their log-policy, and the advantages of rewards N(0, 1)."""
    generator = torch.Generator().manual_seed(0)
    logits = spread * torch.randn(num, num_actions, generator=generator, dtype=torch.float64)
    rewards = torch.randn(num, num_actions, generator=generator, dtype=torch.float64)
    log_policy = logits.log_softmax(-1)
    return logits, log_policy, rewards - (log_policy.exp() * rewards).sum(-1, keepdim=True)


def predicted_and_actual(
    method: str, bandit: tuple[Tensor, Tensor, Tensor], eta: float
) -> tuple[Tensor, Tensor]:
    logits, log_policy, advantages = bandit
    if method == "pg":
        step = eta * log_policy.exp() * advantages
        return predicted_change_policy_gradient(log_policy, advantages, eta), exact_change(logits, step)
    return predicted_change_natural_gradient(log_policy, advantages, eta), exact_change(
        logits, eta * advantages
    )


# Median relative error at eta = 0.1 and correlation there, of the spec's table E1.
E1 = [
    ("pg", 4, 2.0, 0.0056, 0.9989),
    ("pg", 18, 2.0, 0.015, 0.9996),
    ("pg", 1000, 2.0, 0.0079, 0.9999),
    ("pg", 4, 0.5, 0.058, 0.9987),
    ("npg", 4, 2.0, 0.045, 0.9957),
    ("npg", 18, 2.0, 0.063, 0.9965),
    ("npg", 1000, 2.0, 0.19, 0.9974),
]


@pytest.mark.parametrize(("method", "num_actions", "spread", "error", "correlation"), E1)
def test_theorems_hold_to_first_order_exactly(
    method: str, num_actions: int, spread: float, error: float, correlation: float
) -> None:
    bandit = bandits(num_actions, spread, num=2000 if num_actions < 1000 else 500)
    errors = []
    for eta in ETAS:
        predicted, actual = predicted_and_actual(method, bandit, eta)
        errors.append((predicted - actual).abs().median().log10())
    assert (errors[-1] - errors[0]).item() / 2 == pytest.approx(2.00, abs=0.02)
    assert ((predicted - actual).abs() / actual.abs()).median().item() == pytest.approx(error, rel=0.25)
    assert torch.corrcoef(torch.stack([predicted, actual]))[0, 1].item() == pytest.approx(
        correlation, abs=2e-3
    )
    assert (predicted.sign() == actual.sign()).double().mean().item() > 0.94


def test_at_step_one_the_natural_prediction_is_useless() -> None:
    predicted, actual = predicted_and_actual("npg", bandits(1000, 2.0, num=300), 1.0)
    assert ((predicted - actual).abs() / actual.abs()).median().item() > 0.9


@pytest.mark.parametrize(
    ("eta", "low", "high"), [(0.01, 0.999, 1.001), (0.1, 0.995, 1.001), (0.5, 0.92, 0.98)]
)
def test_at_the_uniform_policy_the_second_order_remains(eta: float, low: float, high: float) -> None:
    generator = torch.Generator().manual_seed(0)
    step = eta * torch.randn(2000, 6, generator=generator, dtype=torch.float64)
    uniform = torch.zeros_like(step)
    assert predicted_change(uniform.log_softmax(-1), step).abs().max().item() < 1e-12
    quotient = exact_change(uniform, step) / second_order_change_at_uniform(step)
    assert low < quotient.median().item() < high


@pytest.mark.parametrize(("method", "eta"), [("pg", 0.5), ("npg", 0.05), ("npg", 0.5)])
def test_over_a_whole_run_the_prediction_underestimates_the_drop_slightly(method: str, eta: float) -> None:
    logits, _, _ = bandits(10, 1.0, num=32)
    rewards = bandits(10, 1.0, num=32)[2]
    start, summed = entropy_of_logits(logits), torch.zeros(32, dtype=torch.float64)
    for _ in range(300):
        log_policy = logits.log_softmax(-1)
        advantages = rewards - (log_policy.exp() * rewards).sum(-1, keepdim=True)
        summed += predicted_and_actual(method, (logits, log_policy, advantages), eta)[0]
        logits = logits + eta * advantages * (log_policy.exp() if method == "pg" else 1)
    drop = (entropy_of_logits(logits) - start).mean()
    assert 0.95 < (summed.mean() / drop).item() < 1.0


def test_lemma_1_is_the_derivative_of_entropy() -> None:
    logits = torch.tensor([0.3, -1.0, 2.0, 0.0], dtype=torch.float64, requires_grad=True)
    entropy = entropy_of_logits(logits)
    entropy.backward()
    log_policy = logits.detach().log_softmax(-1)
    torch.testing.assert_close(logits.grad, -log_policy.exp() * (log_policy + entropy.detach()))
    direction = torch.tensor([1.0, 0.5, -2.0, 0.1], dtype=torch.float64)
    torch.testing.assert_close(predicted_change(log_policy, direction), (logits.grad * direction).sum())


@settings(max_examples=30)
@given(seed=st.integers(0, 999), num_actions=st.integers(2, 8), shift=st.floats(-5, 5))
def test_policy_covariance_ignores_constants(seed: int, num_actions: int, shift: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    log_policy = torch.randn(3, num_actions, generator=generator, dtype=torch.float64).log_softmax(-1)
    x = torch.randn(3, num_actions, generator=generator, dtype=torch.float64)
    policy = log_policy.exp()
    expected = (policy * log_policy * x).sum(-1) - (policy * log_policy).sum(-1) * (policy * x).sum(-1)
    torch.testing.assert_close(policy_covariance(log_policy, x), expected)
    torch.testing.assert_close(policy_covariance(log_policy, x + shift), expected, atol=1e-12, rtol=1e-9)


def test_entropy_of_logits_by_hand() -> None:
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, -torch.inf, -torch.inf]], requires_grad=True)
    entropy = entropy_of_logits(logits)
    assert entropy.tolist() == pytest.approx([math.log(4), math.log(2)])
    (5 * entropy).sum().backward()  # more than 1: the stand-in for log 0 must not overflow
    assert logits.grad is not None and bool(logits.grad.isfinite().all())


def test_masked_logits_get_no_gradient_whatever_they_hold() -> None:
    logits = torch.tensor([[[1.0, 0.0], [torch.nan, torch.inf]]], requires_grad=True)
    entropy = entropy_of_logits(logits, torch.tensor([[1, 0]]))
    (5 * entropy).sum().backward()  # more than 1: the stand-in for log 0 must not overflow
    assert entropy[0, 1].item() == 0
    assert logits.grad is not None and logits.grad[0, 1].tolist() == [0.0, 0.0]
    assert bool((logits.grad[0, 0] != 0).all())


def test_token_mean_and_sequence_mean_differ() -> None:
    entropy, mask = (
        torch.tensor([[1.0, 1.0, 1.0], [3.0, torch.nan, 9.0]]),
        torch.tensor([[1, 1, 1], [1, 0, 0]]),
    )
    metrics = entropy_metrics(entropy, mask)
    assert {name: value.item() for name, value in metrics.items()} == {
        "entropy/token": 1.5,
        "entropy/seq": 2.0,
    }


def test_tails_are_means_of_the_largest() -> None:
    cov = torch.arange(1000.0).view(10, 100)
    mask = torch.ones(10, 100)
    tails = {name: value.item() for name, value in covariance_tails(cov, mask).items()}
    assert tails == {
        "covariance/mean": 499.5,
        "covariance/top_0.02%": 999.0,
        "covariance/top_0.2%": 998.5,
        "covariance/top_2%": 989.5,
    }
    mask[9] = 0
    assert covariance_tails(cov, mask)["covariance/top_2%"].item() == 890.5


def test_a_bonus_is_the_weighted_mean_and_without_weight_a_constant() -> None:
    logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0), requires_grad=True)
    mask = torch.tensor([[1, 1, 0], [1, 0, 0]]).bool()
    entropy = entropy_of_logits(logits)
    bonus = entropy_bonus(entropy, mask, 0.5, torch.tensor(6.0))
    torch.testing.assert_close(bonus, 0.5 * entropy[mask].sum() / 6)
    bonus.backward()
    assert logits.grad is not None and bool(logits.grad[0, 0].any()) and not bool(logits.grad[0, 2].any())
    nothing = entropy_bonus(entropy, mask, 0.0, torch.tensor(6.0))
    assert nothing == 0.0 and not nothing.requires_grad

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from token_batches import GARBAGE, masks
from torch import Tensor

from agents.advantages import (
    gae,
    gae_masked,
    length_adaptive_lambda,
    rebn,
    reinforce_plus_plus,
    remax,
    reward_to_go,
)
from agents.masking import whiten


def draw(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@st.composite
def segments(draw_: st.DrawFn) -> dict[str, Tensor]:
    """Rewards, values and ends of `[B, T]` segments, with reset slots (mask 0) behind some ends."""
    mask = torch.tensor(draw_(masks()))
    seed = draw_(st.integers(0, 2**32 - 1))
    chance = torch.Generator().manual_seed(seed)
    done = torch.rand(mask.shape, generator=chance) < 0.3
    terminated = done & (torch.rand(mask.shape, generator=chance) < 0.5)
    rewards, values, next_values = (draw(seed + i, *mask.shape) for i in (1, 2, 3))
    return dict(
        rewards=rewards, values=values, next_values=next_values, terminated=terminated, done=done, mask=mask
    )


def gae_by_definition(s: dict[str, Tensor], gamma: float, gae_lambda: float) -> Tensor:
    """Sum of discounted TD errors, by hand."""
    advantages = torch.zeros_like(s["rewards"])
    for row in range(len(advantages)):
        for start in range(advantages.shape[1]):
            weight = 1.0
            for t in range(start, advantages.shape[1]):
                if not s["mask"][row, t]:
                    break
                bootstrap = 0.0 if s["terminated"][row, t] else s["next_values"][row, t]
                delta = s["rewards"][row, t] + gamma * bootstrap - s["values"][row, t]
                advantages[row, start] += weight * delta
                weight *= gamma * gae_lambda
                if s["done"][row, t]:
                    break
    return advantages


@settings(max_examples=50)
@given(segment=segments(), gamma=st.floats(0, 1), gae_lambda=st.floats(0, 1))
def test_gae_is_the_discounted_sum_of_td_errors(
    segment: dict[str, Tensor], gamma: float, gae_lambda: float
) -> None:
    advantages, returns = gae(**segment, gamma=gamma, gae_lambda=gae_lambda)
    torch.testing.assert_close(advantages, gae_by_definition(segment, gamma, gae_lambda))
    valid = segment["mask"]
    torch.testing.assert_close(returns[valid], (advantages + segment["values"])[valid])


@settings(max_examples=30)
@given(segment=segments(), garbage=st.sampled_from(GARBAGE))
def test_gae_ignores_reset_slots_and_values_behind_the_end(
    segment: dict[str, Tensor], garbage: float
) -> None:
    clean = gae(**segment)
    dirty = {
        name: torch.where(segment["mask"], segment[name], garbage)
        for name in ("rewards", "values", "next_values")
    }
    dirty["next_values"] = torch.where(segment["terminated"], garbage, dirty["next_values"])
    torch.testing.assert_close(gae(**(segment | dirty)), clean, rtol=0, atol=0)
    assert bool((clean[0][~segment["mask"]] == 0).all() and (clean[1][~segment["mask"]] == 0).all())


def test_truncation_bootstraps_and_termination_does_not() -> None:
    one = torch.ones(1, 1)
    ended = dict(rewards=one, values=0 * one, next_values=10 * one, done=one, mask=one, gamma=0.9)
    assert gae(terminated=one, **ended)[0].item() == 1.0  # type: ignore[arg-type]
    assert gae(terminated=0 * one, **ended)[0].item() == pytest.approx(10.0)  # type: ignore[arg-type]


@settings(max_examples=40)
@given(mask=masks(), seed=st.integers(0, 2**32 - 1), garbage=st.sampled_from(GARBAGE))
def test_gae_over_holes_is_gae_without_the_holes(mask: list[list[bool]], seed: int, garbage: float) -> None:
    valid = torch.tensor(mask)
    rewards, values = (torch.where(valid, draw(seed + i, *valid.shape), garbage) for i in (0, 1))
    advantages, returns = gae_masked(rewards, values, valid, gamma=0.9, gae_lambda=0.8)
    for row in range(len(valid)):
        r, v = (x[row][valid[row]].unsqueeze(0) for x in (rewards, values))
        following = torch.nn.functional.pad(v[:, 1:], (0, 1)) if v.numel() else v
        no = torch.zeros_like(r)
        short, short_returns = gae(r, v, following, no, no, no + 1, gamma=0.9, gae_lambda=0.8)
        torch.testing.assert_close(advantages[row][valid[row]], short[0])
        torch.testing.assert_close(returns[row][valid[row]], short_returns[0])
    assert bool((advantages[~valid] == 0).all() and (returns[~valid] == 0).all())


def test_gae_takes_a_lambda_for_each_row() -> None:
    rewards, values, mask = draw(0, 2, 5), draw(1, 2, 5), torch.ones(2, 5)
    both, _ = gae_masked(rewards, values, mask, gae_lambda=torch.tensor([[0.3], [0.9]]))
    for row, gae_lambda in enumerate((0.3, 0.9)):
        alone, _ = gae_masked(rewards[row : row + 1], values[row : row + 1], mask[:1], gae_lambda=gae_lambda)
        torch.testing.assert_close(both[row : row + 1], alone, rtol=1e-6, atol=1e-6)


@settings(max_examples=40)
@given(mask=masks(), seed=st.integers(0, 2**32 - 1), gamma=st.floats(0, 1), garbage=st.sampled_from(GARBAGE))
def test_reward_to_go_discounts_over_valid_slots(
    mask: list[list[bool]], seed: int, gamma: float, garbage: float
) -> None:
    valid = torch.tensor(mask)
    rewards = torch.where(valid, draw(seed, *valid.shape), garbage)
    returns = reward_to_go(rewards, valid, gamma)
    for row in range(len(valid)):
        expected = 0.0
        for t in reversed(valid[row].nonzero().flatten().tolist()):
            expected = rewards[row, t].item() + gamma * expected
            assert returns[row, t].item() == pytest.approx(expected)
    assert bool((returns[~valid] == 0).all())


def test_a_reset_stops_the_flow_of_reward() -> None:
    rewards, mask = torch.tensor([[0.0, 1.0, 0.0, -1.0]]), torch.ones(1, 4)
    points = rewards != 0
    expected = torch.tensor([[0.5, 1.0, -0.5, -1.0]])
    torch.testing.assert_close(reward_to_go(rewards, mask, 0.5, reset=points), expected)
    behind_a_reset_slot = reward_to_go(rewards, torch.tensor([[1, 1, 0, 1]]), 0.5, reset=points)
    torch.testing.assert_close(behind_a_reset_slot, torch.tensor([[0.5, 1.0, 0.0, -1.0]]))


@settings(max_examples=30)
@given(mask=masks(), seed=st.integers(0, 2**32 - 1), garbage=st.sampled_from(GARBAGE))
def test_whitening_ignores_padding(mask: list[list[bool]], seed: int, garbage: float) -> None:
    valid = torch.tensor(mask)
    x = torch.where(valid, draw(seed, *valid.shape), garbage)
    some = x[valid]
    var = some.var() if len(some) > 1 else torch.zeros((), dtype=x.dtype)
    scales = {whiten: (var + 1e-8).sqrt(), rebn: var.sqrt() + 1e-9}
    for standardise, scale in scales.items():
        white = standardise(x, valid)
        assert bool((white[~valid] == 0).all())
        torch.testing.assert_close(white[valid], (some - some.mean()) / scale, atol=1e-9, rtol=1e-6)


def test_remax_subtracts_the_greedy_reward() -> None:
    rewards, mask = torch.tensor([[0.0, 0.2, torch.nan]]), torch.tensor([[1, 1, 0]])
    advantages, returns = remax(rewards, torch.tensor([0.1]), mask)
    torch.testing.assert_close(advantages, torch.tensor([[0.1, 0.1, 0.0]]))
    torch.testing.assert_close(returns, torch.tensor([[0.2, 0.2, 0.0]]))


def test_reinforce_plus_plus_whitens_over_the_batch() -> None:
    rewards, mask = draw(0, 3, 4), torch.ones(3, 4)
    advantages, returns = reinforce_plus_plus(rewards, mask, gamma=0.9)
    torch.testing.assert_close(returns, reward_to_go(rewards, mask, 0.9))
    torch.testing.assert_close(advantages, whiten(returns, mask))


def test_length_adaptive_lambda_is_exact_and_unclamped() -> None:
    found = length_adaptive_lambda(torch.tensor([4.0, 20.0, 1000.0]))
    torch.testing.assert_close(found, torch.tensor([-4.0, 0.0, 0.98]))


def test_advantages_carry_no_gradient() -> None:
    x = draw(0, 2, 3).requires_grad_()
    no, mask = torch.zeros(2, 3), torch.ones(2, 3)
    for result in (
        gae(x, x, x, no, no, mask)[0],
        gae_masked(x, x, mask)[0],
        reward_to_go(x, mask),
        rebn(x, mask),
    ):
        assert not result.requires_grad


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: gae(x, x, x, x, x, x, gamma=1.1), "gamma is 1.1: it must be between 0 and 1"),
        (lambda x: gae(x, x, x, x, x, x, gae_lambda=-0.1), "gae_lambda is -0.1"),
        (lambda x: gae(x, x, x[:, 1:], x, x, x), r"next_values has shape \(2, 2\), expected \(2, 3\)"),
        (lambda x: reward_to_go(x, x[:1]), r"rewards has shape \(2, 3\), expected \(1, 3\)"),
        (lambda x: reward_to_go(x, x, gamma=float("nan")), "gamma is nan"),
        (lambda x: reward_to_go(x.long(), x), "rewards has dtype torch.int64"),
    ],
)
def test_bad_input_is_named(call: Callable[[Tensor], object], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call(torch.ones(2, 3))

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from token_batches import GARBAGE, masks
from torch import Tensor

from agents.advantages import reward_to_go
from agents.group_advantages import (
    anchor_state,
    dr_grpo,
    gpg,
    group_reward_to_go,
    grpo,
    grpo_passk,
    lite_ppo,
    opo,
    per_token,
    reinforce_plus_plus_baseline,
    rloo,
)

ESTIMATORS: dict[str, Callable[..., Tensor]] = {
    "grpo": grpo,
    "dr_grpo": dr_grpo,
    "lite_ppo": lite_ppo,
    "rloo": rloo,
    "opo": lambda rewards, group, valid=None, **options: opo(
        rewards, torch.arange(1, len(rewards) + 1), group, valid, **options
    ),
    "gpg": gpg,
}


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Rewards and groups, the groups named by arbitrary integers and interleaved."""
    size = draw(st.integers(1, 12))
    rewards = draw(st.lists(st.floats(-2, 2), min_size=size, max_size=size))
    group = draw(st.lists(st.sampled_from([-3, 0, 7, 10**9]), min_size=size, max_size=size))
    return torch.tensor(rewards, dtype=torch.float64), torch.tensor(group)


@pytest.mark.parametrize("name", ["dr_grpo", "grpo", "rloo", "gpg", "lite_ppo"])
@settings(max_examples=30)
@given(outcome=outcomes())
def test_every_group_is_centred(name: str, outcome: tuple[Tensor, Tensor]) -> None:
    rewards, group = outcome
    advantages = ESTIMATORS[name](rewards, group, singleton="zero")
    for g in group.unique():
        assert advantages[group == g].mean().item() == pytest.approx(0, abs=1e-7)


@settings(max_examples=40)
@given(outcome=outcomes())
def test_formulas_group_by_group(outcome: tuple[Tensor, Tensor]) -> None:
    rewards, group = outcome
    found = {
        "grpo": grpo(rewards, group),
        "dr_grpo": dr_grpo(rewards, group),
        "rloo": rloo(rewards, group),
    }
    for g in group.unique():
        r, rows = rewards[group == g], group == g
        if len(r) == 1:
            torch.testing.assert_close(found["grpo"][rows], r / (1 + 1e-6))
            torch.testing.assert_close(found["dr_grpo"][rows], r)
            torch.testing.assert_close(found["rloo"][rows], r)
            continue
        torch.testing.assert_close(found["dr_grpo"][rows], r - r.mean())
        torch.testing.assert_close(
            found["grpo"][rows], (r - r.mean()) / (r.std() + 1e-6), atol=1e-9, rtol=1e-6
        )
        others = (r.sum() - r) / (len(r) - 1)
        torch.testing.assert_close(found["rloo"][rows], r - others)


@pytest.mark.parametrize("name", ESTIMATORS)
@settings(max_examples=25)
@given(outcome=outcomes(), seed=st.integers(0, 99), garbage=st.sampled_from(GARBAGE))
def test_invalid_rows_count_nowhere(
    name: str, outcome: tuple[Tensor, Tensor], seed: int, garbage: float
) -> None:
    rewards, group = outcome
    valid = torch.rand(len(rewards), generator=torch.Generator().manual_seed(seed)) < 0.6
    dirty = torch.where(valid, rewards, garbage)
    advantages = ESTIMATORS[name](dirty, group, valid)
    assert bool((advantages[~valid] == 0).all())
    if name != "opo":  # whose lengths are the row numbers here
        torch.testing.assert_close(advantages[valid], ESTIMATORS[name](rewards[valid], group[valid]))
    else:
        assert bool(advantages.isfinite().all())


def test_values_by_hand() -> None:
    rewards, group = (
        torch.tensor([1.0, 0.0, 0.0, 1.0], dtype=torch.float64),
        torch.zeros(4, dtype=torch.int64),
    )
    assert grpo(rewards, group)[0].item() == pytest.approx(0.5 / (0.5773502691896258 + 1e-6))
    assert rloo(rewards, group)[0].item() == pytest.approx(2 / 3)
    assert gpg(rewards, group)[0].item() == pytest.approx(1.0)
    baseline = 1 - opo(rewards, torch.tensor([2, 3, 1, 3]), group)[0].item()
    assert baseline == pytest.approx(5 / 9)


@pytest.mark.parametrize("estimator", [dr_grpo, rloo, gpg])
def test_a_group_of_one_keeps_its_reward_or_gets_zero(estimator: Callable[..., Tensor]) -> None:
    reward, group = torch.tensor([0.5]), torch.tensor([4])
    assert estimator(reward, group).item() == 0.5
    assert estimator(reward, group, singleton="zero").item() == 0
    assert grpo(reward, group).item() == pytest.approx(0.5 / (1 + 1e-6))


def test_a_solved_group_gets_zero() -> None:
    group = torch.zeros(5, dtype=torch.int64)
    for estimator in (grpo, dr_grpo, lite_ppo, rloo, gpg):
        assert estimator(torch.full((5,), 0.3), group).abs().max().item() < 1e-5


def test_passk_rewards_the_first_best_only() -> None:
    rewards = torch.tensor([0.2, 0.9, -0.4, 1.0, 1.0, 1.0, 0.0], dtype=torch.float64)
    group = torch.tensor([5, 5, 5, 5, 2, 2, 2])
    plain = grpo_passk(rewards, group, norm_by_std=False)
    torch.testing.assert_close(plain, torch.tensor([0, 0, 0, 0.1, 0, 0, 0], dtype=torch.float64))
    scaled = grpo_passk(rewards, group)
    assert scaled[3].item() == pytest.approx(0.1 / (rewards[:4].std().item() + 1e-6))
    valid = torch.tensor([1, 1, 1, 0, 1, 1, 1])
    torch.testing.assert_close(grpo_passk(rewards, group, valid, norm_by_std=False)[1].item(), 0.7)


def test_reinforce_plus_plus_baseline_whitens_tokens() -> None:
    mask = torch.tensor([[1, 1, 1], [1, 0, 0], [0, 0, 0]])
    rewards = torch.tensor([1.0, 0.0, float("nan")], dtype=torch.float64)
    advantages = reinforce_plus_plus_baseline(rewards, torch.zeros(3, dtype=torch.int64), mask)
    tokens = torch.tensor([0.5, 0.5, 0.5, -0.5], dtype=torch.float64)
    expected = (tokens - tokens.mean()) / (tokens.var() + 1e-8).sqrt()
    torch.testing.assert_close(advantages[mask.bool()], expected)
    assert bool((advantages[~mask.bool()] == 0).all())


def test_per_token_spreads_over_valid_slots() -> None:
    spread = per_token(torch.tensor([2.0, -1.0]), torch.tensor([[1, 0, 1], [1, 1, 0]]))
    assert spread.tolist() == [[2, 0, 2], [-1, -1, 0]]


@settings(max_examples=40)
@given(mask=masks(), seed=st.integers(0, 999), garbage=st.sampled_from(GARBAGE))
def test_group_reward_to_go_centres_the_living_at_each_time(
    mask: list[list[bool]], seed: int, garbage: float
) -> None:
    valid = torch.tensor(mask)
    generator = torch.Generator().manual_seed(seed)
    returns = torch.where(valid, torch.randn(valid.shape, generator=generator, dtype=torch.float64), garbage)
    group = torch.randint(0, 2, (len(valid),), generator=generator)
    advantages = group_reward_to_go(returns, valid, group)
    scaled = group_reward_to_go(returns, valid, group, norm_by_std=True)
    for g in group.unique():
        rows = group == g
        for t in range(valid.shape[1]):
            living = rows & valid[:, t]
            expected = returns[living, t] - returns[living, t].mean()
            torch.testing.assert_close(advantages[living, t], expected)
        pool = advantages[rows][valid[rows]]
        if len(pool) > 1:
            scale = (pool.square().sum() / (len(pool) - 1)).sqrt() + 1e-6
            torch.testing.assert_close(scaled[rows][valid[rows]], pool / scale)
    assert bool((advantages[~valid] == 0).all())


def test_anchor_state_compares_visits_of_one_state() -> None:
    rewards, mask = torch.tensor([[0.0, 1.0], [0.0, 0.0]]), torch.tensor([[1, 1], [1, 1]])
    returns = reward_to_go(rewards, mask, 0.5)
    state = torch.tensor([[7, 3], [7, 8]])
    torch.testing.assert_close(anchor_state(returns, mask, state), torch.tensor([[0.25, 0.0], [-0.25, 0.0]]))
    padded = torch.where(torch.tensor([[True, True], [True, False]]), returns, torch.nan)
    alone = anchor_state(padded, torch.tensor([[1, 1], [1, 0]]), torch.tensor([[7, 3], [7, 3]]))
    torch.testing.assert_close(alone, torch.tensor([[0.25, 0.0], [-0.25, 0.0]]))


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="singleton is 'mean': choose raw or zero"):
        grpo(torch.ones(2), torch.zeros(2), singleton="mean")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="pass@k needs at least two"):
        grpo_passk(torch.ones(3), torch.tensor([0, 0, 1]))
    with pytest.raises(ValueError, match=r"valid has shape \(3,\), expected \(2,\)"):
        dr_grpo(torch.ones(2), torch.zeros(2), torch.ones(3))

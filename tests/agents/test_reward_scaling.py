"""The running deviation of the discounted return, against the same thing computed from the list of all returns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import checkpoints
from agents.reward_scaling import RewardScale
from agents.rollouts.batch import Batch

GARBAGE = 1e4
GAMMA = 0.9


def segments(seed: int, batches: int, num_envs: int, num_steps: int, ends: float, offset: float) -> list[Batch]:
    """Consecutive slices of one play: a slot after an end only resets, and holds a reward that nothing may count."""
    rng, made = np.random.default_rng(seed), []
    over = np.zeros(num_envs, dtype=bool)
    for _ in range(batches):
        columns = []
        for _ in range(num_steps):
            mask = ~over
            over = mask & (rng.random(num_envs) < ends)
            columns.append((np.where(mask, rng.normal(offset, 3.0, num_envs), GARBAGE), over, mask))
        rewards, done, mask = (torch.from_numpy(np.stack(column, axis=1)) for column in zip(*columns, strict=True))
        nothing = torch.zeros(num_envs, num_steps)
        flags = (done, torch.zeros_like(done), mask, torch.arange(num_envs))
        made.append(Batch(nothing.long(), nothing.long(), nothing, rewards.float(), *flags))
    return made


class NaiveScale:
    """Keeps every discounted return there ever was."""

    def __init__(self, num_envs: int) -> None:
        self.running = [0.0] * num_envs
        self.returns: list[float] = []

    def __call__(self, batch: Batch) -> float:
        for row, slot in zip(*np.nonzero(batch.mask.numpy()), strict=True):
            self.running[row] = GAMMA * self.running[row] + float(batch.rewards[row, slot])
            self.returns.append(self.running[row])
            if batch.done[row, slot]:
                self.running[row] = 0.0
        return float(np.std(self.returns)) if len(self.returns) > 1 else 1.0


plays = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "batches": st.integers(1, 4),
        "num_envs": st.integers(1, 4),
        "num_steps": st.integers(2, 9),
        "ends": st.sampled_from([0.0, 0.2, 0.6]),
        "offset": st.sampled_from([0.0, -50.0]),
    }
)


@settings(max_examples=40)
@given(play=plays)
def test_the_scale_is_the_deviation_of_all_returns_so_far(play):
    scaled, naive = RewardScale(play["num_envs"], GAMMA), NaiveScale(play["num_envs"])
    for batch in segments(**play):
        expected = batch.rewards / naive(batch)
        ours = scaled(batch).rewards
        assert torch.allclose(ours[batch.mask], expected[batch.mask], rtol=1e-3)


@settings(max_examples=20)
@given(play=plays)
def test_a_resumed_scale_goes_on_bit_for_bit(play):
    batches = segments(**{**play, "batches": 4})
    whole, first, second = (RewardScale(play["num_envs"], GAMMA) for _ in range(3))
    expected = [whole(batch).rewards for batch in batches]
    for batch in batches[:2]:
        first(batch)
    checkpoints.restore({"scale": second}, checkpoints.snapshot({"scale": first}))
    assert all(torch.equal(second(batch).rewards, then) for batch, then in zip(batches[2:], expected[2:], strict=True))


def test_a_checkpoint_does_not_change_with_what_comes_after():
    one, two = segments(seed=1, batches=2, num_envs=2, num_steps=5, ends=0.2, offset=0.0)
    scaled = RewardScale(2, GAMMA)
    scaled(one)
    saved = scaled.checkpoint()
    before = {name: value.clone() for name, value in saved.items()}
    scaled(two)
    assert all(torch.equal(saved[name], before[name]) for name in before)


@pytest.mark.parametrize("reward", [0.0, 2.0])
def test_rewards_without_a_deviation_stay_as_they_are(reward):
    """Every episode is one step with the same reward: there is nothing to scale by yet."""
    (batch,) = segments(seed=0, batches=1, num_envs=3, num_steps=2, ends=1.0, offset=0.0)
    batch = batch.with_(rewards=torch.where(batch.mask, reward, GARBAGE))
    assert torch.equal(RewardScale(3, GAMMA)(batch).rewards, batch.rewards)


def test_only_rewards_change():
    (batch,) = segments(seed=3, batches=1, num_envs=2, num_steps=6, ends=0.3, offset=1.0)
    scaled = RewardScale(2, GAMMA)(batch)
    assert not torch.equal(scaled.rewards, batch.rewards)
    assert scaled.with_(rewards=batch.rewards) == batch

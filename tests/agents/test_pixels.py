"""Bytes on their way into a network: orders, ranges, statistics."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import SyncVectorEnv

from agents.policies import ActorCritic, PolicyConfig, build_policy
from agents.policies.observation_statistics import fit_observation_statistics
from agents.policies.pixels import CHUNK, image_shape

FIRST = spaces.Box(0, 255, (4, 12, 14), np.uint8)
LAST = spaces.Box(0, 255, (12, 14, 4), np.uint8)
VECTOR = spaces.Box(0, 255, (9,), np.uint8)


def policy_for(space: spaces.Space, **settings) -> ActorCritic:
    return build_policy(space, spaces.Discrete(3), PolicyConfig(precision="float32", **settings), seed=0)


def frames(space: spaces.Box, *leading: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (*leading, *space.shape), dtype=np.uint8)


def test_images_of_either_order_come_out_alike():
    seen = frames(FIRST, 2, 5)
    one, other = (policy_for(space, network="mlp") for space in (FIRST, LAST))
    first, last = one.prepare(one.observe(seen)), other.prepare(other.observe(np.moveaxis(seen, -3, -1)))
    assert image_shape(FIRST) == image_shape(LAST) == (12, 14, 4)
    assert first.shape == (2, 5, 12, 14, 4) and first.is_contiguous() and torch.equal(first, last)
    torch.testing.assert_close(first, torch.from_numpy(np.moveaxis(seen, -3, -1)) / 255)


@pytest.mark.parametrize("space", [FIRST, LAST, VECTOR])
def test_bytes_stay_bytes_until_they_are_prepared(space):
    policy = policy_for(space, network="mlp", hidden=(5,), critic="shared")
    seen = policy.observe(frames(space, 3))
    prepared = policy.prepare(seen)
    assert seen.dtype is torch.uint8 and prepared.dtype is torch.float32
    assert policy.prepare(prepared) is prepared
    for result, again in zip(policy(seen), policy(prepared), strict=True):
        assert torch.equal(result, again)


@pytest.mark.parametrize("count", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
def test_converting_in_parts_changes_nothing(count):
    policy = policy_for(FIRST, network="mlp")
    seen = frames(FIRST, count)
    torch.testing.assert_close(policy.prepare(policy.observe(seen)), torch.from_numpy(np.moveaxis(seen, -3, -1)) / 255)


@pytest.mark.parametrize("space", [FIRST, LAST])
@pytest.mark.parametrize(("crop", "shrink"), [((), (1, 1)), ((), (2, 2)), ((3, 9), (1, 2)), ((2, 12), (2, 1))])
def test_framed_images_are_means_of_blocks_in_bytes(space, crop, shrink):
    policy = policy_for(space, network="mlp", crop=crop, shrink=shrink)
    seen = frames(space, 3, 2)
    last = seen if space is LAST else np.moveaxis(seen, -3, -1)
    rows = last[:, :, slice(*crop)] if crop else last
    height, width = shrink
    means = rows.reshape(3, 2, rows.shape[2] // height, height, 14 // width, width, 4).mean(axis=(3, 5))
    observed = policy.observe(seen)
    assert observed.dtype is torch.uint8
    prepared = policy.prepare(observed)
    assert prepared.shape == (3, 2, *means.shape[2:])
    np.testing.assert_allclose(prepared.numpy() * 255, np.rint(means), atol=1e-3)
    assert policy(observed)[0].shape == (3, 2, 3)


@pytest.mark.parametrize(
    ("space", "settings", "message"),
    [
        (FIRST, {"shrink": (2, 5)}, r"shrink=\[2, 5\]"),
        (VECTOR, {"shrink": (2, 2)}, "crop, shrink"),
        (spaces.Discrete(3), {"crop": (1, 2)}, "crop, shrink"),
        (FIRST, {"crop": (4, 13)}, r"crop=\[4, 13\]"),
        (FIRST, {"crop": (4, 4)}, r"crop=\[4, 4\]"),
    ],
)
def test_what_cannot_be_framed_is_refused(space, settings, message):
    with pytest.raises(ValueError, match=message):
        policy_for(space, network="mlp", **settings)


def test_signed_pixels_are_minus_one_nothing_and_one():
    policy = policy_for(VECTOR, signed_pixels=True)
    codes = torch.tensor([0, 1, 128, 255, 128, 0, 255, 1, 128], dtype=torch.uint8)
    assert policy.prepare(codes).tolist() == [-1, -1, 0, 1, 0, -1, 1, -1, 0]


def test_normalised_pixels_have_mean_zero_and_deviation_one_and_are_cut():
    policy = policy_for(VECTOR, normalize_observations=True)
    seen = frames(VECTOR, 2000)
    mean, deviation = (seen / 255).mean(axis=0), (seen / 255).std(axis=0)
    policy.pixels.normalize(mean, deviation)
    numbers = policy.prepare(policy.observe(seen))
    torch.testing.assert_close(numbers.mean(0), torch.zeros(9), atol=1e-4, rtol=0)
    torch.testing.assert_close(numbers.std(0), torch.ones(9), atol=1e-3, rtol=0)
    policy.pixels.normalize(np.zeros(9), np.full(9, 0.001))
    codes = torch.tensor([0, 3, 255] * 3, dtype=torch.uint8)  # a deviation below 0.03 counts as 0.03
    torch.testing.assert_close(policy.prepare(codes)[:3], torch.tensor([0.0, 3 / 255 / 0.03, 5.0]))


@pytest.mark.parametrize(
    ("space", "settings", "message"),
    [
        (FIRST, {"signed_pixels": True, "normalize_observations": True}, "choose one of the two"),
        (spaces.Discrete(4), {"normalize_observations": True}, "they are for uint8 observations"),
        (spaces.Box(-1, 1, (3,), np.float32), {"signed_pixels": True}, "they are for uint8 observations"),
    ],
)
def test_settings_that_cannot_work_are_named(space, settings, message):
    with pytest.raises(ValueError, match=message):
        policy_for(space, network="mlp", **settings)


class Noise(gym.Env):
    """Pixel i shows i plus, once action 1 was taken, 100; episodes last seven steps."""

    observation_space, action_space = VECTOR, spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return np.arange(9, dtype=np.uint8), {}

    def step(self, action):
        self.steps += 1
        return np.arange(9, dtype=np.uint8) + np.uint8(100 * action), 0.0, self.steps == 7, False, {}


def test_statistics_are_those_of_uniformly_random_play():
    env = SyncVectorEnv([Noise] * 4)
    observe = policy_for(VECTOR).observe
    fits = [fit_observation_statistics(env, observe, 4000, torch.Generator().manual_seed(s), seed=s) for s in (1, 1, 2)]
    mean, deviation, steps = fits[0]
    # One observation in eight is an episode's first, the others show 100 more half of the time.
    share = 7 / 8 / 2
    np.testing.assert_allclose(mean * 255, np.arange(9) + 100 * share, atol=3)
    np.testing.assert_allclose(deviation * 255, 100 * np.sqrt(share * (1 - share)), atol=3)
    assert steps == 4000
    np.testing.assert_array_equal(mean, fits[1][0])
    assert not np.array_equal(mean, fits[2][0])

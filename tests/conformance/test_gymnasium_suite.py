"""The properties that Gymnasium 1.4.0 tests its own environments and vector environments for, over our ids.

Its suite is not part of its package, so these are tests of our own for the same promises: the native vector
environment stands where `SyncVectorEnv` stands there.
"""

from __future__ import annotations

import pickle
import re

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AsyncVectorEnv, AutoresetMode

from tests.conformance.rollouts import (
    FAMILIES,
    IDS,
    NUM_ENVS,
    SEED,
    TEXT_ACTIONS,
    actions_of_all,
    an_action,
    assert_same,
    make_native,
    make_single,
    play,
)

pytestmark = pytest.mark.parametrize("env_id", IDS)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("shared_memory", [True, False])
def test_native_equals_async_vector_env(env_id: str, mode: AutoresetMode, shared_memory: bool) -> None:
    if shared_memory and env_id in TEXT_ACTIONS:
        pytest.skip("Gymnasium reads strings from shared memory only once")
    makers = [lambda: make_single(env_id)] * NUM_ENVS
    workers = AsyncVectorEnv(makers, shared_memory=shared_memory, autoreset_mode=mode)
    native = make_native(env_id, NUM_ENVS, autoreset_mode=mode)
    for space in ("observation_space", "action_space", "single_observation_space", "single_action_space"):
        assert getattr(native, space) == getattr(workers, space)
    for ours, theirs in zip(play(native, 100), play(workers, 100), strict=True):
        assert_same(ours[:-1], theirs[:-1])
        assert data_equivalence(ours[-1], theirs[-1])
    workers.close()


def test_seeds_are_remembered_until_the_next_ones(env_id: str) -> None:
    env = make_native(env_id, NUM_ENVS)
    for seed, expected in ((42, (42, 43, 44, 45)), (None, (42, 43, 44, 45)), ([3, 1, 1, 7], (3, 1, 1, 7))):
        env.reset(seed=seed)
        assert env.np_random_seed == expected


def test_members_have_different_seeds_before_the_first_reset(env_id: str) -> None:
    assert len(set(make_native(env_id, NUM_ENVS).np_random_seed)) == NUM_ENVS


def test_a_partial_reset_reseeds_only_its_members(env_id: str) -> None:
    env = make_native(env_id, 3, autoreset_mode=AutoresetMode.DISABLED)
    at_reset, _ = env.reset(seed=[0, 1, 2])
    for _ in range(2):
        before, *_ = env.step(actions_of_all(env))
    after, _ = env.reset(seed=[0, 1, 0], options={"reset_mask": np.array([True, True, False])})
    np.testing.assert_array_equal(after[:2], at_reset[:2])
    np.testing.assert_array_equal(after[2], before[2])


def test_the_first_reset_may_have_a_mask_of_all(env_id: str) -> None:
    masked, plain = make_native(env_id, 3), make_native(env_id, 3)
    options = {"reset_mask": np.ones(3, dtype=np.bool_)}
    assert_same(masked.reset(seed=SEED, options=options), plain.reset(seed=SEED))


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        ([True] * 3, TypeError, "must be a numpy array, got <class 'list'>"),
        (np.ones(1, dtype=np.bool_), ValueError, "must have shape `(3,)`, got (1,)"),
        (np.ones(4, dtype=np.bool_), ValueError, "must have shape `(3,)`, got (4,)"),
        (np.ones((1, 3), dtype=np.bool_), ValueError, "must have shape `(3,)`, got (1, 3)"),
        (np.array([1, 1, 0]), TypeError, "must have `dtype=np.bool_`, got int64"),
        (np.array([1.0, 1.0, 0.0]), TypeError, "must have `dtype=np.bool_`, got float64"),
        (
            np.zeros(3, dtype=np.bool_),
            ValueError,
            "must contain a boolean array with at least one True value, got reset_mask=[False False False]",
        ),
    ],
    ids=["list", "short", "long", "two-dimensional", "integers", "floats", "all false"],
)
def test_reset_mask_errors_read_as_gymnasiums(env_id: str, mask, error: type[Exception], message: str) -> None:
    env = make_native(env_id, 3)
    env.reset(seed=SEED)
    with pytest.raises(error, match=re.escape(f"`options['reset_mask']` {message}")):
        env.reset(options={"reset_mask": mask})


def test_single_environments_play_equally_from_equal_seeds(env_id: str) -> None:
    first, second = make_single(env_id), make_single(env_id)
    assert_same(first.reset(seed=SEED), second.reset(seed=SEED))
    first.action_space.seed(SEED)
    for _ in range(150):
        action = first.action_space.sample()
        result = first.step(action)
        assert_same(second.step(action), result)
        assert result[0] in first.observation_space
        if result[2] or result[3]:
            assert_same(first.reset(), second.reset())


@pytest.mark.parametrize("render_mode", ["rgb_array", "ansi"])
def test_every_render_mode_gives_its_type(env_id: str, render_mode: str) -> None:
    env = make_single(env_id, render_mode=render_mode)
    assert render_mode in env.metadata["render_modes"]
    assert ("human" in env.metadata["render_modes"]) == (FAMILIES[env_id] != "text")
    env.reset(seed=SEED)
    frames = [env.render()]
    env.step(an_action(env))
    frames.append(env.render())
    for frame in frames:
        if render_mode == "ansi":
            assert type(frame) is str and frame
        else:
            assert frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3


def test_a_pickled_single_environment_goes_on_equally(env_id: str) -> None:
    env = make_single(env_id)
    env.reset(seed=SEED)
    again = pickle.loads(pickle.dumps(env))
    for number in range(2):
        assert_same(again.step(an_action(env, number)), env.step(an_action(env, number)))
        assert_same(again.reset(), env.reset())


@pytest.mark.parametrize("action", ["too large", -1, 1.5, "up", None])
def test_bad_actions_of_single_environments_raise(env_id: str, action) -> None:
    env = make_single(env_id, disable_env_checker=True).unwrapped
    env.reset(seed=SEED)
    if env_id in TEXT_ACTIONS:
        with pytest.raises(TypeError, match="action must be a response as a string"):
            env.step(action.encode() if isinstance(action, str) else action)
        return
    with pytest.raises((ValueError, TypeError), match="action must be an integer from 0 to"):
        env.step(env.action_space.n if action == "too large" else action)


def test_stepping_before_the_first_reset_raises(env_id: str) -> None:
    for env in (make_single(env_id), make_single(env_id).unwrapped):
        with pytest.raises(gym.error.ResetNeeded):
            env.step(an_action(env))
    env = make_native(env_id, 2)
    with pytest.raises(gym.error.ResetNeeded):
        env.step(actions_of_all(env))

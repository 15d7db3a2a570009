"""What several test files of this room share."""

from __future__ import annotations

import importlib.util
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import SyncVectorEnv

from rlenvs.registration import ENVIRONMENTS

IDS = [entry.id for entry in ENVIRONMENTS if entry.family == "gridworld"]

BACKENDS = ["numpy"] + (["numba"] if importlib.util.find_spec("numba") else [])


def assert_same(actual: Any, expected: Any) -> None:
    """Equal in values, types, dtypes and shapes; dictionaries and object arrays element by element."""
    assert type(actual) is type(expected)
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        for key, value in expected.items():
            assert_same(actual[key], value)
    elif isinstance(expected, (tuple, list)):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray):
        assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
        if expected.dtype == object:
            assert_same(list(actual), list(expected))
        else:
            np.testing.assert_array_equal(actual, expected)
    else:
        assert actual == expected


def make_pair(
    env_id: str, num_envs: int, mode: str, backend: str = "numpy", **kwargs: Any
) -> tuple[Any, SyncVectorEnv]:
    """Our vector environment and Gymnasium's around our single one."""
    native = gym.make_vec(env_id, num_envs=num_envs, autoreset_mode=mode, backend=backend, **kwargs)
    sync = SyncVectorEnv([lambda: gym.make(env_id, **kwargs)] * num_envs, autoreset_mode=mode)
    return native, sync


def uniform_policy(env: Any) -> np.ndarray:
    """The uniform policy `[S, A]` of a single or vector environment."""
    num_actions = env.unwrapped.world.table.num_actions
    return np.full((env.unwrapped.num_states, num_actions), 1 / num_actions)

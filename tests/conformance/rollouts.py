"""What the conformance tests share: the ids, random play of a vector environment, and exact comparison."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from rlenvs.registration import ENVIRONMENTS

FAMILIES = {entry.id: entry.family for entry in ENVIRONMENTS}
IDS = list(FAMILIES)
TEXT_ACTIONS = ("rlenvs/Math-v0", "rlenvs/Code-v0")
"""Environments whose actions are strings, which SB3 has no use for."""

NUM_ENVS = 4
SEED = 11


def short_episodes(env_id: str) -> dict[str, Any]:
    """Arguments with which random play sees many ends in few steps."""
    if env_id in TEXT_ACTIONS:
        return {"max_turns": 3}
    by_family = {"pong": {"frame_skip": 2, "max_num_frames_per_episode": 60}, "text": {"max_tokens": 5}}
    return by_family.get(FAMILIES[env_id], {})


def make_single(env_id: str, **kwargs: Any) -> gym.Env:
    """The single environment, with short episodes."""
    return gym.make(env_id, **short_episodes(env_id), **kwargs)


def make_native(env_id: str, num_envs: int = NUM_ENVS, vectorization: str | None = None, **kwargs: Any) -> VectorEnv:
    """The vector environment, with short episodes: the native one, or another vectorisation of the single one."""
    return gym.make_vec(env_id, num_envs, vectorization, **short_episodes(env_id), **kwargs)


def make_sync(env_id: str, mode: AutoresetMode = AutoresetMode.NEXT_STEP) -> VectorEnv:
    """Gymnasium's own vectorisation of the single environment: what native ones must equal."""
    return make_native(env_id, NUM_ENVS, "sync", vector_kwargs={"autoreset_mode": mode})


def an_action(env: gym.Env, number: int = 0) -> Any:
    """An action like any other: a number, or a response that is one."""
    return str(number) if isinstance(env.action_space, gym.spaces.Text) else number


def actions_of_all(env: VectorEnv, number: int = 0) -> Any:
    """The same for every member of a vector environment."""
    if isinstance(env.single_action_space, gym.spaces.Text):
        return (str(number),) * env.num_envs
    return np.full(env.num_envs, number, dtype=np.int64)


def random_actions(env: VectorEnv, steps: int, seed: int = SEED) -> list[Any]:
    env.action_space.seed(seed)
    return [env.action_space.sample() for _ in range(steps)]


def play(env: VectorEnv, steps: int, seed: int | list[int] | None = SEED) -> list[tuple[Any, ...]]:
    """What a reset and every step return under random actions; members that must be reset before a step are."""
    results: list[tuple[Any, ...]] = [env.reset(seed=seed)]
    over = np.zeros(env.num_envs, dtype=np.bool_)
    for action in random_actions(env, steps):
        if over.any() and env.metadata["autoreset_mode"] is AutoresetMode.DISABLED:
            env.reset(options={"reset_mask": over})
        results.append(env.step(action))
        over = results[-1][2] | results[-1][3]
    return results


def assert_same(first: Any, second: Any, where: str = "result") -> None:
    """Equal values of equal types: dicts with equal keys, arrays with equal dtypes."""
    assert type(first) is type(second), f"{where}: {type(first)} and {type(second)}"
    if isinstance(first, dict):
        assert first.keys() == second.keys(), f"{where}: keys {list(first)} and {list(second)}"
        for key in first:
            assert_same(first[key], second[key], f"{where}[{key!r}]")
    elif isinstance(first, (tuple, list)) or (isinstance(first, np.ndarray) and first.dtype == object):
        assert len(first) == len(second), f"{where}: lengths {len(first)} and {len(second)}"
        for i, (left, right) in enumerate(zip(first, second, strict=True)):
            assert_same(left, right, f"{where}[{i}]")
    elif isinstance(first, np.ndarray):
        assert first.dtype == second.dtype, f"{where}: {first.dtype} and {second.dtype}"
        np.testing.assert_array_equal(first, second, err_msg=where)
    else:
        assert first == second, f"{where}: {first} and {second}"


def arrays_in(data: Any) -> Iterator[np.ndarray]:
    """All arrays in nested dicts, tuples, lists and object arrays."""
    if isinstance(data, np.ndarray):
        yield data
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, (tuple, list)) or (isinstance(data, np.ndarray) and data.dtype == object):
        for item in data:
            yield from arrays_in(item)

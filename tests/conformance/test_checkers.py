"""Gymnasium's and Stable-Baselines3's own checkers over every id and every observation, warnings being errors."""

from __future__ import annotations

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check
from gymnasium.utils.env_checker import data_equivalence
from stable_baselines3.common.env_checker import check_env as sb3_check
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv

from rlenvs.gridworld.observations import OBSERVATIONS
from tests.conformance.rollouts import (
    FAMILIES,
    IDS,
    NUM_ENVS,
    SEED,
    TEXT_ACTIONS,
    actions_of_all,
    assert_same,
    make_single,
    short_episodes,
)

MANY_MAPS = "rlenvs/Maze-v0"
VARIANTS = [
    (env_id, mode)
    for env_id, family in FAMILIES.items()
    for mode in (None, *(OBSERVATIONS if family == "gridworld" else ()))
    if not (env_id == MANY_MAPS and mode in ("index", "coordinates"))
]


def make_variant(env_id: str, observation: str | None) -> gym.Env:
    return make_single(env_id) if observation is None else make_single(env_id, observation=observation)


@pytest.fixture(autouse=True)
def warnings_are_errors(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning, "pygame")
        yield


@pytest.mark.parametrize(("env_id", "observation"), VARIANTS)
def test_gymnasiums_checker_passes(env_id: str, observation: str | None) -> None:
    gymnasium_check(make_variant(env_id, observation).unwrapped, skip_render_check=True)


@pytest.mark.parametrize("env_id", IDS)
def test_gymnasiums_checker_passes_with_every_render_mode(env_id: str) -> None:
    pytest.importorskip("pygame")
    gymnasium_check(make_single(env_id, render_mode="rgb_array").unwrapped)


@pytest.mark.parametrize(("env_id", "observation"), VARIANTS)
def test_gymnasiums_passive_checker_is_silent_over_episodes(env_id: str, observation: str | None) -> None:
    env = make_variant(env_id, observation)
    env.reset(seed=SEED)
    env.action_space.seed(SEED)
    for _ in range(150):
        *_, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()


@pytest.mark.parametrize(("env_id", "observation"), [case for case in VARIANTS if case[0] not in TEXT_ACTIONS])
def test_sb3s_checker_passes(env_id: str, observation: str | None) -> None:
    sb3_check(make_variant(env_id, observation), warn=True)


@pytest.mark.parametrize("observation", ["index", "coordinates"])
def test_observations_that_hide_the_map_are_refused(observation: str) -> None:
    for make in (gym.make, gym.make_vec):
        with pytest.raises(ValueError, match=rf"observation='{observation}' does not show .*: use 'onehot'"):
            make(MANY_MAPS, observation=observation)


@pytest.mark.parametrize("env_id", [env_id for env_id in IDS if env_id not in TEXT_ACTIONS])
def test_sb3_vectorises_it(env_id: str) -> None:
    env = make_vec_env(env_id, n_envs=2, seed=SEED, env_kwargs=short_episodes(env_id))
    observations = env.reset()
    assert len(observations) == 2
    env.step(np.zeros(2, dtype=np.int64))
    env.close()


@pytest.mark.parametrize("env_id", ["rlenvs/FrozenLake-v0", MANY_MAPS, "rlenvs/PongRam-v0", "rlenvs/Math-v0"])
def test_spawned_workers_make_it(env_id: str) -> None:
    """Workers import nothing of ours by themselves: the pickled spec must bring the package in."""
    workers = gym.make_vec(env_id, NUM_ENVS, "async", vector_kwargs={"context": "spawn", "shared_memory": False})
    native = gym.make_vec(env_id, NUM_ENVS)
    assert_same(workers.reset(seed=SEED), native.reset(seed=SEED))
    for number in range(4):
        actions = actions_of_all(native, number % 3)
        assert_same(workers.step(actions), native.step(actions))
    workers.close()


def test_sb3_subprocesses_make_it() -> None:
    env = make_vec_env("rlenvs:rlenvs/CliffWalk-v0", 2, SEED, vec_env_cls=SubprocVecEnv)
    assert data_equivalence(env.reset(), np.array([36, 36]))
    env.close()

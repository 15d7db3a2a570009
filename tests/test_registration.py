"""The ids: both spellings, specs that survive pickle and JSON, and clear errors."""

from __future__ import annotations

import pickle
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec

from rlenvs.registration import ENVIRONMENTS, register_envs
from tests.conformance.rollouts import TEXT_ACTIONS

IDS = [entry.id for entry in ENVIRONMENTS]
FAMILIES = {entry.id: entry.family for entry in ENVIRONMENTS}
FROM_THE_ISSUE = {
    "GridWorld",
    "CatHouse",
    "CliffWalk",
    "FrozenLake",
    "FourRooms",
    "Maze",
    "DoorKey",
    "DeepSea",
    "Pong",
    "PongFast",
    "PongDifference",
    "PongRam",
    "MathToken",
    "Math",
    "CodeToken",
    "Code",
}


def test_the_promised_ids_are_registered() -> None:
    assert {f"rlenvs/{name}-v0" for name in FROM_THE_ISSUE} <= set(IDS) <= set(gym.registry)
    assert len(IDS) == len(set(IDS))


def test_registering_again_keeps_what_is_there() -> None:
    before = dict(gym.registry)
    register_envs()
    assert all(gym.registry[env_id] is spec for env_id, spec in before.items())


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("prefix", ["", "rlenvs:"])
def test_both_spellings_make_it(env_id: str, prefix: str) -> None:
    env = gym.make(prefix + env_id)
    assert env.spec.id == env_id
    assert env.reset(seed=1)[0] in env.observation_space
    vector_env = gym.make_vec(prefix + env_id, 2)
    assert vector_env.spec.id == env_id
    assert vector_env.reset(seed=1)[0] in vector_env.observation_space


def test_the_module_spelling_needs_no_import() -> None:
    code = "import gymnasium as gym; print(gym.make('rlenvs:rlenvs/GridWorld-v0').reset(seed=1)[1])"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "{}\n"


@pytest.mark.parametrize("env_id", IDS)
def test_specs_survive_json_and_pickle(env_id: str) -> None:
    arguments = {"pong": {"max_num_frames_per_episode": 40}, "text": {"task": "sort"}}
    spec = gym.make(env_id, **arguments.get(FAMILIES[env_id], {"observation": "image"})).spec
    for again in (EnvSpec.from_json(spec.to_json()), pickle.loads(pickle.dumps(spec))):
        assert again.kwargs == spec.kwargs
        env, original = gym.make(again), gym.make(spec)
        np.testing.assert_array_equal(env.reset(seed=3)[0], original.reset(seed=3)[0])
        for action in ("ab",) if env_id in TEXT_ACTIONS else (2, 0, 1) if "Token" in env_id else (1, 0, 1, 1):
            ours, theirs = env.step(action), original.step(action)
            np.testing.assert_array_equal(ours[0], theirs[0])
            assert ours[1:] == theirs[1:]


@pytest.mark.parametrize("entry", ENVIRONMENTS, ids=IDS)
def test_entries_describe_themselves(entry) -> None:
    assert entry.summary and entry.family
    assert entry.vector_entry_point
    assert gym.make(entry.id, **entry.evaluation_kwargs).observation_space == gym.make(entry.id).observation_space


def test_mazes_are_evaluated_on_the_test_split() -> None:
    (entry,) = (entry for entry in ENVIRONMENTS if entry.id == "rlenvs/Maze-v0")
    assert entry.evaluation_kwargs == {"split": "test"}


@pytest.mark.parametrize("make", [gym.make, gym.make_vec])
def test_errors_name_the_argument_and_the_remedy(make) -> None:
    with pytest.raises(gym.error.NameNotFound, match="CliffWalk"):
        make("rlenvs/CliffWolk-v0")
    with pytest.raises(TypeError, match=r"four_rooms has no argument slipp: it takes slip, step_limit"):
        make("rlenvs/FourRooms-v0", slipp=0.1)
    with pytest.raises(ValueError, match=r"step_limit .*-3"):
        make("rlenvs/FourRooms-v0", step_limit=-3)

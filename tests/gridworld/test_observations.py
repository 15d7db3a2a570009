from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from rlenvs.gridworld.observations import OBSERVATIONS, make_encoder
from rlenvs.gridworld.worlds import build_world

from .helpers import IDS

SHOW_THE_MAP = ("onehot", "image")
MODES = [(i, mode) for i in IDS for mode in OBSERVATIONS if "Maze" not in i or mode in SHOW_THE_MAP]


@pytest.mark.parametrize(("env_id", "mode"), MODES)
def test_observations_lie_in_the_space_and_differ_between_states(env_id: str, mode: str) -> None:
    """Every state that play can reach looks different, so the observation is Markov."""
    kwargs = {"split": "test", "indices": [1, 2, 3]} if "Maze" in env_id else {}
    env = gym.make(env_id, observation=mode, **kwargs).unwrapped
    batch = env.all_observations()
    vector = gym.make_vec(env_id, num_envs=env.num_states, observation=mode, **kwargs)
    assert vector.observation_space.contains(batch)
    assert len({np.asarray(one).tobytes() for one in batch}) == env.num_states
    for state in (0, env.num_states // 2, env.num_states - 1):
        np.testing.assert_array_equal(env._encoder.encode_one(state), batch[state])
        assert env.observation_space.contains(env._encoder.encode_one(state))


def test_all_observations_in_slices() -> None:
    env = gym.make("rlenvs/DoorKey-v0").unwrapped
    whole = env.all_observations()
    np.testing.assert_array_equal(np.concatenate([env.all_observations(0, 25), env.all_observations(25)]), whole)


def test_coordinates_are_row_column_and_key() -> None:
    world = build_world("grid_world", map=["SK", "DG"])
    encoder = make_encoder(world, "coordinates")
    assert encoder.space.nvec.tolist() == [2, 2, 2]
    seen = encoder.encode(np.arange(world.table.num_states)).tolist()
    assert seen == [[0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]


def test_planes_show_agent_walls_goal_key_door_and_inventory() -> None:
    world = build_world("grid_world", map=["SK#", "#DG"])
    encoder = make_encoder(world, None)
    with_key_on_door = next(s for s, p in enumerate(world.cells.place.tolist()) if p[1:] == [1, 1, 1])
    planes, held = np.split(encoder.encode_one(with_key_on_door), [30])
    agent, walls, goal, key, door = planes.reshape(5, 2, 3).astype(int).tolist()
    assert agent == [[0, 0, 0], [0, 1, 0]]
    assert walls == [[0, 0, 1], [1, 0, 0]]
    assert goal == [[0, 0, 0], [0, 0, 1]]
    assert key == [[0, 1, 0], [0, 0, 0]]
    assert door == [[0, 0, 0], [0, 1, 0]]
    assert held == [1]


@pytest.mark.parametrize("world", ["frozen_lake", "cliff_walk", "maze", "four_rooms", "deep_sea"])
def test_images_suit_convolutional_networks(world: str) -> None:
    space = make_encoder(build_world(world), "image").space
    assert space.dtype == np.uint8 and space.shape[2] == 3 and min(space.shape[:2]) >= 36


def test_defaults() -> None:
    defaults = {env_id: gym.make(env_id).observation_space for env_id in IDS}
    for env_id, space in defaults.items():
        kind = gym.spaces.Box if "Maze" in env_id or "DoorKey" in env_id else gym.spaces.Discrete
        assert isinstance(space, kind)


@pytest.mark.parametrize("mode", ["index", "coordinates"])
def test_observations_that_hide_the_map_are_refused_where_maps_vary(mode: str) -> None:
    with pytest.raises(ValueError, match=f"observation='{mode}' does not show which of the 1000 maps"):
        gym.make("rlenvs/Maze-v0", split="test", observation=mode)
    assert gym.make("rlenvs/Maze-v0", indices=3, observation=mode).unwrapped.num_states == 49


def test_unknown_observations_are_refused() -> None:
    with pytest.raises(ValueError, match="observation must be one of 'index', .* got 'pixels'"):
        gym.make("rlenvs/CatHouse-v0", observation="pixels")

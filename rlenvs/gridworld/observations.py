"""What an agent sees of a state: index, coordinates, one-hot vector or image.

The single and the vector environment share these encoders, so their observations are equal by construction.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from rlenvs.foundation.checks import one_of
from rlenvs.gridworld.dynamics import IntArray
from rlenvs.gridworld.maps import DOOR, GOAL, KEY, WALL, is_symbol
from rlenvs.gridworld.rendering import Painter
from rlenvs.gridworld.world import World

OBSERVATIONS = ("index", "coordinates", "onehot", "image")
SMALLEST_IMAGE = 36
"""Pixels: Stable-Baselines3's convolutional network needs at least 36 x 36."""
SMALLEST_TILE = 8


class Encoder(Protocol):
    """States to observations."""

    @property
    def space(self) -> spaces.Space[Any]:
        """The observation space of one environment."""

    def encode(self, states: IntArray) -> npt.NDArray[Any]:
        """Observations `[n, ...]` of `states` `[n]`; may share memory with `states`, with nothing else."""

    def encode_one(self, state: int) -> Any:
        """The observation of one state, as the single environment returns it."""


def make_encoder(world: World, observation: str | None) -> Encoder:
    """The encoder for an observation mode; None means the world's default.

    Raises:
        ValueError: an unknown mode, or one that does not show enough of this world.
    """
    asked = world.default_observation if observation is None else observation
    mode = one_of(asked, OBSERVATIONS, "observation")
    if mode in ("index", "coordinates") and not world.has_one_map:
        raise ValueError(
            f"observation={mode!r} does not show which of the {len(world.cells.maps)} maps is played: "
            "use 'onehot' or 'image', or pin one map"
        )
    if mode == "index":
        return IndexEncoder(world)
    if mode == "coordinates":
        return CoordinateEncoder(world)
    if mode == "image":
        return ImageEncoder(world)
    return OneHotEncoder(world) if world.default_observation == "index" else PlaneEncoder(world)


class IndexEncoder:
    """`Discrete(S)`: the number of the state."""

    def __init__(self, world: World) -> None:
        self.space = spaces.Discrete(world.table.num_states)

    def encode(self, states: IntArray) -> IntArray:
        """The states themselves, int64 `[n]`: the array that was given."""
        return states

    def encode_one(self, state: int) -> int:
        """The state itself."""
        return state


class _ArrayEncoder:
    """Encoders of observations that are arrays."""

    def encode(self, states: IntArray) -> npt.NDArray[Any]:
        raise NotImplementedError

    def encode_one(self, state: int) -> npt.NDArray[Any]:
        """The observation of one state."""
        return self.encode(np.array([state]))[0]


class CoordinateEncoder(_ArrayEncoder):
    """`MultiDiscrete`: row, column, and 1 with the key where there is one."""

    def __init__(self, world: World) -> None:
        _, inventories, rows, columns = world.cells.state_at.shape
        sizes = [rows, columns, inventories][: 3 if world.has_inventory else 2]
        self.space = spaces.MultiDiscrete(sizes)
        _, inventory, row, column = world.cells.place.astype(np.int64).T
        self._coordinates = np.stack([row, column, inventory][: len(sizes)], axis=1)

    def encode(self, states: IntArray) -> IntArray:
        """Coordinates, int64 `[n, 2 or 3]`."""
        return self._coordinates[states]


class OneHotEncoder(_ArrayEncoder):
    """Flat float32 `Box`: 1 at the number of the state, 0 elsewhere."""

    def __init__(self, world: World) -> None:
        self._size = world.table.num_states
        self.space = spaces.Box(0.0, 1.0, (self._size,), np.float32)

    def encode(self, states: IntArray) -> npt.NDArray[np.float32]:
        """One-hot vectors, float32 `[n, S]`."""
        vectors = np.zeros((len(states), self._size), dtype=np.float32)
        vectors[np.arange(len(states)), states] = 1
        return vectors


class PlaneEncoder(_ArrayEncoder):
    """Flat float32 `Box` that shows the whole map: a plane of rows x columns bits for agent, walls and goals.

    Where there is a key, planes for keys and doors follow, and one bit for holding the key.
    """

    def __init__(self, world: World) -> None:
        maps = world.cells.maps
        shown = (WALL, GOAL, KEY, DOOR) if world.has_inventory else (WALL, GOAL)
        agent_plane = np.zeros(maps.shape, dtype=np.bool_)
        planes = [agent_plane, *(is_symbol(maps, symbol) for symbol in shown)]
        held = np.zeros((len(maps), int(world.has_inventory)), dtype=np.bool_)
        flat = [plane.reshape(len(maps), -1) for plane in planes]
        self._background = np.concatenate([*flat, held], axis=1).astype(np.float32)
        self._map, self._inventory, row, column = world.cells.place.T
        self._agent = row * maps.shape[2] + column
        self._has_inventory = world.has_inventory
        self.space = spaces.Box(0.0, 1.0, self._background.shape[1:], np.float32)

    def encode(self, states: IntArray) -> npt.NDArray[np.float32]:
        """Planes, float32 `[n, planes * rows * columns (+ 1)]`."""
        vectors = self._background[self._map[states]]
        vectors[np.arange(len(states)), self._agent[states]] = 1
        if self._has_inventory:
            vectors[:, -1] = self._inventory[states]
        return vectors


class ImageEncoder(_ArrayEncoder):
    """uint8 image `Box` in 0..255, height x width x RGB, at least 36 pixels a side."""

    def __init__(self, world: World) -> None:
        _, rows, columns = world.cells.maps.shape
        tile = max(SMALLEST_TILE, -(-SMALLEST_IMAGE // min(rows, columns)))
        self._painter = Painter(world, tile)
        self.space = spaces.Box(0, 255, (rows * tile, columns * tile, 3), np.uint8)

    def encode(self, states: IntArray) -> npt.NDArray[np.uint8]:
        """Pictures, uint8 `[n, height, width, 3]`."""
        return self._painter.paint(states)

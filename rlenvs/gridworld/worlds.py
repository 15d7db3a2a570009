"""The worlds by name. A builder's docstring describes its world; its arguments are those of `gym.make`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from rlenvs.foundation.checks import one_of
from rlenvs.gridworld import checks
from rlenvs.gridworld.deep_sea import deep_sea
from rlenvs.gridworld.dynamics import Cells, move_table
from rlenvs.gridworld.maps import GOAL
from rlenvs.gridworld.mazes import SPLIT_SIZES, maze_splits
from rlenvs.gridworld.world import World, world_from_map

GRID_WORLD_MAP = (
    "S....",
    ".##.H",
    ".#...",
    "...#.",
    "H..#G",
)

# M meat, B broom, T bathtub. A broom stands in the near doorway; the clean way round is six steps longer.
CAT_HOUSE_MAP = (
    "S..#...M",
    ".B.#.TT.",
    "...B.TT.",
    ".###.##.",
    "...#....",
    ".B....B.",
)

CLIFF_WALK_MAP = (
    "............",
    "............",
    "............",
    "SCCCCCCCCCCG",
)

FROZEN_LAKE_MAPS = {
    4: ("S...", ".H.H", "...H", "H..G"),
    8: (
        "S.......",
        "........",
        "...H....",
        ".....H..",
        "...H....",
        ".HH...H.",
        ".H..H.H.",
        "...H...G",
    ),
}

FOUR_ROOMS_MAP = (
    "#############",
    "#.....#.....#",
    "#.....#.....#",
    "#...........#",
    "#.....#.....#",
    "#.....#.....#",
    "##.####.....#",
    "#.....###.###",
    "#.....#.....#",
    "#.....#.....#",
    "#...........#",
    "#.....#....G#",
    "#############",
)

DOOR_KEY_MAP = (
    "########",
    "#SSS#..#",
    "#SSS#..#",
    "#SSSD..#",
    "#SSS#..#",
    "#SKS#..#",
    "#SSS#.G#",
    "########",
)


def grid_world(
    map: str | Sequence[str] = GRID_WORLD_MAP,
    rewards: Mapping[str, float] | None = None,
    terminals: str | Sequence[str] = "",
    step_reward: float = 0.0,
    slip: float = 0.0,
    random_start: bool = False,
    step_limit: int = 100,
) -> World:
    """Any ASCII map.

    `#` wall, `.` floor, `S` start (several: drawn uniformly), `G` goal (+1, the end), `H` hole (0, the end),
    `C` cliff (back to the start), `K` key, `D` door (needs the key), and any letter or digit named by `rewards`
    or `terminals`.

    Args:
        map: rows, or one multi-line string.
        rewards: reward of entering (or staying on) a symbol; 0 where not given, except `G`: 1.
        terminals: further symbols that end the episode.
        step_reward: added to every step.
        slip: probability of moving perpendicular to the action, half of it to each side.
        random_start: start on any floor cell or `S`.
        step_limit: truncate the episode after so many steps.
    """
    return world_from_map(
        "grid_world",
        map,
        rewards=rewards,
        terminals=terminals,
        step_reward=step_reward,
        slip=slip,
        random_start=random_start,
        step_limit=step_limit,
    )


def cat_house(slip: float = 0.0, step_limit: int = 100) -> World:
    """A cat looks for meat in a house: empty floor 0, a broom -1, the bathtub -10, meat +100 and the end.

    Args:
        slip: probability of moving perpendicular to the action.
        step_limit: truncate the episode after so many steps.
    """
    return world_from_map(
        "cat_house",
        CAT_HOUSE_MAP,
        rewards={"B": -1.0, "T": -10.0, "M": 100.0},
        terminals="M",
        slip=slip,
        step_limit=step_limit,
    )


def cliff_walk(slip: float = 0.0, step_limit: int = 100) -> World:
    """Walk along a cliff: -1 a step, -100 for falling off, which puts the agent back to the start.

    Sutton and Barto (2018), example 6.6; the dynamics are those of Gymnasium's CliffWalking.

    Args:
        slip: probability of moving perpendicular to the action.
        step_limit: truncate the episode after so many steps.
    """
    rewards = {".": -1.0, "S": -1.0, "G": -1.0, "C": -100.0}
    return world_from_map("cliff_walk", CLIFF_WALK_MAP, rewards=rewards, slip=slip, step_limit=step_limit)


def frozen_lake(
    size: int = 4,
    map: str | Sequence[str] | None = None,
    slip: float = 2 / 3,
    step_limit: int | None = None,
) -> World:
    """Cross a slippery lake to the goal (+1) without falling into a hole (0, the end).

    The dynamics are those of Gymnasium's FrozenLake, with the actions numbered clockwise from up.

    Args:
        size: 4 or 8, the side of the built-in lakes.
        map: a lake of your own in place of the built-in ones.
        slip: probability of moving perpendicular to the action.
        step_limit: truncate the episode after so many steps; 100, and 200 on the lake of size 8.
    """
    if map is None:
        if not isinstance(size, int) or size not in FROZEN_LAKE_MAPS:
            raise ValueError(f"size must be 4 or 8, got {size!r}: pass map=[...] for another lake")
        map = FROZEN_LAKE_MAPS[size]
    if step_limit is None:
        step_limit = 200 if size == 8 else 100
    return world_from_map("frozen_lake", map, slip=slip, step_limit=step_limit)


def four_rooms(slip: float = 0.0, step_limit: int = 100) -> World:
    """Four rooms joined by hallways; start anywhere, +1 in the corner of the last room.

    Map: Sutton, Precup and Singh (1999), 104 cells.

    Args:
        slip: probability of moving perpendicular to the action.
        step_limit: truncate the episode after so many steps.
    """
    return world_from_map("four_rooms", FOUR_ROOMS_MAP, slip=slip, random_start=True, step_limit=step_limit)


def door_key(slip: float = 0.0, step_limit: int = 100) -> World:
    """Fetch the key, pass the door, reach the goal: +1 there, 0 anywhere else.

    The start is random in the left room.

    Args:
        slip: probability of moving perpendicular to the action.
        step_limit: truncate the episode after so many steps.
    """
    return world_from_map("door_key", DOOR_KEY_MAP, slip=slip, step_limit=step_limit)


def maze(
    split: str = "train",
    indices: int | Sequence[int] | None = None,
    slip: float = 0.0,
    step_limit: int = 100,
) -> World:
    """A maze drawn at every reset from a fixed, indexed set; +1 at its goal.

    The sets hold 10,000 / 1,000 / 1,000 mazes and share no wall layout. The observation shows the maze, so that
    a policy can be judged on mazes it has never seen.

    Args:
        split: "train", "validation" or "test".
        indices: draw from these mazes of the split only; one number pins one maze.
        slip: probability of moving perpendicular to the action.
        step_limit: truncate the episode after so many steps.
    """
    one_of(split, tuple(SPLIT_SIZES), "split")
    chosen = None if indices is None else _check_indices(indices, SPLIT_SIZES[split])
    world = _maze_world(split, chosen, checks.slip_probability(slip))
    return replace(world, step_limit=checks.step_limit(step_limit))


@functools.lru_cache(maxsize=4)
def _maze_world(split: str, indices: tuple[int, ...] | None, slip: float) -> World:
    maps = maze_splits()[split]
    cells = Cells.of(maps if indices is None else maps[list(indices)])
    table = move_table(cells, rewards={GOAL: 1.0}, terminals=GOAL, slip=slip)
    return World("maze", table, cells, step_limit=100, default_observation="onehot")


def _check_indices(indices: int | Sequence[int], size: int) -> tuple[int, ...]:
    numbers = np.atleast_1d(np.asarray(indices))
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu" or not numbers.size:
        raise TypeError(f"indices must be a maze number or a list of maze numbers, got {indices!r}")
    for number in numbers:
        if not 0 <= number < size:
            raise ValueError(f"indices holds {number}: the split has mazes 0 to {size - 1}")
    return tuple(numbers.tolist())


WORLDS: Mapping[str, Callable[..., World]] = {
    builder.__name__: builder
    for builder in (grid_world, cat_house, cliff_walk, frozen_lake, four_rooms, maze, door_key, deep_sea)
}


def build_world(world: str | World, **arguments: object) -> World:
    """Build the world called `world`, or hand back a `World` as it is.

    Raises:
        TypeError: an argument that this world does not have.
        ValueError: no world of that name, or a bad argument.
    """
    if isinstance(world, World):
        if arguments:
            raise TypeError(f"a ready World takes no further arguments, got {', '.join(arguments)}")
        return world
    builder = WORLDS[one_of(world, tuple(WORLDS), "world")]
    valid = inspect.signature(builder).parameters
    unknown = [name for name in arguments if name not in valid]
    if unknown:
        raise TypeError(f"{world} has no argument {', '.join(unknown)}: it takes {', '.join(valid)}")
    return builder(**arguments)

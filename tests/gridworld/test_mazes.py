from __future__ import annotations

import hashlib

import numpy as np

from rlenvs.gridworld import mazes
from rlenvs.gridworld.maps import is_symbol


def layouts(maps: np.ndarray) -> set[bytes]:
    """Wall layouts without start and goal."""
    return {layout.tobytes() for layout in is_symbol(maps, "#")}


def test_splits_are_full_disjoint_and_without_duplicates() -> None:
    splits = mazes.maze_splits()
    assert {name: len(maps) for name, maps in splits.items()} == mazes.SPLIT_SIZES
    by_split = {name: layouts(maps) for name, maps in splits.items()}
    assert {name: len(found) for name, found in by_split.items()} == mazes.SPLIT_SIZES
    assert len(set.union(*by_split.values())) == sum(mazes.SPLIT_SIZES.values())


def test_every_maze_is_a_tree_with_one_start_and_one_goal() -> None:
    maps = mazes.maze_splits()["validation"]
    assert (is_symbol(maps, "S").sum(axis=(1, 2)) == 1).all()
    assert (is_symbol(maps, "G").sum(axis=(1, 2)) == 1).all()
    free = ~is_symbol(maps, "#")
    assert (free.sum(axis=(1, 2)) == 25 + 24).all()
    reached = is_symbol(maps, "S")
    for _ in range(48):  # the longest path visits every cell
        grown = reached.copy()
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown[:, :, 1:] |= reached[:, :, :-1]
        grown[:, :, :-1] |= reached[:, :, 1:]
        reached = grown & free
    np.testing.assert_array_equal(reached, free)  # 49 connected cells with 48 links: no cycles


def test_mazes_never_change() -> None:
    """A new list means a new version of Maze: bump its id and write to the changelog's Scores."""
    digest = hashlib.sha256(b"".join(maps.tobytes() for maps in mazes.maze_splits().values())).hexdigest()
    assert digest == "21ccc13ff531216d7e2a9898682bb96e16c9188949cc5d79dc093e00c1406b49"


def test_starts_and_goals_are_spread_over_all_rooms() -> None:
    maps = mazes.maze_splits()["train"]
    for symbol in "SG":
        rooms = is_symbol(maps, symbol)[:, 1::2, 1::2].sum(axis=0)
        assert rooms.sum() == len(maps)
        assert abs(rooms - len(maps) / 25).max() < 5 * np.sqrt(len(maps) / 25)

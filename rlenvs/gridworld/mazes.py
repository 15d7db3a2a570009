"""Perfect mazes in bulk: fixed, indexed, without duplicates, split into training, validation and test sets.

A maze has 5 x 5 rooms on 11 x 11 cells and exactly one path between any two rooms: the minimum spanning tree of
random edge weights (Prim 1957). There is *one* sequence of candidates; a candidate's split is a hash of its
walls, and a candidate whose walls have been seen before is dropped. So no two splits share a wall layout,
whatever the start and goal, and maze i of a split never changes. Spanning trees of random weights are not
uniformly distributed over all mazes.
"""

from __future__ import annotations

import functools
import hashlib

import numpy as np
import numpy.typing as npt

from rlenvs.gridworld.maps import FLOOR, GOAL, START, WALL, SymbolArray

SPLIT_SIZES = {"train": 10_000, "validation": 1_000, "test": 1_000}
CELLS = 11

_ROOMS = 5
_BUCKETS = 12  # of the hash: ten for training, one each for validation and test
_CANDIDATES = 12_900  # enough that every split is full; a prefix of an endless sequence


@functools.lru_cache(maxsize=1)
def maze_splits() -> dict[str, SymbolArray]:
    """ASCII codes of all mazes by split, uint8 `[mazes, 11, 11]`, each with one `S` and one `G`."""
    generator = np.random.Generator(np.random.PCG64(_hash(b"rlenvs/Maze-v0")))
    rooms = _room_grid()
    edges = np.concatenate([_pairs(rooms[:, :-1], rooms[:, 1:]), _pairs(rooms[:-1], rooms[1:])])
    draws = generator.random((_CANDIDATES, len(edges) + 2))
    walls = _carve(edges, _spanning_trees(edges, draws[:, :-2]))
    members = _split_by_content(walls)
    _place_start_and_goal(walls, draws[:, -2], draws[:, -1])
    return {split: walls[chosen] for split, chosen in members.items()}


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest(), "big")


def _room_grid() -> npt.NDArray[np.int64]:
    return np.arange(_ROOMS * _ROOMS).reshape(_ROOMS, _ROOMS)


def _pairs(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.stack([first.ravel(), second.ravel()], axis=1)


def _spanning_trees(edges: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Prim's algorithm on all mazes at once: edge numbers of the trees, int64 `[mazes, rooms - 1]`."""
    mazes = np.arange(len(weights))
    in_tree = np.zeros((len(weights), _ROOMS * _ROOMS), dtype=np.bool_)
    in_tree[:, 0] = True
    tree = np.empty((len(weights), _ROOMS * _ROOMS - 1), dtype=np.int64)
    for size in range(tree.shape[1]):
        leaves_tree = in_tree[:, edges[:, 0]] != in_tree[:, edges[:, 1]]
        lightest = np.where(leaves_tree, weights, np.inf).argmin(axis=1)
        tree[:, size] = lightest
        in_tree[mazes[:, None], edges[lightest]] = True
    return tree


def _carve(edges: npt.NDArray[np.int64], trees: npt.NDArray[np.int64]) -> SymbolArray:
    """Maps `[mazes, 11, 11]` with floor in the rooms and on the trees' edges."""
    maps = np.full((len(trees), CELLS, CELLS), ord(WALL), dtype=np.uint8)
    maps[:, 1::2, 1::2] = ord(FLOOR)
    row, column = np.divmod(edges, _ROOMS)
    passage_row, passage_column = row.sum(axis=1) + 1, column.sum(axis=1) + 1  # midway between the two rooms
    maps[np.arange(len(trees))[:, None], passage_row[trees], passage_column[trees]] = ord(FLOOR)
    return maps


def _split_by_content(walls: SymbolArray) -> dict[str, list[int]]:
    """The candidates that make up each split, in order."""
    members: dict[str, list[int]] = {split: [] for split in SPLIT_SIZES}
    split_of_bucket = ["train"] * (_BUCKETS - 2) + ["validation", "test"]
    seen: set[bytes] = set()
    for number, maze in enumerate(walls):
        content = maze.tobytes()
        chosen = members[split_of_bucket[_hash(content) % _BUCKETS]]
        if content not in seen:
            chosen.append(number)
        seen.add(content)
    return {split: chosen[: SPLIT_SIZES[split]] for split, chosen in members.items()}


def _place_start_and_goal(
    maps: SymbolArray, start_draw: npt.NDArray[np.float64], goal_draw: npt.NDArray[np.float64]
) -> None:
    """Put `S` and `G` in two different rooms of every map, by uniform draws in [0, 1)."""
    count = _ROOMS * _ROOMS
    start = (start_draw * count).astype(np.int64)
    goal = (start + 1 + (goal_draw * (count - 1)).astype(np.int64)) % count
    mazes = np.arange(len(maps))
    for room, symbol in ((start, START), (goal, GOAL)):
        maps[mazes, 2 * (room // _ROOMS) + 1, 2 * (room % _ROOMS) + 1] = ord(symbol)

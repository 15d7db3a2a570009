"""DeepSea: the exploration problem in which one sequence of actions among 2^size finds the treasure.

Osband et al. (2019), "Behaviour Suite for Reinforcement Learning", `deep_sea`, deterministic. Cells above the
slope cannot be reached there and are left out here: state (row, column) exists for column <= row <= size.
"""

from __future__ import annotations

import numpy as np

from rlenvs.foundation.checks import finite_number, positive_integer
from rlenvs.gridworld.dynamics import Cells, TransitionTable
from rlenvs.gridworld.maps import FLOOR, GOAL, HOLE, START, WALL, SymbolArray
from rlenvs.gridworld.world import World


def deep_sea(size: int = 10, move_cost: float = 0.01, mapping_seed: int = 0) -> World:
    """Dive `size` rows; only `size` right moves in a row reach the treasure.

    Every step sinks one row. In each cell one of the two actions means right and the other left, drawn once
    from `mapping_seed`. A right move costs `move_cost / size`, the treasure pays +1. The seabed ends the episode
    after `size` steps, so the step limit (`size` + 1) never truncates.

    Args:
        size: number of rows to dive, 1 to 1000.
        move_cost: cost of going right all the way.
        mapping_seed: seed of the actions' meaning.
    """
    size = positive_integer(size, "size")
    if size > 1000:
        raise ValueError(f"size must be at most 1000, got {size}: there are (size + 1) (size + 2) / 2 states")
    if not isinstance(mapping_seed, int) or mapping_seed < 0:
        raise ValueError(f"mapping_seed must be an integer of at least 0, got {mapping_seed!r}")
    cells = Cells.of(_slope(size)[None])
    table = _dive(cells, size, finite_number(move_cost, "move_cost"), mapping_seed)
    return World("deep_sea", table, cells, step_limit=size + 1)


def _slope(size: int) -> SymbolArray:
    """The map: water left of the slope, seabed in the last row, the treasure at its right end."""
    symbols = np.where(np.tri(size + 1, dtype=np.bool_), ord(FLOOR), ord(WALL)).astype(np.uint8)
    symbols[-1] = ord(HOLE)
    symbols[0, 0], symbols[-1, -1] = ord(START), ord(GOAL)
    return symbols


def _dive(cells: Cells, size: int, move_cost: float, mapping_seed: int) -> TransitionTable:
    _, _, row, column = cells.place.T
    terminal = row == size
    right_action = np.random.default_rng(mapping_seed).integers(0, 2, (size + 1, size + 1))[row, column]
    goes_right = np.arange(2) == right_action[:, None]
    to_column = np.where(goes_right, column[:, None] + 1, np.maximum(column[:, None] - 1, 0))
    to_row = np.minimum(row + 1, size)[:, None]
    next_state = cells.state_at[0, 0, to_row, np.minimum(to_column, size)]
    next_state[terminal] = np.flatnonzero(terminal)[:, None]
    reward = np.where(goes_right, -move_cost / size, 0.0) + (to_column == size)
    reward[terminal] = 0.0
    return TransitionTable(
        next_state=next_state[..., None],
        reward=reward[..., None],
        terminal=terminal,
        probability=np.ones(1),
        start_states=np.zeros(1, dtype=np.int32),
    )

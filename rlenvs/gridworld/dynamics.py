"""Maps become transition tables: the one description of the dynamics that everything else is made from.

The single environment, the vector environment, the planner and the pictures all read the same
`TransitionTable`, so they cannot disagree. A table may hold many maps side by side (`Maze` holds 10,000).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rlenvs.gridworld.maps import CLIFF, DOOR, FLOOR, KEY, START, WALL, SymbolArray, is_symbol

ACTIONS = ("up", "right", "down", "left")
"""Action names in order; clockwise, so the perpendicular moves of action a are a - 1 and a + 1 modulo 4."""

_ROW_STEP = (-1, 0, 1, 0)
_COLUMN_STEP = (0, 1, 0, -1)

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TransitionTable:
    """A finite Markov decision process with S states, A actions and K outcomes an action.

    Attributes:
        next_state: int32 `[S, A, K]`. Terminal states lead to themselves.
        reward: float64 `[S, A, K]`. 0 in terminal states.
        terminal: bool `[S]`; entering such a state ends the episode.
        probability: float64 `[K]`, the outcomes' probabilities, the same for every state and action.
        start_states: int32 `[n]`; an episode starts in one of them, drawn uniformly (repeats weigh more).
    """

    next_state: npt.NDArray[np.int32]
    reward: FloatArray
    terminal: BoolArray
    probability: FloatArray
    start_states: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        """Tables are shared by environments and caches, so nobody may write to them."""
        for array in vars(self).values():
            array.setflags(write=False)

    @property
    def num_states(self) -> int:
        """S."""
        return self.next_state.shape[0]

    @property
    def num_actions(self) -> int:
        """A."""
        return self.next_state.shape[1]

    @property
    def num_outcomes(self) -> int:
        """K: 1 without slip."""
        return self.next_state.shape[2]

    @property
    def terminated(self) -> BoolArray:
        """Whether the episode has ended after an outcome, bool `[S, A, K]`."""
        return self.terminal[self.next_state]

    @property
    def outcome_bounds(self) -> FloatArray:
        """Float64 `[K - 1]`; a uniform draw u in [0, 1) gives the outcome numbered by the bounds at or below u."""
        return np.cumsum(self.probability)[:-1]


@dataclass(frozen=True, eq=False)
class Cells:
    """The states of one or many maps, numbered: map by map, without the key before with it, then row by row.

    Walls are no states; nor are a key not yet taken (standing on it takes it) and a door without the key.

    Attributes:
        maps: ASCII codes, uint8 `[M, rows, columns]`.
        place: int32 `[S, 4]`: map, inventory (1 with the key), row, column of every state.
        state_at: int32 `[M, inventories, rows, columns]`, -1 where there is no state.
    """

    maps: SymbolArray
    place: npt.NDArray[np.int32]
    state_at: npt.NDArray[np.int32]

    @classmethod
    def of(cls, maps: SymbolArray) -> Cells:
        """Number the states of `maps`, uint8 `[M, rows, columns]`."""
        without_key = ~is_symbol(maps, WALL + KEY + DOOR)
        with_key = ~is_symbol(maps, WALL)
        has_key = is_symbol(maps, KEY).any()
        exists = np.stack([without_key, with_key] if has_key else [without_key], axis=1)
        state_at = np.full(exists.shape, -1, dtype=np.int32)
        place = np.argwhere(exists).astype(np.int32)
        state_at[exists] = np.arange(len(place), dtype=np.int32)
        return cls(maps, place, state_at)

    @property
    def symbol(self) -> SymbolArray:
        """The symbol under the agent in every state, uint8 `[S]`."""
        return self.maps[self.place[:, 0], self.place[:, 2], self.place[:, 3]]

    def moved(self) -> npt.NDArray[np.int32]:
        """The state that each of the four moves leads to, int32 `[S, 4]`, before cliffs and endings."""
        game, inventory, row, column = self.place.T
        _, rows, columns = self.maps.shape
        here = np.arange(len(self.place), dtype=np.int32)
        states = np.empty((len(here), len(ACTIONS)), dtype=np.int32)
        for action, (down, right) in enumerate(zip(_ROW_STEP, _COLUMN_STEP, strict=True)):
            to_row = np.clip(row + down, 0, rows - 1)
            to_column = np.clip(column + right, 0, columns - 1)
            if self.state_at.shape[1] > 1:
                inventory = np.maximum(self.place[:, 1], is_symbol(self.maps[game, to_row, to_column], KEY))
            target = self.state_at[game, inventory, to_row, to_column]
            states[:, action] = np.where(target < 0, here, target)
        return states


def move_table(
    cells: Cells,
    rewards: Mapping[str, float],
    terminals: str,
    step_reward: float = 0.0,
    slip: float = 0.0,
    random_start: bool = False,
) -> TransitionTable:
    """The dynamics of moving about on maps.

    A move into a wall or over the border stays, and pays the cell's reward again. The reward of a step is
    `step_reward` plus that of the cell entered; a cliff pays and then puts the agent back on its map's `S`.

    Args:
        cells: the maps and their states; each map with cliffs has exactly one `S`.
        rewards: reward by symbol; other symbols pay 0.
        terminals: symbols that end the episode when entered.
        step_reward: added to every step.
        slip: probability of moving perpendicular to the action, half of it to each side.
        random_start: start on any floor cell or `S` of the map instead of on an `S` (without the key).
    """
    moved = cells.moved()
    symbol = cells.symbol
    reward_of = np.zeros(128)
    for name, value in rewards.items():
        reward_of[ord(name)] = value
    reward = reward_of[symbol][moved] + step_reward
    terminal = is_symbol(symbol, terminals)
    next_state = _back_to_start(cells, symbol)[moved]
    next_state[terminal] = np.flatnonzero(terminal)[:, None]
    reward[terminal] = 0.0
    starting = is_symbol(symbol, START + FLOOR if random_start else START) & (cells.place[:, 1] == 0)
    directions, probability = _slip_directions(slip)
    return TransitionTable(
        next_state=next_state[:, directions],
        reward=reward[:, directions],
        terminal=terminal,
        probability=probability,
        start_states=np.flatnonzero(starting).astype(np.int32),
    )


def _back_to_start(cells: Cells, symbol: SymbolArray) -> npt.NDArray[np.int32]:
    """The state an agent is in after entering each state: itself, or its map's start for a cliff."""
    settled = np.arange(len(symbol), dtype=np.int32)
    on_cliff = is_symbol(symbol, CLIFF)
    if on_cliff.any():
        starts = np.argwhere(is_symbol(cells.maps, START))
        start_of = np.zeros((len(cells.maps), 2), dtype=np.int64)
        start_of[starts[:, 0]] = starts[:, 1:]
        game, inventory = cells.place[on_cliff, 0], cells.place[on_cliff, 1]
        settled[on_cliff] = cells.state_at[game, inventory, *start_of[game].T]
    return settled


def _slip_directions(slip: float) -> tuple[IntArray, FloatArray]:
    """Directions `[4, K]` an action may move in, and their probabilities `[K]`."""
    actions = np.arange(len(ACTIONS))
    if slip == 0:
        return actions[:, None], np.ones(1)
    directions = (actions[:, None] + np.array([0, -1, 1])) % len(ACTIONS)
    return directions, np.array([1 - slip, slip / 2, slip / 2])

"""A world: transition table, step limit, and what it takes to observe and draw it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rlenvs.foundation.checks import finite_number
from rlenvs.gridworld import checks
from rlenvs.gridworld.dynamics import Cells, TransitionTable, move_table
from rlenvs.gridworld.maps import (
    CLIFF,
    GOAL,
    HOLE,
    KNOWN_SYMBOLS,
    START,
    SymbolArray,
    check_symbol,
    is_symbol,
    parse_map,
)


@dataclass(frozen=True, eq=False)
class World:
    """Everything there is to know about a gridworld.

    Attributes:
        name: the builder's name, for pictures and messages.
        table: the dynamics.
        cells: the maps, and the place of every state on them.
        step_limit: the number of steps after which an episode is truncated.
        default_observation: the observation mode used unless another is asked for.
    """

    name: str
    table: TransitionTable
    cells: Cells
    step_limit: int
    default_observation: str = "index"

    def __deepcopy__(self, memo: dict[int, object]) -> World:
        """A copy of an environment shares its world, which never changes."""
        return self

    @property
    def has_one_map(self) -> bool:
        """Whether all states lie on one map."""
        return len(self.cells.maps) == 1

    @property
    def has_inventory(self) -> bool:
        """Whether there is a key to carry."""
        return self.cells.state_at.shape[1] > 1

    @cached_property
    def fingerprint(self) -> bytes:
        """16 bytes that differ between worlds with different dynamics, maps or step limits."""
        digest = hashlib.sha256(str(self.step_limit).encode())
        table = self.table
        dynamics = (table.next_state, table.reward, table.terminal, table.probability, table.start_states)
        for array in (*dynamics, self.cells.maps):
            digest.update(f"{array.shape}{array.dtype}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.digest()[:16]


def world_from_map(
    name: str,
    map: str | Sequence[str],
    *,
    rewards: Mapping[str, float] | None = None,
    terminals: str | Sequence[str] = "",
    step_reward: float = 0.0,
    slip: float = 0.0,
    random_start: bool = False,
    step_limit: int = 100,
    default_observation: str | None = None,
) -> World:
    """Build and check a world of one ASCII map; `worlds.grid_world` describes the arguments.

    Raises:
        TypeError: an argument of the wrong type.
        ValueError: a bad value, a bad map, no start, or a start without a way to a goal.
    """
    rewards = _check_rewards(rewards)
    terminals = _check_terminals(terminals)
    if not isinstance(random_start, bool):
        raise TypeError(f"random_start must be True or False, got {random_start!r}")
    symbols = parse_map(map, (*rewards, *terminals))
    _check_starts_and_goals(symbols, GOAL + terminals, random_start)
    cells = Cells.of(symbols[None])
    table = move_table(
        cells,
        rewards={GOAL: 1.0, **rewards},
        terminals=GOAL + HOLE + terminals,
        step_reward=finite_number(step_reward, "step_reward"),
        slip=checks.slip_probability(slip),
        random_start=random_start,
    )
    _check_goal_reachable(cells, table, GOAL + terminals)
    if default_observation is None:
        default_observation = "onehot" if cells.state_at.shape[1] > 1 else "index"
    return World(name, table, cells, checks.step_limit(step_limit), default_observation)


def _check_rewards(rewards: Mapping[str, float] | None) -> dict[str, float]:
    if rewards is None:
        return {}
    if not isinstance(rewards, Mapping):
        raise TypeError(f"rewards must map symbols to numbers, as in {{'G': 1}}, got {rewards!r}")
    return {
        check_symbol(symbol, "rewards"): finite_number(reward, f"rewards[{symbol!r}]")
        for symbol, reward in rewards.items()
    }


def _check_terminals(terminals: str | Sequence[str]) -> str:
    if not isinstance(terminals, (str, Sequence)):
        raise TypeError(f"terminals must be a string or list of symbols, got {terminals!r}")
    checked = "".join(check_symbol(symbol, "terminals") for symbol in terminals)
    for symbol in checked:
        if symbol in KNOWN_SYMBOLS - {GOAL, HOLE}:
            raise ValueError(f"terminals names {symbol!r}, whose meaning is fixed: use another letter")
    return checked


def _check_starts_and_goals(symbols: SymbolArray, goals: str, random_start: bool) -> None:
    starts = int(is_symbol(symbols, START).sum())
    if not starts and not random_start:
        raise ValueError("map has no start: put an 'S' in it, or pass random_start=True")
    if starts != 1 and is_symbol(symbols, CLIFF).any():
        raise ValueError(f"map has cliffs and {starts} 'S': cliffs lead back to the start, so put one 'S'")
    if not is_symbol(symbols, goals).any():
        raise ValueError("map has no goal: put a 'G' in it, or name another ending in terminals='...'")


def _check_goal_reachable(cells: Cells, table: TransitionTable, goals: str) -> None:
    """Every start must have a way to a goal, found by walking backwards from the goals."""
    if not table.start_states.size:
        raise ValueError("map has no free cell to start on: put '.' or 'S' in it")
    leads_to_goal = _states_leading_to(table, is_symbol(cells.symbol, goals))
    for state in table.start_states[~leads_to_goal[table.start_states]]:
        _, _, row, column = cells.place[state]
        raise ValueError(
            f"map has no way from the start at row {row}, column {column} to a goal: "
            "open a wall, or place the key where it can be reached"
        )


def _states_leading_to(table: TransitionTable, targets: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    found = targets
    while True:
        more = found | found[table.next_state].any(axis=(1, 2))
        if (more == found).all():
            return found
        found = more


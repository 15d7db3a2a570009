"""The array engine of the vector environment: N members of one world, stepped together.

How it is fast: a member's state is kept as a *code*, the offset of its row in a flat table, so that one addition
gives the index of the outcome and one `np.take` the next code. One bit of the code says that the episode is over.
Codes with that bit fall into the upper half of their row, whose entries all lead to the start: in a world with one
start, restarting costs nothing. Entering a terminal state sets the bit through the table itself.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rlenvs.gridworld.dynamics import BoolArray, FloatArray, IntArray
from rlenvs.gridworld.random_streams import Bits, RandomStreams, bits_bound, to_double
from rlenvs.gridworld.world import World


class Transition(NamedTuple):
    """What one step of all members gives; every array is fresh.

    Attributes:
        states: int64 `[N]`.
        rewards: float64 `[N]`.
        terminated: bool `[N]`.
        truncated: bool `[N]`.
    """

    states: IntArray
    rewards: FloatArray
    terminated: BoolArray
    truncated: BoolArray


@dataclass(frozen=True, eq=False)
class StepTables:
    """A world's transitions laid out for `np.take`.

    Row s begins at `s << shift`; entry `outcome * num_actions + action` of its lower half is a transition, its upper
    half leads to the (first) start.

    Attributes:
        next_code: int64 `[S << shift]`.
        reward: float64 `[S << shift]`.
        shift: a state's code is `state << shift`.
        over: the bit of a code that says that the episode is over.
        start_codes: int64 `[n]`, drawn from uniformly.
        bounds: uint64 `[K - 1]`; the outcome is the number of bounds that the random bits reach.
        num_actions: A.
        step_limit: steps after which an episode is truncated.
    """

    next_code: IntArray
    reward: FloatArray
    shift: int
    over: int
    start_codes: IntArray
    bounds: Bits
    num_actions: int
    step_limit: int

    @property
    def is_noisy(self) -> bool:
        """Whether every call of a member draws one number (see `env`: the random stream)."""
        return len(self.bounds) > 0

    @property
    def is_start_drawn(self) -> bool:
        """Whether there is more than one start."""
        return len(self.start_codes) > 1


@functools.lru_cache(maxsize=8)
def compile_tables(world: World) -> StepTables:
    """Lay out a world's transitions for `np.take`."""
    table = world.table
    entries = table.num_actions * table.num_outcomes
    shift = (entries - 1).bit_length() + 1
    over = 1 << (shift - 1)
    code_of = (np.arange(table.num_states, dtype=np.int64) << shift) | np.where(table.terminal, over, 0)
    start_codes = code_of[table.start_states]
    next_code = np.full((table.num_states, 2 * over), start_codes[0], dtype=np.int64)
    reward = np.zeros((table.num_states, 2 * over))
    by_outcome = (0, 2, 1)
    next_code[:, :entries] = code_of[table.next_state.transpose(by_outcome)].reshape(-1, entries)
    reward[:, :entries] = table.reward.transpose(by_outcome).reshape(-1, entries)
    return StepTables(
        next_code=next_code.ravel(),
        reward=reward.ravel(),
        shift=shift,
        over=over,
        start_codes=start_codes,
        bounds=np.array([bits_bound(bound) for bound in table.outcome_bounds], dtype=np.uint64),
        num_actions=table.num_actions,
        step_limit=world.step_limit,
    )


class Stepper:
    """The members' codes, clocks and random streams, and how they step.

    Attributes:
        codes: int64 `[N]`.
        elapsed: int32 `[N]`, steps taken in the episode; -1 where the next step restarts.
        streams: the members' generators.
        over: int64 `[n]`, the members whose episode is over.
    """

    def __init__(self, tables: StepTables, count: int) -> None:
        self.tables = tables
        self.codes: IntArray = np.zeros(count, dtype=np.int64)
        self.elapsed: npt.NDArray[np.int32] = np.zeros(count, dtype=np.int32)
        self.streams = RandomStreams(count)
        self.over: IntArray = np.empty(0, dtype=np.int64)
        self._index: IntArray = np.empty(count, dtype=np.int64)

    @property
    def states(self) -> IntArray:
        """The members' states, a fresh int64 `[N]`."""
        return self.codes >> self.tables.shift

    def restart(self, members: IntArray) -> None:
        """Begin a new episode of `members`; draws their starts where the world needs a draw."""
        tables = self.tables
        if tables.is_noisy or tables.is_start_drawn:
            self.codes[members] = _drawn_starts(tables, self.streams.draw_bits(members))
        else:
            self.codes[members] = tables.start_codes[0]
        self.elapsed[members] = 0
        if self.over.size:
            self.over = np.setdiff1d(self.over, members)

    def copy(self, sources: IntArray, targets: IntArray) -> None:
        """Give `targets` the state, clock and stream of the `sources` in the same places, running episodes."""
        self.codes[targets] = self.codes[sources]
        self.elapsed[targets] = self.elapsed[sources]
        self.streams.copy(sources, targets)
        self.over = np.setdiff1d(self.over, targets)

    def step(self, actions: IntArray) -> Transition:
        """One step of every member; members whose episode is over restart instead (reward 0)."""
        tables, index = self.tables, self._index
        np.add(self.codes, actions, out=index)
        bits = self._draw_for_step()
        if tables.is_noisy:
            _add_outcome(tables, bits, index)
        np.take(tables.next_code, index, out=self.codes, mode="wrap")
        rewards = np.take(tables.reward, index, mode="wrap")
        if self.over.size and tables.is_start_drawn:
            self.codes[self.over] = _drawn_starts(tables, bits[self.over] if tables.is_noisy else bits)
        return self._finish_step(rewards)

    def step_active(self, actions: IntArray) -> Transition:
        """One step of the members whose episode is not over.

        The others wait: they stay, draw nothing and get reward 0 and flags False.
        """
        tables, waiting = self.tables, self.over
        active = np.setdiff1d(np.arange(len(self.codes)), waiting)
        index = self.codes[active] + actions[active]
        if tables.is_noisy:
            _add_outcome(tables, self.streams.draw_bits(active), index)
        self.codes[active] = tables.next_code[index]
        rewards = np.zeros(len(self.codes))
        rewards[active] = tables.reward[index]
        transition = self._finish_step(rewards)
        transition.terminated[waiting] = False
        self.over = np.union1d(self.over, waiting)
        return transition

    def _draw_for_step(self) -> Bits:
        """The bits a step needs: of all members in a noisy world, of the restarting ones where starts are drawn."""
        if self.tables.is_noisy:
            return self.streams.draw_bits()
        if self.over.size and self.tables.is_start_drawn:
            return self.streams.draw_bits(self.over)
        return np.empty(0, dtype=np.uint64)

    def _finish_step(self, rewards: FloatArray) -> Transition:
        """Count the step, find the episodes that ended and mark them."""
        tables = self.tables
        self.elapsed += 1
        terminated = np.bitwise_and(self.codes, tables.over).astype(np.bool_)
        truncated = self.elapsed >= tables.step_limit
        states = self.codes >> tables.shift
        self.over = np.flatnonzero(terminated | truncated)
        if self.over.size:
            self.codes[self.over] |= tables.over
            self.elapsed[self.over] = -1
        return Transition(states, rewards, terminated, truncated)


def _add_outcome(tables: StepTables, bits: Bits, index: IntArray) -> None:
    """Add `outcome * num_actions` to `index`."""
    for bound in tables.bounds:
        np.add(index, tables.num_actions, out=index, where=bits >= bound)


def _drawn_starts(tables: StepTables, bits: Bits) -> IntArray:
    return tables.start_codes[(to_double(bits) * len(tables.start_codes)).astype(np.int64)]

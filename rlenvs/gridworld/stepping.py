"""The array engine of the vector environment: N members of one world, stepped together.

How it is fast: a member's state is kept as a *code*, the offset of its row in a flat table, so that one addition
gives the index of the outcome and one `np.take` the next code. One bit of the code says that the episode is over.
Codes with that bit fall into the upper half of their row, whose entries all lead to the start: in a world with one
start, restarting costs nothing. Entering a terminal state sets the bit through the table itself.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rlenvs.foundation.random_streams import Bits, RandomStreams, bits_bound, to_double
from rlenvs.gridworld.dynamics import BoolArray, FloatArray, IntArray, TransitionTable

_NEVER = np.iinfo(np.int64).max
_NOBODY: IntArray = np.empty(0, dtype=np.int64)
_NO_BITS: Bits = np.empty(0, dtype=np.uint64)


class Transition(NamedTuple):
    """What one step of all members gives; every array is fresh.

    Attributes:
        states: int64 `[N]`; of the new episodes where members restart at once.
        rewards: float64 `[N]`.
        terminated: bool `[N]`.
        truncated: bool `[N]`.
        ended: int64 `[n]`, the members whose episode ended in this step, in order.
        final_states: int64 `[n]`, the states they ended in.
    """

    states: IntArray
    rewards: FloatArray
    terminated: BoolArray
    truncated: BoolArray
    ended: IntArray
    final_states: IntArray


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
        num_actions: A, as the smallest type that holds all of a row's entries.
        is_noisy: whether every call of a member draws one number (see `env`: the random stream).
        is_start_drawn: whether there is more than one start.
    """

    next_code: IntArray
    reward: FloatArray
    shift: int
    over: int
    start_codes: IntArray
    bounds: Bits
    num_actions: np.unsignedinteger[Any]
    is_noisy: bool
    is_start_drawn: bool


@functools.lru_cache(maxsize=4)
def compile_tables(table: TransitionTable) -> StepTables:
    """Lay out a transition table for `np.take`."""
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
        num_actions=np.min_scalar_type(entries).type(table.num_actions),
        is_noisy=table.num_outcomes > 1,
        is_start_drawn=len(start_codes) > 1,
    )


class Stepper:
    """The members' codes, deadlines and random streams, and how they step.

    Attributes:
        tables: the transitions.
        step_limit: steps after which an episode is truncated.
        restarts_at_once: whether a step begins new episodes for the members whose episode it ends.
        codes: int64 `[N]`.
        deadline: int64 `[N]`, the step (counted by `clock`) at which the member's episode is truncated.
        clock: number of steps taken by all.
        streams: the members' generators.
        over: int64 `[n]`, the members whose episode is over, in order; nobody where they restart at once.
    """

    def __init__(self, tables: StepTables, step_limit: int, count: int, restarts_at_once: bool) -> None:
        self.tables = tables
        self.step_limit = step_limit
        self.restarts_at_once = restarts_at_once
        self.codes: IntArray = np.zeros(count, dtype=np.int64)
        self.deadline: IntArray = np.zeros(count, dtype=np.int64)
        self.clock = 0
        self.streams = RandomStreams(count)
        self.over = _NOBODY
        self._first_deadline = 0  # no deadline is earlier, so that most steps need not look at them
        self._index: IntArray = np.empty(count, dtype=np.int64)

    @property
    def states(self) -> IntArray:
        """The members' states, a fresh int64 `[N]`."""
        return self.codes >> self.tables.shift

    def restart(self, members: IntArray) -> None:
        """Begin a new episode of `members`; draws their starts where the world needs a draw."""
        tables = self.tables
        bits = self.streams.draw_bits(members) if tables.is_noisy or tables.is_start_drawn else _NO_BITS
        self.codes[members] = _drawn_starts(tables, bits) if tables.is_start_drawn else tables.start_codes[0]
        self._set_deadline(members, self.clock + self.step_limit)
        if members is self.over:
            self.over = _NOBODY
        else:
            self.find_over()

    def copy(self, sources: IntArray, targets: IntArray) -> None:
        """Give `targets` the state, deadline and stream of the `sources` in the same places."""
        self.codes[targets] = self.codes[sources]
        self.deadline[targets] = self.deadline[sources]
        self.streams.copy(sources, targets)
        self.find_over()

    def snapshot(self) -> list[npt.NDArray[Any]]:
        """Everything that changes, as arrays; `load` puts it back."""
        return [self.codes, self.deadline, np.array([self.clock]), self.streams.words]

    def load(self, codes: IntArray, deadline: IntArray, clock: IntArray, words: Bits) -> None:
        """Continue from a snapshot of a stepper with the same tables and count."""
        self.codes, self.deadline, self.clock, self.streams.words = codes, deadline, int(clock[0]), words
        self._first_deadline = 0
        self.find_over()

    def find_over(self) -> None:
        """Bring `over` up to date after a change of `codes`."""
        self.over = np.flatnonzero(self.codes & self.tables.over)

    def step(self, actions: IntArray) -> Transition:
        """One step of every member; members whose episode is over restart instead (reward 0).

        With `restarts_at_once` members whose episode ends restart in the same step and are never over.
        """
        self.clock += 1
        # A member whose episode ends now restarts in the next step and has step_limit steps after that.
        return self._step_all(actions, self.clock + 1 + self.step_limit)

    def step_active(self, actions: IntArray) -> Transition:
        """One step of the members whose episode is not over.

        The others wait: they stay, draw nothing and get reward 0 and flags False.
        """
        self.clock += 1
        tables, waiting = self.tables, self.over
        if not waiting.size:
            return self._step_all(actions, _NEVER)
        active = np.flatnonzero(self.codes & tables.over == 0)
        index = self.codes[active] + actions[active]
        if tables.is_noisy:
            index += _outcomes(tables, self.streams.draw_bits(active))
        self.codes[active] = tables.next_code[index]
        rewards = np.zeros(len(self.codes))
        rewards[active] = tables.reward[index]
        transition = self._finish_step(rewards, _NEVER)
        transition.terminated[waiting] = False
        return transition

    def _step_all(self, actions: IntArray, deadline_after_end: int) -> Transition:
        tables, index, codes = self.tables, self._index, self.codes
        np.add(codes, actions, index)
        bits = self._draw_for_step()
        if tables.is_noisy:
            index += _outcomes(tables, bits)
        tables.next_code.take(index, None, codes, "wrap")
        rewards = tables.reward.take(index, None, None, "wrap")
        if tables.is_start_drawn and self.over.size:
            codes[self.over] = _drawn_starts(tables, bits[self.over] if tables.is_noisy else bits)
        transition = self._finish_step(rewards, deadline_after_end)
        if self.restarts_at_once and self.over.size:
            self.restart(transition.ended)
            transition.states[transition.ended] = self.codes[transition.ended] >> tables.shift
        return transition

    def _draw_for_step(self) -> Bits:
        """The bits a step needs: all members' in a noisy world, those of restarts where starts are drawn."""
        if self.tables.is_noisy:
            return self.streams.draw_bits()
        if self.tables.is_start_drawn and self.over.size:
            return self.streams.draw_bits(self.over)
        return _NO_BITS

    def _finish_step(self, rewards: FloatArray, deadline_after_end: int) -> Transition:
        """Find the episodes that ended in this step and mark them."""
        codes, over_bit = self.codes, self.tables.over
        states = codes >> self.tables.shift
        # Where an episode has just ended others are likely to, so that a first look would be wasted.
        may_be_over = self.over.size or np.bitwise_or.reduce(codes) & over_bit
        terminated = (codes & over_bit).astype(np.bool_) if may_be_over else np.zeros(len(codes), np.bool_)
        if self.clock < self._first_deadline:
            truncated = np.zeros(len(codes), np.bool_)
            self.over = terminated.nonzero()[0] if may_be_over else _NOBODY
        else:
            truncated = self._truncations()
            self.over = (terminated | truncated).nonzero()[0]
            codes[self.over] |= over_bit  # the table sets the bit at terminal states only
        if self.over.size:
            self._set_deadline(self.over, deadline_after_end)
        return Transition(states, rewards, terminated, truncated, self.over, states[self.over])

    def _set_deadline(self, members: IntArray, deadline: int) -> None:
        self.deadline[members] = deadline
        self._first_deadline = min(self._first_deadline, deadline)

    def _truncations(self) -> BoolArray:
        self._first_deadline = int(self.deadline[self.deadline > self.clock].min(initial=_NEVER))
        return self.deadline <= self.clock


def _outcomes(tables: StepTables, bits: Bits) -> npt.NDArray[Any]:
    """`outcome * num_actions` for random bits, as small integers: one byte is written faster than eight."""
    outcomes = (bits >= tables.bounds[0]).view(np.uint8)
    for bound in tables.bounds[1:]:
        outcomes += bits >= bound
    return outcomes * tables.num_actions


def _drawn_starts(tables: StepTables, bits: Bits) -> IntArray:
    return tables.start_codes[(to_double(bits) * len(tables.start_codes)).astype(np.int64)]

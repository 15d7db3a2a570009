"""The step of the vector environment as one compiled loop (extra `fast`): the bits of `Stepper`, faster.

Compiling takes about a second in every process, which is why this is asked for (`backend="numba"`) and never
chosen by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from rlenvs.foundation.random_streams import MULTIPLIER
from rlenvs.gridworld.dynamics import IntArray
from rlenvs.gridworld.stepping import Stepper, StepTables, Transition

_MULTIPLIER_HIGH = np.uint64(MULTIPLIER >> 64)
_MULTIPLIER_LOW = np.uint64(MULTIPLIER & (2**64 - 1))
_ONE, _11, _58, _63, _64 = (np.uint64(number) for number in (1, 11, 58, 63, 64))


class NumbaStepper(Stepper):
    """A `Stepper` whose steps of all members are compiled."""

    def __init__(self, tables: StepTables, step_limit: int, count: int, restarts_at_once: bool) -> None:
        super().__init__(tables, step_limit, count, restarts_at_once)
        self._ended: IntArray = np.empty(count, dtype=np.int64)
        self._final_states: IntArray = np.empty(count, dtype=np.int64)

    def _step_all(self, actions: IntArray, deadline_after_end: int) -> Transition:
        tables, count = self.tables, len(self.codes)
        states, rewards = np.empty(count, np.int64), np.empty(count)
        terminated, truncated = np.empty(count, np.bool_), np.empty(count, np.bool_)
        num_ended = _step(
            *(tables.next_code, tables.reward, tables.start_codes, tables.bounds),
            *(int(tables.num_actions), tables.shift, tables.over),
            *(self.clock, deadline_after_end, self.clock + self.step_limit, self.restarts_at_once),
            *(self.codes, self.deadline, self.streams.words, actions),
            *(states, rewards, terminated, truncated, self._ended, self._final_states),
        )
        ended = self._ended[:num_ended].copy()
        if not self.restarts_at_once:
            self.over = ended
        return Transition(
            states, rewards, terminated, truncated, ended, self._final_states[:num_ended].copy()
        )


@intrinsic
def _upper_half_of_product(typing_context: Any, a: Any, b: Any) -> Any:  # noqa: ARG001
    """The upper 64 bits of the 128-bit product of two uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@njit(nogil=True)
def _advance(words, member):  # type: ignore[no-untyped-def]
    """PCG64 of one member: see `random_streams`."""
    increment_low = words[3, member]
    high = words[0, member] * _MULTIPLIER_LOW + words[1, member] * _MULTIPLIER_HIGH + words[2, member]
    high += _upper_half_of_product(words[1, member], _MULTIPLIER_LOW)  # type: ignore[call-arg]
    low = words[1, member] * _MULTIPLIER_LOW + increment_low
    if low < increment_low:
        high += _ONE
    words[0, member] = high
    words[1, member] = low
    folded = high ^ low
    rotation = high >> _58
    return (folded >> rotation) | (folded << ((_64 - rotation) & _63))


@njit(nogil=True)
def _drawn_start(start_codes, bits):  # type: ignore[no-untyped-def]
    draw = np.float64(bits >> _11) * 2.0**-53
    return start_codes[np.uint64(draw * len(start_codes))]


@njit(nogil=True)
def _step(  # type: ignore[no-untyped-def]
    next_code, reward, start_codes, bounds,
    num_actions, shift, over,
    clock, deadline_after_end, deadline_of_new, restarts_at_once,
    codes, deadline, words, actions,
    states, rewards, terminated, truncated, ended, final_states,
):  # fmt: skip
    """One step of every member into the last six arrays; returns how many episodes ended."""
    num_bounds, is_start_drawn = len(bounds), len(start_codes) > 1
    num_ended = np.int64(0)
    for i in range(len(codes)):
        member = np.uint64(i)  # an unsigned index spares the test for negative ones
        index = codes[member] + actions[member]
        restarts = codes[member] & over != 0
        bits = np.uint64(0)
        if num_bounds > 0 or (is_start_drawn and restarts):
            bits = _advance(words, member)
        for k in range(num_bounds):
            index += num_actions * np.int64(bits >= bounds[np.uint64(k)])
        code = next_code[np.uint64(index)]
        rewards[member] = reward[np.uint64(index)]
        if is_start_drawn and restarts:
            code = _drawn_start(start_codes, bits)
        states[member] = code >> shift
        terminated[member] = code & over != 0
        truncated[member] = deadline[member] <= clock
        if terminated[member] or truncated[member]:
            ended[num_ended] = i
            final_states[num_ended] = states[member]
            num_ended += 1
            code |= over
            deadline[member] = deadline_after_end
            if restarts_at_once:
                if num_bounds > 0 or is_start_drawn:
                    bits = _advance(words, member)
                code = _drawn_start(start_codes, bits) if is_start_drawn else start_codes[0]
                deadline[member] = deadline_of_new
                states[member] = code >> shift
        codes[member] = code
    return num_ended

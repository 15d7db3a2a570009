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

from rlenvs.gridworld.dynamics import IntArray
from rlenvs.gridworld.random_streams import MULTIPLIER, Bits
from rlenvs.gridworld.stepping import Stepper, StepTables, Transition

_MULTIPLIER_HIGH = np.uint64(MULTIPLIER >> 64)
_MULTIPLIER_LOW = np.uint64(MULTIPLIER & (2**64 - 1))
_ONE, _11, _58, _63, _64 = (np.uint64(number) for number in (1, 11, 58, 63, 64))


class NumbaStepper(Stepper):
    """A `Stepper` whose full step and draws are compiled."""

    def __init__(self, tables: StepTables, step_limit: int, count: int) -> None:
        super().__init__(tables, step_limit, count)
        self._ended: IntArray = np.empty(count, dtype=np.int64)

    def step(self, actions: IntArray) -> Transition:
        """As `Stepper.step`."""
        tables, count = self.tables, len(self.codes)
        self.clock += 1
        transition = Transition(
            np.empty(count, np.int64), np.empty(count), np.empty(count, np.bool_), np.empty(count, np.bool_)
        )
        num_ended = _step(
            *(tables.next_code, tables.reward, tables.start_codes, tables.bounds),
            *(tables.num_actions, tables.shift, tables.over, self.clock, self.step_limit),
            *(self.codes, self.deadline, self.streams.words, actions, self._ended),
            *transition,
        )
        self.over = self._ended[:num_ended].copy()
        return transition

    def _draw_bits(self, members: IntArray) -> Bits:
        bits = np.empty(len(members), dtype=np.uint64)
        _draw(self.streams.words, members, bits)
        return bits


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
def _draw(words, members, bits):  # type: ignore[no-untyped-def]
    for i in range(len(members)):
        bits[i] = _advance(words, members[i])


@njit(nogil=True)
def _step(  # type: ignore[no-untyped-def]
    next_code, reward, start_codes, bounds,
    num_actions, shift, over, clock, step_limit,
    codes, deadline, words, actions, ended,
    states, rewards, terminated, truncated,
):  # fmt: skip
    """One step of every member into the last four arrays; returns how many of `ended` are filled in."""
    is_noisy, is_start_drawn = len(bounds) > 0, len(start_codes) > 1
    num_ended = 0
    for i in range(len(codes)):
        code = codes[i]
        restarts = code & over != 0
        index = code + actions[i]
        if is_noisy or (is_start_drawn and restarts):
            bits = _advance(words, i)
            for bound in bounds:
                index += num_actions * np.int64(bits >= bound)  # no branch: nobody can predict it
            if is_start_drawn and restarts:
                draw = np.float64(bits >> _11) * 2.0**-53
                code = start_codes[np.int64(draw * len(start_codes))]
        if not (is_start_drawn and restarts):
            code = next_code[index]
        states[i] = code >> shift
        rewards[i] = 0.0 if restarts else reward[index]
        terminated[i] = code & over != 0
        truncated[i] = deadline[i] <= clock
        if terminated[i] or truncated[i]:
            code |= over
            deadline[i] = clock + 1 + step_limit
            ended[num_ended] = i
            num_ended += 1
        codes[i] = code
    return num_ended

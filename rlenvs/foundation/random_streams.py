"""Many PCG64 generators as arrays, bit-identical to NumPy's.

Member i produces exactly what `np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed_i))).random()` would
(O'Neill 2014, PCG XSL-RR 128/64): state <- state * multiplier + increment modulo 2^128, then the folded state is
rotated. A 128-bit number is two uint64; the high half of a 64-bit product is put together from 32-bit halves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_LOW_64 = (1 << 64) - 1

Bits = npt.NDArray[np.uint64]


def _constant(value: int) -> Bits:
    """A 0-d array: operations with one start sooner than with a NumPy scalar."""
    return np.array(value, dtype=np.uint64)


_MULTIPLIER_HIGH = _constant(MULTIPLIER >> 64)
_MULTIPLIER_LOW = _constant(MULTIPLIER & _LOW_64)
_MULTIPLIER_LOW_TOP = _constant((MULTIPLIER & _LOW_64) >> 32)
_MULTIPLIER_LOW_BOTTOM = _constant(MULTIPLIER & 0xFFFFFFFF)
_BOTTOM = _constant(0xFFFFFFFF)
_11, _32, _58, _64 = (_constant(bits) for bits in (11, 32, 58, 64))


class RandomStreams:
    """N independent PCG64 streams.

    Attributes:
        words: uint64 `[4, N]`: state high, state low, increment high, increment low.
    """

    def __init__(self, count: int) -> None:
        self.words: Bits = np.zeros((4, count), dtype=np.uint64)
        self._scratch: Bits = np.empty((5, count), dtype=np.uint64)

    def seed(self, member: int, seed: int) -> None:
        """Seed a member with a non-negative integer."""
        self._set_state(member, np.random.PCG64(np.random.SeedSequence(seed)).state)

    def copy(self, sources: npt.NDArray[np.int64], targets: npt.NDArray[np.int64]) -> None:
        """Give each of `targets` the stream, at its present position, of the source in the same place."""
        self.words[:, targets] = self.words[:, sources]

    def jump(self, member: int, jumps: int) -> None:
        """Move a member far ahead on its stream, as `PCG64.jumped(jumps)` does."""
        self._set_state(member, self._bit_generator(member).jumped(jumps).state)

    def generator(self, member: int) -> np.random.Generator:
        """A NumPy generator at the member's present position; drawing from it does not move the member."""
        return np.random.Generator(self._bit_generator(member))

    def draw(self, members: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.float64]:
        """One uniform double in [0, 1) from each of `members` (None: all), float64 `[n]`."""
        return to_double(self.draw_bits(members))

    def draw_bits(self, members: npt.NDArray[np.int64] | None = None) -> Bits:
        """The 64 random bits behind `draw`, uint64 `[n]`, valid until the next draw."""
        if members is None:
            return _advance(self.words, self._scratch)
        words = self.words.take(members, axis=1)
        bits = _advance(words, self._scratch[:, : len(members)])
        self.words[0][members] = words[0]
        self.words[1][members] = words[1]
        return bits

    def _bit_generator(self, member: int) -> np.random.PCG64:
        high, low, increment_high, increment_low = self.words[:, member].tolist()
        bit_generator = np.random.PCG64(0)
        bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": high << 64 | low, "inc": increment_high << 64 | increment_low},
            "has_uint32": 0,
            "uinteger": 0,
        }
        return bit_generator

    def _set_state(self, member: int, state: Any) -> None:
        position, increment = state["state"]["state"], state["state"]["inc"]
        self.words[:, member] = (position >> 64, position & _LOW_64, increment >> 64, increment & _LOW_64)


def to_double(bits: Bits) -> npt.NDArray[np.float64]:
    """NumPy's uniform double in [0, 1) of 64 random bits: the upper 53 bits times 2^-53."""
    return np.multiply(bits >> _11, 2.0**-53, dtype=np.float64)


def bits_bound(bound: float) -> np.uint64:
    """The number b with `bits >= b` exactly where `to_double(bits) >= bound`, for a bound in [0, 1)."""
    return np.uint64(int(np.ceil(bound * 2.0**53)) << 11)


def _advance(words: Bits, scratch: Bits) -> Bits:
    """Advance `words` `[4, n]` by one draw in place; returns the bits, held in `scratch` `[5, n]`."""
    high, low, increment_high, increment_low = words
    top, bottom, middle, product, bits = scratch
    np.multiply(high, _MULTIPLIER_LOW, out=high)
    np.multiply(low, _MULTIPLIER_HIGH, out=product)
    np.add(high, product, out=high)
    np.add(high, increment_high, out=high)
    # high += upper half of low * _MULTIPLIER_LOW
    np.right_shift(low, _32, out=top)
    np.bitwise_and(low, _BOTTOM, out=bottom)
    np.multiply(bottom, _MULTIPLIER_LOW_BOTTOM, out=middle)
    np.right_shift(middle, _32, out=middle)
    np.multiply(bottom, _MULTIPLIER_LOW_TOP, out=bottom)
    np.add(middle, bottom, out=middle)  # below 2^64: (2^32 - 1)^2 + 2^32 - 1
    np.multiply(top, _MULTIPLIER_LOW_BOTTOM, out=product)
    np.bitwise_and(product, _BOTTOM, out=bottom)
    np.add(middle, bottom, out=middle)
    np.right_shift(middle, _32, out=middle)
    np.add(high, middle, out=high)
    np.right_shift(product, _32, out=product)
    np.add(high, product, out=high)
    np.multiply(top, _MULTIPLIER_LOW_TOP, out=top)
    np.add(high, top, out=high)
    # low = low * _MULTIPLIER_LOW + increment, with the carry into high
    np.multiply(low, _MULTIPLIER_LOW, out=low)
    np.add(low, increment_low, out=low)
    np.add(high, np.less(low, increment_low), out=high)
    # XSL-RR: high xor low, rotated right by the upper six bits of high; a shift by 64 gives 0.
    np.bitwise_xor(high, low, out=bits)
    np.right_shift(high, _58, out=top)
    np.right_shift(bits, top, out=bottom)
    np.subtract(_64, top, out=top)
    np.left_shift(bits, top, out=bits)
    return np.bitwise_or(bits, bottom, out=bits)

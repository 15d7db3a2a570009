"""The words of many `numpy.random.SeedSequence`s at once, bit for bit.

NumPy documents the algorithm (O'Neill 2015, `seed_seq_fe128`) and promises never to change its words. A sequence made
by itself costs over ten microseconds, most of it spent around the arithmetic; here hundreds share that.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

Words32 = npt.NDArray[np.uint32]

KEY_WORDS = 8
POOL = 4
_MIX_LEFT, _MIX_RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
_SHIFT = np.uint32(16)


def _powers(first: int, factor: int, count: int) -> Words32:
    """`first * factor**i` modulo 2**32."""
    products = itertools.accumulate([factor] * (count - 1), lambda value, by: value * by % 2**32, initial=first)
    return np.array(list(products), np.uint32)


_ENTROPY_CONSTANTS = _powers(0x43B0D7E5, 0x931E8875, POOL * KEY_WORDS + 1)
_OTHERS = [[place for place in range(POOL) if place != source] for source in range(POOL)]


def seed_words(keys: Words32, count: int) -> npt.NDArray[np.uint64]:
    """`SeedSequence(key).generate_state(count, np.uint64)` of every key.

    Args:
        keys: uint32 `[M, 8]`.
        count: Words of each.

    Returns:
        uint64 `[M, count]`.
    """
    pool = _hashed(keys[:, :POOL], _ENTROPY_CONSTANTS[: POOL + 1])
    used = POOL
    for source, others in enumerate(_OTHERS):
        constants = _ENTROPY_CONSTANTS[used : used + POOL]
        pool[:, others] = _mixed(pool[:, others], _hashed(pool[:, source, np.newaxis], constants))
        used += POOL - 1
    for place in range(POOL, KEY_WORDS):
        constants = _ENTROPY_CONSTANTS[used : used + POOL + 1]
        pool = _mixed(pool, _hashed(keys[:, place, np.newaxis], constants))
        used += POOL
    halves = np.tile(pool, 2 * count // POOL)
    states = _hashed(halves, _powers(0x8B51F9DD, 0x58F38DED, 2 * count + 1)).astype(np.uint64)
    return states[:, ::2] | states[:, 1::2] << np.uint64(32)


def _hashed(values: Words32, constants: Words32) -> Words32:
    """One hash a column, with consecutive constants."""
    result = (values ^ constants[:-1]) * constants[1:]
    return result ^ result >> _SHIFT


def _mixed(left: Words32, right: Words32) -> Words32:
    result = _MIX_LEFT * left - _MIX_RIGHT * right
    return result ^ result >> _SHIFT

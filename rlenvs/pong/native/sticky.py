"""ALE's generator of sticky actions: std::mt19937, of which every frame takes two numbers, one a player."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rlenvs.pong.native.compilation import compiled

Words = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]

SIZE, _SHIFT = 624, 397


def seeded(seed: int) -> tuple[Words, int]:
    """The words `[624]` of a Mersenne Twister seeded with one 32-bit number, and the place of the next draw."""
    _, words, place, *_ = np.random.RandomState(seed).get_state()
    return np.asarray(words, dtype=np.uint32), int(place)


@compiled
def is_repeated(words, places, member, threshold):  # type: ignore[no-untyped-def]
    """Take a frame's two numbers; whether the first lies below the probability times 2**32."""
    first = _draw(words, places, member)
    _draw(words, places, member)
    return first < threshold


@compiled
def _draw(words, places, member):  # type: ignore[no-untyped-def]
    if places[member] >= SIZE:
        _twist(words)
        places[member] = 0
    word = np.int64(words[places[member]])
    places[member] += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9D2C5680
    word ^= (word << 15) & 0xEFC60000
    return word ^ (word >> 18)


@compiled
def _twist(words):  # type: ignore[no-untyped-def]
    for k in range(SIZE):
        joined = (np.int64(words[k]) & 0x80000000) | (np.int64(words[(k + 1) % SIZE]) & 0x7FFFFFFF)
        twisted = np.int64(words[(k + _SHIFT) % SIZE]) ^ (joined >> 1)
        words[k] = twisted ^ 0x9908B0DF if joined & 1 else twisted

"""Random choices whose bits depend on nothing but their seed.

NumPy promises the same words of a `SeedSequence` for ever, but not the same integers of a `Generator`. So whole numbers
are made from the words here, and problem 7 of a task is the same in every version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from rlenvs.tasks.seed_words import KEY_WORDS, seed_words

Item = TypeVar("Item")
_WORDS = 16
_ENOUGH_TO_SHARE = 12


class Draws:
    """A stream of random choices.

    Args:
        parts: What the stream belongs to, such as task, level, index and attempt; hashed (sha256) to its seed.
    """

    def __init__(self, *parts: object) -> None:
        self._key = _key_of(parts)
        self._block = 0
        self._words: list[int] = []

    @classmethod
    def many(cls, all_parts: Sequence[tuple[object, ...]]) -> list[Draws]:
        """A stream for each of some parts; the same as one after the other, and faster from a dozen on."""
        streams = [cls(*parts) for parts in all_parts]
        if len(streams) >= _ENOUGH_TO_SHARE:
            keys = np.frombuffer(b"".join(stream._key for stream in streams), "<u4").reshape(len(streams), KEY_WORDS)
            for stream, words in zip(streams, seed_words(keys, _WORDS).tolist(), strict=True):
                stream._words, stream._block = words, 1
        return streams

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound - 1``; uneven by less than ``bound / 2**64``."""
        if not self._words:
            self._refill()
        return self._words.pop() * bound >> 64

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.below(1 << 53) < probability * (1 << 53)

    def choice(self, items: Sequence[Item]) -> Item:
        """One of some items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """All items in random order (Fisher and Yates)."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result

    def letters(self, symbols: str, length: int) -> str:
        """`length` symbols, each drawn by itself."""
        return "".join([self.choice(symbols) for _ in range(length)])

    def _refill(self) -> None:
        spawn_key: tuple[Any, ...] = (self._block,) if self._block else ()
        sequence = np.random.SeedSequence(np.frombuffer(self._key, "<u4"), spawn_key=spawn_key)
        self._words = sequence.generate_state(_WORDS, np.uint64).tolist()
        self._block += 1


def _key_of(parts: tuple[object, ...]) -> bytes:
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()

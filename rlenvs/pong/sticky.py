"""Sticky actions as ALE draws them: a Mersenne Twister that gives two numbers a frame, one for each player."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

_FRAMES_AHEAD = 64
_DRAWS_A_FRAME = 2
_SEED_WORDS = 8


class StickyActions:
    """Says, frame by frame, whether the last action is repeated.

    Args:
        probability: of a repetition.
    """

    def __init__(self, probability: float) -> None:
        self._threshold = probability * 2**32
        self._twister = np.random.MT19937(0)
        self._ahead: Words = np.zeros(_FRAMES_AHEAD * _DRAWS_A_FRAME, np.uint32)
        self._repeats = [False] * _FRAMES_AHEAD
        self._frame = _FRAMES_AHEAD

    def seed(self, seed: int) -> None:
        """Begin the stream of an ALE whose `random_seed` is `seed`, a number of 32 bits."""
        _, key, position, *_ = cast(tuple[Any, ...], np.random.RandomState(seed).get_state())
        self._twister.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
        self._frame = _FRAMES_AHEAD

    def repeats(self) -> bool:
        """Whether the next frame repeats the action before it."""
        if self._frame == _FRAMES_AHEAD:
            self._look_ahead(self._twister.random_raw(len(self._ahead)).astype(np.uint32))
            self._frame = 0
        self._frame += 1
        return self._repeats[self._frame - 1]

    def varied_seed(self, rank: int) -> int:
        """A seed that follows from the next numbers and `rank`; they stay to be drawn."""
        copied = np.random.MT19937(0)
        copied.state = self._twister.state
        following = copied.random_raw(_SEED_WORDS).astype(np.uint32)
        words = np.concatenate([self._ahead[self._frame * _DRAWS_A_FRAME :], following])
        return _seed_of(words[:_SEED_WORDS], rank)

    def arrays(self) -> list[npt.NDArray[Any]]:
        """The state, as arrays of constant shapes."""
        twister: Any = self._twister.state["state"]
        return [twister["key"], np.array([twister["pos"], self._frame], np.int64), self._ahead]

    def load(self, key: npt.NDArray[Any], place: npt.NDArray[Any], ahead: Words) -> None:
        """Undo `arrays`."""
        position, self._frame = place.tolist()
        self._twister.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
        self._look_ahead(ahead)

    def _look_ahead(self, draws: Words) -> None:
        self._ahead = draws
        self._repeats = (draws[::_DRAWS_A_FRAME] < self._threshold).tolist()


def varied_seed(twister: np.random.MT19937, rank: int) -> int:
    """A seed made from a generator's next numbers and `rank`."""
    return _seed_of(twister.random_raw(_SEED_WORDS).astype(np.uint32), rank)


def _seed_of(words: Words, rank: int) -> int:
    return int.from_bytes(words.tobytes(), "little") + (rank << 256)

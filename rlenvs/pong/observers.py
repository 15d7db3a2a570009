"""What an agent sees of a game, step by step: the last frames, what changed, or numbers from memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from rlenvs.pong import area, preprocessing, ram
from rlenvs.pong.emulator import RAM_SIZE, Bytes
from rlenvs.pong.game import Game
from rlenvs.pong.rules import Rules

FrameWriter = Callable[[Sequence[Bytes], Bytes], None]


class Observer(Protocol):
    """Sees one game.

    Attributes:
        space: of single observations.
    """

    space: spaces.Box[Any]

    def begin(self, game: Game) -> None:
        """See an episode's start."""

    def see(self, game: Game) -> None:
        """See a step."""

    def write(self, out: npt.NDArray[Any]) -> None:
        """Write the present observation."""

    def arrays(self) -> list[npt.NDArray[Any]]:
        """The state, as arrays of constant shapes."""

    def load(self, *arrays: npt.NDArray[Any]) -> None:
        """Undo `arrays`."""


class Stack:
    """The last frames `[stack_size, side, side]`, oldest first; at the start the first one repeated."""

    def __init__(self, make_frame: FrameWriter, side: int, stack_size: int) -> None:
        self.space: spaces.Box[Any] = spaces.Box(0, 255, (stack_size, side, side), np.uint8)
        self._make_frame = make_frame
        self._frames: Bytes = np.zeros(self.space.shape, np.uint8)
        self._oldest = 0

    def begin(self, game: Game) -> None:
        """See `Observer`."""
        self._oldest = 0
        self._make_frame(game.pooled, self._frames[0])
        self._frames[1:] = self._frames[0]

    def see(self, game: Game) -> None:
        """See `Observer`."""
        self._make_frame(game.pooled, self._frames[self._oldest])
        self._oldest = (self._oldest + 1) % len(self._frames)

    def write(self, out: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        to_the_end = len(self._frames) - self._oldest
        out[:to_the_end] = self._frames[self._oldest :]
        out[to_the_end:] = self._frames[: self._oldest]

    def arrays(self) -> list[npt.NDArray[Any]]:
        """See `Observer`."""
        return [np.roll(self._frames, -self._oldest, axis=0)]

    def load(self, *arrays: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        (self._frames[...],) = arrays
        self._oldest = 0


class Difference:
    """The last frame minus the one before, `[1, 80, 80]`: -1, 0 and 1 as 0, 128 and 255; all 128 at the start."""

    def __init__(self, make_frame: FrameWriter) -> None:
        side = preprocessing.DIFFERENCE_SIDE
        self.space: spaces.Box[Any] = spaces.Box(0, 255, (1, side, side), np.uint8)
        self._make_frame = make_frame
        self._frames: Bytes = np.zeros((2, side, side), np.uint8)

    def begin(self, game: Game) -> None:
        """See `Observer`."""
        self._make_frame(game.pooled, self._frames[1])
        self._frames[0] = self._frames[1]

    def see(self, game: Game) -> None:
        """See `Observer`."""
        self._frames[0] = self._frames[1]
        self._make_frame(game.pooled, self._frames[1])

    def write(self, out: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        before, now = self._frames
        change = now - before  # 255 stands for -1
        out[0] = change * np.uint8(127) + np.uint8(128) - (change >> np.uint8(7))

    def arrays(self) -> list[npt.NDArray[Any]]:
        """See `Observer`."""
        return [self._frames]

    def load(self, *arrays: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        (self._frames[...],) = arrays


class Memory:
    """Ball and paddles: `ram.features`."""

    def __init__(self, frame_skip: int) -> None:
        self.space: spaces.Box[Any] = spaces.Box(-1, 1, (len(ram.NAMES),), np.float32)
        self._frame_skip = frame_skip
        self._bytes: Bytes = np.zeros((2, RAM_SIZE), np.uint8)

    def begin(self, game: Game) -> None:
        """See `Observer`."""
        game.machine.ram(self._bytes[1])
        self._bytes[0] = self._bytes[1]

    def see(self, game: Game) -> None:
        """See `Observer`."""
        self._bytes[0] = self._bytes[1]
        game.machine.ram(self._bytes[1])

    def write(self, out: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        out[...] = ram.features(self._bytes[1], self._bytes[0], self._frame_skip)

    def arrays(self) -> list[npt.NDArray[Any]]:
        """See `Observer`."""
        return [self._bytes]

    def load(self, *arrays: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        (self._bytes[...],) = arrays


def make_observer(rules: Rules) -> Observer:
    """The observer of the observation that the rules name."""
    if rules.observation == "stack":
        return Stack(preprocessing.grey_84, area.SIDE, rules.stack_size)
    if rules.observation == "fast":
        return Stack(preprocessing.field_42, preprocessing.FAST_SIDE, rules.stack_size)
    if rules.observation == "difference":
        return Difference(preprocessing.karpathy_80)
    return Memory(rules.frame_skip)

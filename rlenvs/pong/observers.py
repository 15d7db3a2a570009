"""What an agent sees of a game, step by step: the last frames, what changed, or numbers from memory."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import DependencyNotInstalled

from rlenvs.foundation.checks import boolean
from rlenvs.pong import area, preprocessing, ram
from rlenvs.pong.emulator import RAM_SIZE, Bytes
from rlenvs.pong.game import Game
from rlenvs.pong.rules import Rules

_FRAME_SHAPES = {
    "stack": (area.SIDE, area.SIDE),
    "fast": (preprocessing.FAST_SIDE, preprocessing.FAST_SIDE),
    "difference": (preprocessing.DIFFERENCE_SIDE, preprocessing.DIFFERENCE_SIDE),
}
FrameWriter = Callable[[Sequence[Bytes], Bytes], None]


class Observer(Protocol):
    """Sees one game."""

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
    """The last frames `[stack_size, *shape]`, oldest first; at the start the first one repeated."""

    def __init__(self, make_frame: FrameWriter, shape: tuple[int, int], stack_size: int) -> None:
        self._make_frame = make_frame
        self._frames: Bytes = np.zeros((stack_size, *shape), np.uint8)
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

    def __init__(self, make_frame: FrameWriter, write_change: Callable[[Bytes, Bytes, Bytes], None]) -> None:
        self._make_frame, self._write_change = make_frame, write_change
        frames: Bytes = np.zeros((2, *_FRAME_SHAPES["difference"]), np.uint8)
        self._before, self._now = frames

    def begin(self, game: Game) -> None:
        """See `Observer`."""
        self._make_frame(game.pooled, self._now)
        self._before[...] = self._now

    def see(self, game: Game) -> None:
        """See `Observer`."""
        self._before, self._now = self._now, self._before
        self._make_frame(game.pooled, self._now)

    def write(self, out: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        self._write_change(self._before, self._now, out[0])

    def arrays(self) -> list[npt.NDArray[Any]]:
        """See `Observer`."""
        return [self._before, self._now]

    def load(self, *arrays: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        self._before, self._now = arrays


class Memory:
    """Ball and paddles: `ram.features`."""

    def __init__(self, frame_skip: int) -> None:
        self._frame_skip = frame_skip
        self._ram: Bytes = np.zeros(RAM_SIZE, np.uint8)
        self._before = self._now = bytes(RAM_SIZE)

    def begin(self, game: Game) -> None:
        """See `Observer`."""
        self.see(game)
        self._before = self._now

    def see(self, game: Game) -> None:
        """See `Observer`."""
        game.machine.ram(self._ram)
        self._before, self._now = self._now, self._ram.tobytes()

    def write(self, out: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        out[...] = ram.features(self._now, self._before, self._frame_skip)

    def arrays(self) -> list[npt.NDArray[Any]]:
        """See `Observer`."""
        return [np.frombuffer(memory, np.uint8) for memory in (self._before, self._now)]

    def load(self, *arrays: npt.NDArray[Any]) -> None:
        """See `Observer`."""
        self._before, self._now = (array.tobytes() for array in arrays)


def observation_space(rules: Rules) -> spaces.Box[Any]:
    """The space of single observations."""
    if rules.observation == "ram":
        return spaces.Box(-1, 1, (len(ram.NAMES),), np.float32)
    return spaces.Box(0, 255, (rules.stack_size, *_FRAME_SHAPES[rules.observation]), np.uint8)


def make_observer(rules: Rules, compiled: bool) -> Observer:
    """The observer of the observation that the rules name.

    Args:
        rules: what is played.
        compiled: make frames with numba; the same bits.
    """
    if rules.observation == "ram":
        return Memory(rules.frame_skip)
    make_frame = frame_maker(rules.observation, compiled)
    if rules.observation == "difference":
        return Difference(make_frame, _maker_module(compiled).change)
    return Stack(make_frame, _FRAME_SHAPES[rules.observation], rules.stack_size)


def frame_maker(observation: str, compiled: bool) -> FrameWriter:
    """What makes a frame of an observation other than "ram" from the screens to pool; see `make_observer`."""
    names = {"stack": "grey_84", "fast": "field_42", "difference": "karpathy_80"}
    return getattr(_maker_module(compiled), names[observation])


def _maker_module(compiled: bool) -> Any:
    if not compiled:
        return preprocessing
    from rlenvs.pong import kernels  # here, for importing numba takes half a second

    return kernels


def choose_compiled(compiled: bool | None) -> bool:
    """Check the argument `compiled`; None means: if numba is installed.

    Raises:
        DependencyNotInstalled: numba is asked for and missing.
        TypeError: neither of these.
    """
    is_installed = importlib.util.find_spec("numba") is not None
    if compiled is None:
        return is_installed
    if boolean(compiled, "compiled") and not is_installed:
        raise DependencyNotInstalled("compiled=True needs numba: pip install 'rlenvs-suite[fast]'")
    return compiled

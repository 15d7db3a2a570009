"""The console: one Pong cartridge in the Arcade Learning Environment, always without sticky actions.

A `Machine` is all that the rest of this package needs of it, so another implementation may take its place. The
emulator's own sticky actions stay off because their hidden state, the last action, is missing from its snapshots;
`game` draws them instead, from the emulator's stream.
"""

from __future__ import annotations

import functools
import weakref
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium.error import DependencyNotInstalled

Bytes = npt.NDArray[np.uint8]

SCREEN_SHAPE = (210, 160)
RAM_SIZE = 128
_MOST_SPARES = 256


class Machine(Protocol):
    """A deterministic Pong console: equal actions after a reset give equal frames.

    Attributes:
        start_screen: the screen `[210, 160]` of palette indices right after a reset.
    """

    start_screen: Bytes

    def reset(self) -> None:
        """Begin a game."""

    def act(self, action: int) -> int:
        """Emulate a frame with an ALE action (0 to 17) and return the point won (1), lost (-1) or neither (0)."""

    def over(self) -> bool:
        """Whether somebody has 21 points."""

    def lives(self) -> int:
        """The lives left, 0 in Pong."""

    def screen(self, out: Bytes) -> None:
        """Write the palette indices `[210, 160]` of the last emulated frame; undefined before the first one."""

    def ram(self, out: Bytes) -> None:
        """Write the 128 bytes of memory."""

    def snapshot(self) -> Bytes:
        """The state as bytes of constant number; the screen is not in it."""

    def restore(self, snapshot: Bytes) -> None:
        """Go back to a snapshot, of this machine or another."""

    def close(self) -> None:
        """Give the machine back."""


class Emulator:
    """The `Machine` on ale-py.

    Loading a cartridge takes the emulator 90 ms, so those no longer in use are kept for the next one who asks; a
    game's start is restored from a snapshot, in a hundredth of the time of the emulator's own reset.

    Raises:
        DependencyNotInstalled: ale-py is missing.
    """

    def __init__(self) -> None:
        self._ale, self._start, self.start_screen, self._from_bytes = _take()
        self._close = weakref.finalize(self, _give_back, self._ale, self._start, self.start_screen, self._from_bytes)
        self._close.atexit = False
        self.act = self._ale.act
        self.lives = self._ale.lives
        self.screen = self._ale.getScreen
        self.ram = self._ale.getRAM

    def reset(self) -> None:
        """See `Machine`."""
        self._ale.restoreState(self._start)

    def over(self) -> bool:
        """See `Machine`."""
        return self._ale.game_over(with_truncation=False)

    def snapshot(self) -> Bytes:
        """See `Machine`."""
        return np.frombuffer(self._ale.cloneState().serialize(), np.uint8)

    def restore(self, snapshot: Bytes) -> None:
        """See `Machine`."""
        self._ale.restoreState(self._from_bytes(snapshot.tobytes()))

    def close(self) -> None:
        """Give the emulator back; this object must not be used any more."""
        self._close()


def check_installed() -> None:
    """Raise DependencyNotInstalled, with the remedy, where ale-py is missing."""
    _ale_py()


def _ale_py() -> Any:
    try:
        import ale_py
        import ale_py.roms
    except ImportError as error:
        raise DependencyNotInstalled("Pong needs ale-py: pip install 'ale-py>=0.11'") from error
    return ale_py


def _take() -> tuple[Any, Any, Bytes, Any]:
    if _spares():
        return _spares().pop()
    ale_py = _ale_py()
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.setFloat("repeat_action_probability", 0.0)
    ale.loadROM(ale_py.roms.get_rom_path("pong"))
    return ale, ale.cloneState(), ale.getScreen(), ale_py.ALEState


def _give_back(*parts: Any) -> None:
    if len(_spares()) < _MOST_SPARES:
        _spares().append(parts)


@functools.cache
def _spares() -> list[tuple[Any, Any, Bytes, Any]]:
    """Loaded emulators that nobody uses, of this process."""
    return []

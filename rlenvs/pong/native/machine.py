"""One game of the native Pong as a `rlenvs.pong.emulator.Machine`."""

from __future__ import annotations

import numpy as np

from rlenvs.pong.native.automaton import advance, is_over
from rlenvs.pong.native.layout import start
from rlenvs.pong.native.memory import memory
from rlenvs.pong.native.rom import Bytes
from rlenvs.pong.native.screen import colours_and_digits, draw


class NativeMachine:
    """The `Machine` without an emulator."""

    def __init__(self) -> None:
        self._game = start()
        self._colours, self._digits = colours_and_digits()
        self.start_screen: Bytes = np.empty((210, 160), np.uint8)
        self.screen(self.start_screen)

    def reset(self) -> None:
        """See `Machine`."""
        self._game[:] = start()

    def act(self, action: int) -> int:
        """See `Machine`."""
        return int(advance(self._game, action))

    def over(self) -> bool:
        """See `Machine`."""
        return bool(is_over(self._game))

    def lives(self) -> int:
        """See `Machine`."""
        return 0

    def screen(self, out: Bytes) -> None:
        """See `Machine`."""
        draw(self._game, out, self._colours, self._digits)

    def ram(self, out: Bytes) -> None:
        """See `Machine`."""
        out[...] = memory(self._game[None])[0]

    def snapshot(self) -> Bytes:
        """See `Machine`."""
        return self._game.view(np.uint8).copy()

    def restore(self, snapshot: Bytes) -> None:
        """See `Machine`."""
        self._game[:] = snapshot.view(np.int32)

    def close(self) -> None:
        """See `Machine`."""

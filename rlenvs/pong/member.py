"""A game and what is seen of it: what the single environment has one of, and the vector environment many."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.foundation import snapshots
from rlenvs.pong.emulator import Bytes, Emulator, Machine
from rlenvs.pong.game import Game
from rlenvs.pong.observers import Observer
from rlenvs.pong.rules import Rules


class Member:
    """One player of Pong.

    Args:
        rules: how it is played.
        observer: what is seen, its own.
        step_limit: steps after which the episode is truncated; the frame limit counts too.
        screens: room that members of a process share; see `Game`.

    Attributes:
        game: the game.
        observer: what is seen of it.
        is_over: no episode is being played.
    """

    def __init__(self, rules: Rules, observer: Observer, step_limit: int, screens: Bytes) -> None:
        self.game = Game(rules, _machine(rules.backend), screens)
        self.observer = observer
        self._step_limit = step_limit
        self._elapsed = 0
        self.terminated = self.truncated = False
        self.is_over = True

    def reset(self) -> None:
        """Begin an episode."""
        self.game.reset()
        self.observer.begin(self.game)
        self._elapsed = 0
        self.terminated = self.truncated = self.is_over = False

    def step(self, action: int) -> int:
        """Take an action; return the points won."""
        game = self.game
        point = game.step(action)
        self.observer.see(game)
        self._elapsed += 1
        self.terminated = game.terminated
        self.truncated = game.truncated or self._elapsed >= self._step_limit
        self.is_over = self.terminated or self.truncated
        return point

    @property
    def ram(self) -> Bytes:
        """The console's 128 bytes of memory."""
        ram: Bytes = np.empty(128, np.uint8)
        self.game.machine.ram(ram)
        return ram

    def snapshot(self) -> bytes:
        """Everything, so that `restore` goes on exactly."""
        return snapshots.join(self._arrays())

    def restore(self, snapshot: bytes) -> None:
        """Go back to a snapshot of a member with equal rules."""
        place, *arrays = snapshots.split(snapshot, self._arrays())
        self._elapsed, terminated, truncated, is_over = place.tolist()
        self.terminated, self.truncated, self.is_over = bool(terminated), bool(truncated), bool(is_over)
        seen = len(self.observer.arrays())
        self.observer.load(*arrays[:seen])
        self.game.load(*arrays[seen:])

    def _arrays(self) -> list[npt.NDArray[Any]]:
        place = np.array([self._elapsed, self.terminated, self.truncated, self.is_over], np.int64)
        return [place, *self.observer.arrays(), *self.game.arrays()]


def _machine(backend: str) -> Machine:
    if backend == "ale":
        return Emulator()
    from rlenvs.pong.native.machine import NativeMachine  # here, for importing numba takes half a second

    return NativeMachine()

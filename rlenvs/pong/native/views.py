"""What the agents of many games see, frame by frame: the batched observers of `rlenvs.pong.observers`."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rlenvs.pong import area, observers, preprocessing, ram
from rlenvs.pong.native import painting
from rlenvs.pong.native.compilation import compiled
from rlenvs.pong.native.geometry import COLUMNS, ROWS
from rlenvs.pong.native.layout import (
    BALL_X,
    BALL_Y,
    CPU_Y,
    PLAYER_Y,
    SHOWN_CPU,
    SHOWN_PLAYER,
    TINT,
    Games,
    start,
)  # fmt: skip
from rlenvs.pong.native.rom import Bytes
from rlenvs.pong.native.screen import draw_screens
from rlenvs.pong.palette import GREY, OPPONENT, PLAYER, WHITE
from rlenvs.pong.rules import Rules

Members = npt.NDArray[np.int64]
_SCORES = 22


class View(Protocol):
    """The observations of N games."""

    def begin(self, members: Members, games: Games, shown: Games, num_shown: Members) -> None:
        """See the start of episodes: games `[N, F]`, and the ones shown, the first `num_shown` of `[N, 3, F]`."""

    def see(self, members: Members, games: Games, shown: Games, num_shown: Members) -> None:
        """See a step of members."""

    def write(self, out: npt.NDArray[Any]) -> None:
        """Write all observations `[N, ...]`."""

    def arrays(self) -> list[npt.NDArray[Any]]:
        """The state by member, arrays `[N, ...]` to read and to write."""


class Frames:
    """The last frames of N games `[N, depth, side, side]` in rings, painted by a compiled function."""

    def __init__(self, count: int, depth: int, side: int, paint: Any, make_frame: observers.FrameWriter) -> None:
        self.frames: Bytes = np.zeros((count, depth, side, side), np.uint8)
        self.oldest: Members = np.zeros(count, np.int64)
        self._paint, self._make_frame = paint, make_frame
        self._start: Bytes = np.empty((side, side), np.uint8)
        self._by_screens(start()[None], self._start)

    def begin(self, members: Members, shown: Games, num_shown: Members) -> None:
        """Fill the rings of members with their first frame."""
        self.oldest[members] = 0
        self._paint_oldest(members, shown, num_shown)
        self.frames[members] = self.frames[members, :1]

    def see(self, members: Members, shown: Games, num_shown: Members) -> None:
        """Replace the oldest frames of members."""
        self._paint_oldest(members, shown, num_shown)
        self.oldest[members] = (self.oldest[members] + 1) % self.frames.shape[1]

    def _paint_oldest(self, members: Members, shown: Games, num_shown: Members) -> None:
        left = self._paint(members, shown, num_shown, self.frames, self.oldest)
        for member in left.tolist():
            frame, games = self.frames[member, self.oldest[member]], shown[member, : num_shown[member]]
            if (games == start()).all():
                frame[:] = self._start
            else:
                self._by_screens(games, frame)

    def _by_screens(self, games: Games, out: Bytes) -> None:
        self._make_frame(list(draw_screens(games)), out)


class StackView:
    """See `observers.Stack`."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    def begin(self, members: Members, games: Games, shown: Games, num_shown: Members) -> None:
        """See `View`."""
        self._frames.begin(members, shown, num_shown)

    def see(self, members: Members, games: Games, shown: Games, num_shown: Members) -> None:
        """See `View`."""
        self._frames.see(members, shown, num_shown)

    def write(self, out: npt.NDArray[Any]) -> None:
        """See `View`."""
        frames = self._frames.frames
        _unroll(frames.reshape(*frames.shape[:2], -1), self._frames.oldest, out.reshape(*frames.shape[:2], -1))

    def arrays(self) -> list[npt.NDArray[Any]]:
        """See `View`."""
        return [self._frames.frames, self._frames.oldest]


class DifferenceView(StackView):
    """See `observers.Difference`; the ring holds the frame before and the present one."""

    def write(self, out: npt.NDArray[Any]) -> None:
        """See `View`."""
        frames = self._frames.frames
        _subtract(frames.reshape(len(frames), 2, -1), self._frames.oldest, out.reshape(len(frames), -1))


class RamView:
    """See `observers.Memory`."""

    _FIELDS = (BALL_X, BALL_Y, PLAYER_Y, CPU_Y)

    def __init__(self, count: int, frame_skip: int) -> None:
        self._frame_skip = frame_skip
        self._now: Bytes = np.zeros((count, len(self._FIELDS)), np.uint8)
        self._before: Bytes = np.zeros_like(self._now)

    def begin(self, members: Members, games: Games, shown: Games, num_shown: Members) -> None:
        """See `View`."""
        self._now[members] = games[members][:, self._FIELDS]
        self._before[members] = self._now[members]

    def see(self, members: Members, games: Games, shown: Games, num_shown: Members) -> None:
        """See `View`."""
        self._before[members] = self._now[members]
        self._now[members] = games[members][:, self._FIELDS]

    def write(self, out: npt.NDArray[Any]) -> None:
        """See `View`."""
        out[...] = ram.features_of_places(self._now, self._before, self._frame_skip)

    def arrays(self) -> list[npt.NDArray[Any]]:
        """See `View`."""
        return [self._now, self._before]


def make_view(rules: Rules, count: int) -> View:
    """The view of the observation that the rules name, for `count` games."""
    if rules.observation == "ram":
        return RamView(count, rules.frame_skip)
    if rules.observation == "difference":
        side = preprocessing.DIFFERENCE_SIDE
        return DifferenceView(Frames(count, 2, side, _paint_halves, preprocessing.karpathy_80))
    if rules.observation == "fast":
        side, paint = preprocessing.FAST_SIDE, _paint_field
        return StackView(Frames(count, rules.stack_size, side, paint, preprocessing.field_42))
    return StackView(Frames(count, rules.stack_size, area.SIDE, _grey_painter(), preprocessing.grey_84))


@compiled
def _paint_halves(members, shown, num_shown, frames, oldest):  # type: ignore[no-untyped-def]
    """Paint the frames `oldest` of members; returns the members left to `preprocessing`."""
    left = np.zeros(len(members), np.bool_)
    for i in range(len(members)):
        k = members[i]
        left[i] = not painting.paint_halves(shown[k], num_shown[k], frames[k, oldest[k]])
    return members[left]


@compiled
def _paint_field(members, shown, num_shown, frames, oldest):  # type: ignore[no-untyped-def]
    """Paint the frames `oldest` of members; returns the members left to `preprocessing`."""
    left = np.zeros(len(members), np.bool_)
    marked = np.zeros((ROWS, COLUMNS), np.bool_)
    for i in range(len(members)):
        k = members[i]
        left[i] = not painting.paint_field(shown[k], num_shown[k], frames[k, oldest[k]], marked)
    return members[left]


@compiled
def _paint_grey(members, shown, num_shown, frames, oldest, tables):  # type: ignore[no-untyped-def]
    """Paint the frames `oldest` of members; returns the members left to `preprocessing`."""
    grey, canvas, bases, down, down_weights, across, across_weights = tables
    left = np.zeros(len(members), np.bool_)
    for i in range(len(members)):
        k = members[i]
        left[i] = not painting.paint_grey(
            shown[k], num_shown[k], frames[k, oldest[k]],
            grey, canvas, bases, down, down_weights, across, across_weights,
        )  # fmt: skip
    return members[left]


def _grey_painter() -> Any:
    tables = _grey_tables()

    def paint(members: Members, shown: Games, num_shown: Members, frames: Bytes, oldest: Members) -> Any:
        return _paint_grey(members, shown, num_shown, frames, oldest, tables)

    return paint


def _grey_tables() -> tuple[npt.NDArray[Any], ...]:
    """The tables of `painting.paint_grey`, from `grey` on."""
    grey = GREY[[OPPONENT, PLAYER, WHITE, WHITE]]
    empty = np.repeat(start()[None], _SCORES, axis=0)
    empty[:, [SHOWN_CPU, SHOWN_PLAYER]] = np.arange(_SCORES)[:, None]
    empty[:, [CPU_Y, PLAYER_Y]] = 255
    empty[:, [BALL_Y, TINT]] = 0
    screens = draw_screens(empty)
    bases: Bytes = np.empty((_SCORES, _SCORES, area.SIDE, area.SIDE), np.uint8)
    middle = area.SIDE // 2
    for score, screen in enumerate(screens):
        base = np.empty(bases.shape[2:], np.uint8)
        preprocessing.grey_84([screen], base)
        bases[score, :, :, :middle] = base[:, :middle]
        bases[:, score, :, middle:] = base[:, middle:]
    rows, columns = area.taps(ROWS, area.SIDE), area.taps(COLUMNS, area.SIDE)
    return grey, GREY[screens[0]], bases.reshape(_SCORES, _SCORES, -1), *rows, *columns


@compiled
def _unroll(frames, oldest, out):  # type: ignore[no-untyped-def]
    """Copy every ring `[N, depth, pixels]`, oldest first, pixel by pixel: numba's slices take far longer."""
    count, depth, pixels = frames.shape
    for k in range(count):
        for i in range(depth):
            place = (oldest[k] + i) % depth
            for pixel in range(pixels):
                out[k, i, pixel] = frames[k, place, pixel]


@compiled
def _subtract(frames, oldest, out):  # type: ignore[no-untyped-def]
    """The newer minus the older of two frames of 0 and 1, `[N, 2, pixels]`: -1, 0 and 1 as 0, 128 and 255."""
    count, _, pixels = frames.shape
    for k in range(count):
        first, second = oldest[k], 1 - oldest[k]
        for pixel in range(pixels):
            change = np.int16(frames[k, second, pixel]) - np.int16(frames[k, first, pixel])
            out[k, pixel] = 128 + 127 * change + (change >> 1)

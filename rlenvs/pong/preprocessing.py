"""What an agent sees, from screens of palette indices: three pure functions, in NumPy.

`kernels` has the same in compiled form; both give the same bits. Every function takes the screens (uint8
`[210, 160]`) whose pixelwise maximum counts, and writes one frame.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rlenvs.pong import area
from rlenvs.pong.emulator import SCREEN_SHAPE, Bytes
from rlenvs.pong.palette import GREY, OPPONENT, PLAYER, RGB, WHITE

Places = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float32]

FIELD = slice(34, 194)
"""Rows of the playing field, between the white borders."""

FAST_SIDE, BLOCK = 42, 4
BRIGHTNESS = 32
CROP = slice(35, 195, 2)
DIFFERENCE_SIDE = 80

SHOWS_OBJECT = ~np.isin(RGB[:, 0], (0, 109, 144))
_WORD = np.dtype("<u4")
_SUM_OF_BYTES = np.uint32(0x01010101)


def grey_84(screens: Sequence[Bytes], out: Bytes) -> None:
    """Grey levels, their maximum, and OpenCV's area interpolation to 84x84: Gymnasium's AtariPreprocessing.

    Most rows of a screen equal the row above; the row sums are computed once for each run of equal rows.
    """
    firsts, run_of_row = _runs(screens)
    grey = GREY.take(screens[0].take(firsts, axis=0))
    for screen in screens[1:]:
        np.maximum(grey, GREY.take(screen.take(firsts, axis=0)), out=grey)
    (columns, column_weights), (rows, row_weights) = _tables()
    sums = _weighted_sum(grey.T.astype(np.float32), columns, column_weights)
    sums = _weighted_sum(np.ascontiguousarray(sums.T), run_of_row[rows], row_weights)
    np.rint(sums, out=sums)
    out[...] = sums


def field_42(screens: Sequence[Bytes], out: Bytes) -> None:
    """The playing field as bright objects on black, 42x42.

    The field, rows 34 to 193 of the screen, is divided into 40x40 blocks of 4x4 pixels. A block's brightness is 32
    for every pixel in it that shows ball or paddle (palette index 14, 56 or 200) on any of the screens, at most 255;
    the outermost row and column on each side are black. The ball has 8 pixels, so it is never lost.
    """
    shows = np.zeros((FIELD.stop - FIELD.start, SCREEN_SHAPE[1]), np.bool_)
    for screen in screens:
        field = screen[FIELD]
        for index in (WHITE, OPPONENT, PLAYER):
            shows |= field == index
    blocks = FAST_SIDE - 2
    down = shows.view(_WORD).reshape(blocks, BLOCK, blocks).sum(axis=1, dtype=np.uint32)
    pixels = (down * _SUM_OF_BYTES) >> np.uint32(24)
    out[...] = 0
    out[1:-1, 1:-1] = np.minimum(pixels * np.uint32(BRIGHTNESS), 255)


def karpathy_80(screens: Sequence[Bytes], out: Bytes) -> None:
    """Karpathy's preprocessing: rows 35 to 194, every second pixel, 1 where an object is seen, else 0; 80x80.

    An object is what is neither black nor of red 144 or 109, the backgrounds.
    """
    out[...] = SHOWS_OBJECT.take(screens[0][CROP, ::2])
    for screen in screens[1:]:
        out |= SHOWS_OBJECT.take(screen[CROP, ::2])


def change(before: Bytes, now: Bytes, out: Bytes) -> None:
    """Code `now - before` of two frames of 0 and 1: -1, 0 and 1 as 0, 128 and 255."""
    difference = now - before  # 255 stands for -1
    out[...] = difference * np.uint8(127) + np.uint8(128) - (difference >> np.uint8(7))


def _runs(screens: Sequence[Bytes]) -> tuple[Places, Places]:
    """First rows of the runs of rows that are equal on every screen, and the number of every row's run."""
    words = [screen.view(np.uint64) for screen in screens]
    changes = [np.flatnonzero(screen[1:] != screen[:-1]) // screen.shape[1] for screen in words]
    is_new = np.zeros(SCREEN_SHAPE[0], np.int64)
    for rows in changes:
        is_new[1:][rows] = 1
    run_of_row = is_new.cumsum()
    is_new[0] = 1
    return np.flatnonzero(is_new), run_of_row


@functools.cache
def _tables() -> tuple[tuple[Places, Weights], tuple[Places, Weights]]:
    """Of columns and of rows: places `[taps, 84]`, and weights `[taps, 84, 1]` and `[taps, 84, 84]`."""
    height, width = SCREEN_SHAPE
    columns, column_weights = area.taps(width, area.SIDE)
    rows, row_weights = area.taps(height, area.SIDE)
    full = np.repeat(row_weights.T[..., None], area.SIDE, axis=2)
    return (columns.T.copy(), column_weights.T[..., None].copy()), (rows.T.copy(), full)


def _weighted_sum(values: Weights, places: Places, weights: Weights) -> Weights:
    """Sums over taps, in their order: values `[source, n]` to `[84, n]`."""
    terms = values.take(places, axis=0)
    terms *= weights
    sums: Weights = terms[0]
    for term in terms[1:]:
        sums += term
    return sums

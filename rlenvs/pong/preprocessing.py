"""What an agent sees, from screens of palette indices: three pure functions, in NumPy.

`kernels` has the same in compiled form; both give the same bits. Every function takes the screens (uint8
`[210, 160]`) whose pixelwise maximum counts, and writes one frame.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from rlenvs.pong import area
from rlenvs.pong.emulator import SCREEN_SHAPE, Bytes
from rlenvs.pong.palette import GREY, OPPONENT, PLAYER, RGB, WHITE

FIELD = slice(34, 194)
"""Rows of the playing field, between the white borders."""

FAST_SIDE, BLOCK = 42, 4
BRIGHTNESS = 32
CROP = slice(35, 195, 2)
DIFFERENCE_SIDE = 80

_SHOWS_OBJECT = ~np.isin(RGB[:, 0], (0, 109, 144))
_WORD = np.dtype("<u4")
_SUM_OF_BYTES = np.uint32(0x01010101)


def grey_84(screens: Sequence[Bytes], out: Bytes) -> None:
    """Grey levels, their maximum, and OpenCV's area interpolation to 84x84: Gymnasium's AtariPreprocessing.

    Most rows of a screen equal the row above; the row sums are computed once for each run of equal rows.
    """
    is_new = np.zeros(SCREEN_SHAPE[0], np.bool_)
    is_new[0] = True
    for screen in screens:
        words = screen.view(np.uint64)
        is_new[1:] |= (words[1:] != words[:-1]).any(axis=1)
    firsts = np.flatnonzero(is_new)
    grey = GREY[screens[0][firsts]]
    for screen in screens[1:]:
        np.maximum(grey, GREY[screen[firsts]], out=grey)
    (columns, column_weights), (rows, row_weights) = _tables()
    run_of_row = np.cumsum(is_new) - 1
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
    out[...] = _SHOWS_OBJECT[screens[0][CROP, ::2]]
    for screen in screens[1:]:
        out |= _SHOWS_OBJECT[screen[CROP, ::2]]


@functools.cache
def _tables() -> tuple[area.Taps, area.Taps]:
    height, width = SCREEN_SHAPE
    return area.taps(width, area.SIDE), area.taps(height, area.SIDE)


def _weighted_sum(values: np.ndarray, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sums over taps, in order: values `[source, n]` to `[target, n]`."""
    sums = values[places[:, 0]] * weights[:, :1]
    for tap in range(1, weights.shape[1]):
        sums += values[places[:, tap]] * weights[:, tap : tap + 1]
    return sums

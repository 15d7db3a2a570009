"""The frames of `preprocessing` in compiled form (extra `fast`): the same bits, several times faster."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from rlenvs.pong import area, preprocessing
from rlenvs.pong.emulator import SCREEN_SHAPE, Bytes
from rlenvs.pong.palette import GREY, OPPONENT, PLAYER, WHITE

_HEIGHT, _WIDTH = SCREEN_SHAPE
_SIDE = area.SIDE
_COLUMNS, _COLUMN_WEIGHTS = (np.ascontiguousarray(table.T) for table in area.taps(_WIDTH, _SIDE))
_ROWS, _ROW_WEIGHTS = area.taps(_HEIGHT, _SIDE)
_TOP, _BOTTOM = preprocessing.FIELD.start, preprocessing.FIELD.stop
_BLOCK, _BRIGHTNESS = preprocessing.BLOCK, preprocessing.BRIGHTNESS
_CROP = preprocessing.CROP.start
_SHOWS_OBJECT = preprocessing.SHOWS_OBJECT


def grey_84(screens: Sequence[Bytes], out: Bytes) -> None:
    """See `preprocessing.grey_84`."""
    if len(screens) == 2:
        _grey_84(screens[0], screens[1], out)
    else:  # the last step of some episodes
        preprocessing.grey_84(screens, out)


def field_42(screens: Sequence[Bytes], out: Bytes) -> None:
    """See `preprocessing.field_42`."""
    if len(screens) == 2:
        _field_42(screens[0], screens[1], out)
    else:
        preprocessing.field_42(screens, out)


def karpathy_80(screens: Sequence[Bytes], out: Bytes) -> None:
    """See `preprocessing.karpathy_80`."""
    if len(screens) == 2 and screens[0] is screens[1]:
        _karpathy_80(screens[0], out)
    else:
        preprocessing.karpathy_80(screens, out)


def change(before: Bytes, now: Bytes, out: Bytes) -> None:
    """See `preprocessing.change`."""
    _change(before, now, out)


@njit(cache=True, nogil=True)
def _grey_84(first, second, out):  # type: ignore[no-untyped-def]
    words, other_words = first.view(np.uint64), second.view(np.uint64)
    grey = np.empty(_WIDTH, np.float32)
    sums = np.empty((_HEIGHT, _SIDE), np.float32)  # a row for every run of equal rows of the screens
    run_of_row = np.empty(_HEIGHT, np.int64)
    run = -1
    for row in range(_HEIGHT):
        is_new = row == 0
        if row > 0:
            differs = np.uint64(0)
            for word in range(_WIDTH // 8):
                differs |= words[row, word] ^ words[row - 1, word]
                differs |= other_words[row, word] ^ other_words[row - 1, word]
            is_new = differs != 0
        if is_new:
            run += 1
            for column in range(_WIDTH):
                grey[column] = max(GREY[first[row, column]], GREY[second[row, column]])
            for place in range(_SIDE):
                total = grey[_COLUMNS[0, place]] * _COLUMN_WEIGHTS[0, place]
                total += grey[_COLUMNS[1, place]] * _COLUMN_WEIGHTS[1, place]
                sums[run, place] = total + grey[_COLUMNS[2, place]] * _COLUMN_WEIGHTS[2, place]
        run_of_row[row] = run
    for place in range(_SIDE):
        a, b, c = run_of_row[_ROWS[place, 0]], run_of_row[_ROWS[place, 1]], run_of_row[_ROWS[place, 2]]
        weight_a, weight_b, weight_c = _ROW_WEIGHTS[place]
        for column in range(_SIDE):
            total = sums[a, column] * weight_a + sums[b, column] * weight_b
            out[place, column] = np.uint8(np.rint(total + sums[c, column] * weight_c))


@njit(cache=True, nogil=True)
def _field_42(first, second, out):  # type: ignore[no-untyped-def]
    out[...] = 0
    pixels = np.empty(_WIDTH, np.uint8)
    for block in range((_BOTTOM - _TOP) // _BLOCK):
        pixels[:] = 0
        top = _TOP + block * _BLOCK
        for row in range(top, top + _BLOCK):
            for column in range(_WIDTH):
                a, b = first[row, column], second[row, column]
                shows = (a == WHITE) | (a == OPPONENT) | (a == PLAYER) | (b == WHITE) | (b == OPPONENT) | (b == PLAYER)
                pixels[column] += np.uint8(shows)
        for place in range(_WIDTH // _BLOCK):
            start = place * _BLOCK
            count = np.int64(pixels[start]) + pixels[start + 1] + pixels[start + 2] + pixels[start + 3]
            out[block + 1, place + 1] = min(count * _BRIGHTNESS, 255)


@njit(cache=True, nogil=True)
def _karpathy_80(screen, out):  # type: ignore[no-untyped-def]
    for row in range(out.shape[0]):
        source = _CROP + 2 * row
        for column in range(out.shape[1]):
            out[row, column] = _SHOWS_OBJECT[screen[source, 2 * column]]


@njit(cache=True, nogil=True)
def _change(before, now, out):  # type: ignore[no-untyped-def]
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            difference = np.int64(now[row, column]) - np.int64(before[row, column])
            out[row, column] = 128 + 127 * difference - (difference < 0)

"""Frames of observations straight from games, without a screen: the bits of `rlenvs.pong.preprocessing`.

Each function takes the games whose pictures are pooled (`rows` `[count, F]`) and paints `out`. It returns False, with
`out` undefined, for what it leaves to `preprocessing`: shifted colours (the start and a stopped game) and, for grey
frames, a score that changes between the pooled pictures.
"""

from __future__ import annotations

import numpy as np

from rlenvs.pong.native.compilation import compiled
from rlenvs.pong.native.geometry import (
    BALL_WIDTH,
    BOTTOM_WALL,
    COLUMNS,
    CPU_COLUMN,
    PADDLE_WIDTH,
    PLAYER_COLUMN,
    TOP_WALL_END,
    ball_column,
    ball_rows,
    cpu_rows,
    player_rows,
)  # fmt: skip
from rlenvs.pong.native.layout import RUNNING, SHOWN_CPU, SHOWN_PLAYER, TINT

PADDLES = 2
_OBJECTS = PADDLES + BALL_WIDTH
_TAPS = 3  # of both tables
_SHARE = 32  # brightness of a pixel in a block of the 42x42 frame


@compiled
def _place(game, number):  # type: ignore[no-untyped-def]
    """An object's part in the field: its first row and the row after the last, its first column and its width.

    Objects are the computer's paddle (0), the player's (1) and the ball's columns (2, 3).
    """
    if number == 0:
        rows, column, width = cpu_rows(game), CPU_COLUMN, PADDLE_WIDTH
    elif number == 1:
        rows, column, width = player_rows(game), PLAYER_COLUMN, PADDLE_WIDTH
    else:
        column, width = (ball_column(game) + number - PADDLES) % COLUMNS, 1
        rows = ball_rows(game, column)
    top = max(rows[0], TOP_WALL_END)
    return top, max(min(rows[1], BOTTOM_WALL), top), column, width


@compiled
def _has_usual_colours(rows, count):  # type: ignore[no-untyped-def]
    for k in range(count):
        if rows[k, TINT] != 0 or rows[k, RUNNING] == 0:
            return False
    return True


@compiled
def paint_field(rows, count, out, marked):  # type: ignore[no-untyped-def]
    """Paint `out` `[42, 42]` as `preprocessing.field_42` does; `marked` `[210, 160]` is all False, before and after."""
    if not _has_usual_colours(rows, count):
        return False
    out[:] = 0
    for number in range(_OBJECTS):
        for k in range(count):
            top, bottom, column, width = _place(rows[k], number)
            for row in range(top, bottom):
                if not marked[row, column]:
                    for pixel in range(column, column + width):
                        marked[row, pixel] = True
                    i, j = 1 + ((row - TOP_WALL_END) >> 2), 1 + (column >> 2)
                    out[i, j] = min(np.int64(out[i, j]) + _SHARE * width, 255)
    _wipe(rows, count, marked, False)
    return True


@compiled
def paint_halves(rows, count, out):  # type: ignore[no-untyped-def]
    """Paint `out` `[80, 80]` as `preprocessing.karpathy_80` does."""
    if not _has_usual_colours(rows, count):
        return False
    out[:] = 0
    for number in range(_OBJECTS):
        for k in range(count):
            top, bottom, column, width = _place(rows[k], number)
            first, last = (top - TOP_WALL_END) >> 1, (bottom - TOP_WALL_END) >> 1
            out[first:last, (column + 1) >> 1 : (column + width + 1) >> 1] = 1
    return True


@compiled
def paint_grey(rows, count, out, grey, canvas, bases, down, down_weights, across, across_weights):  # type: ignore[no-untyped-def]
    """Paint `out` `[84, 84]` as `preprocessing.grey_84` does.

    Args:
        rows: see the module.
        count: see the module.
        out: written.
        grey: levels of the objects, as `_place` numbers them `[4]`.
        canvas: the empty field in grey `[210, 160]`, before and after.
        bases: `out` of empty fields, by the score on both sides `[22, 22, 7056]`.
        down: OpenCV's tables of rows, as of `area.taps`.
        down_weights: their weights.
        across: the same of columns.
        across_weights: their weights.
    """
    if not _has_usual_colours(rows, count):
        return False
    cpu, player = rows[0, SHOWN_CPU], rows[0, SHOWN_PLAYER]
    for k in range(1, count):
        if rows[k, SHOWN_CPU] != cpu or rows[k, SHOWN_PLAYER] != player:
            return False
    base, pixels, empty = bases[cpu, player], out.reshape(-1), canvas[TOP_WALL_END, 0]
    for pixel in range(len(pixels)):
        pixels[pixel] = base[pixel]
    for number in range(_OBJECTS):
        for k in range(count):
            top, bottom, column, width = _place(rows[k], number)
            for row in range(top, bottom):
                for place in range(column, column + width):
                    canvas[row, place] = max(canvas[row, place], grey[number])
    for number in range(_OBJECTS):
        _resample(rows, count, number, out, canvas, down, down_weights, across, across_weights)
    _wipe(rows, count, canvas, empty)
    return True


@compiled
def _wipe(rows, count, canvas, empty):  # type: ignore[no-untyped-def]
    """Make a canvas as empty as it was before the objects came."""
    for number in range(_OBJECTS):
        for k in range(count):
            top, bottom, column, width = _place(rows[k], number)
            for row in range(top, bottom):
                for pixel in range(column, column + width):
                    canvas[row, pixel] = empty


@compiled
def _resample(rows, count, number, out, canvas, down, down_weights, across, across_weights):  # type: ignore[no-untyped-def]
    """Compute the pixels of `out` that an object's parts of the canvas contribute to."""
    if number >= PADDLES:
        for k in range(count):
            place = _place(rows[k], number)
            _resample_part(place, out, canvas, down, down_weights, across, across_weights)
        return
    top, bottom, column, width = _place(rows[0], number)
    for k in range(1, count):  # a paddle's parts overlap or are near: they are done together
        other_top, other_bottom, _, _ = _place(rows[k], number)
        top, bottom = min(top, other_top), max(bottom, other_bottom)
    _resample_part((top, bottom, column, width), out, canvas, down, down_weights, across, across_weights)


@compiled
def _resample_part(place, out, canvas, down, down_weights, across, across_weights):  # type: ignore[no-untyped-def]
    top, bottom, column, width = place
    if top >= bottom:
        return
    height, breadth = canvas.shape
    size = out.shape[0]
    for i in range(top * size // height, (bottom * size - 1) // height + 1):
        for j in range(column * size // breadth, ((column + width) * size - 1) // breadth + 1):
            total = np.float32(0)
            for k in range(_TAPS):
                across_sum = np.float32(0)
                for m in range(_TAPS):
                    across_sum += np.float32(canvas[down[i, k], across[j, m]]) * across_weights[j, m]
                total += across_sum * down_weights[i, k]
            out[i, j] = np.uint8(np.rint(total))

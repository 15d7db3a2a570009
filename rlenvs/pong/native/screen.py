"""The 210x160 screen of palette indices from a game."""

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
    ROWS,
    TOP_WALL,
    TOP_WALL_END,
    ball_column,
    ball_rows,
    cpu_rows,
    player_rows,
)  # fmt: skip
from rlenvs.pong.native.layout import RUNNING, SHOWN_CPU, SHOWN_PLAYER, TINT, Games
from rlenvs.pong.native.rom import COLOURS, DIGITS, Bytes, cartridge

_SCORE_ROW, _DIGIT_ROWS, _ROWS_PER_BIT, _COLUMNS_PER_BIT = 1, 5, 4, 4
_SCORE_COLUMNS = (16, 96)
_BLANK_COLUMNS = 8  # the chip's black comb at the left of the first row


def draw_screens(games: Games) -> Bytes:
    """The screens `[N, 210, 160]` of games `[N, NUM_FIELDS]`, as ale-py's `getScreen` gives them."""
    screens = np.empty((len(games), ROWS, COLUMNS), dtype=np.uint8)
    colours, digits = colours_and_digits()
    for game, screen in zip(games, screens, strict=True):
        draw(game, screen, colours, digits)
    return screens


def colours_and_digits() -> tuple[Bytes, Bytes]:
    """The colours `[4]` (left, right, playfield, background) and the digits `[10, 5]` of the cartridge."""
    rom = cartridge()
    return rom[COLOURS : COLOURS + 8 : 2].copy(), rom[DIGITS : DIGITS + 50].reshape(10, 5).copy()


@compiled
def draw(game, screen, colours, digits):  # type: ignore[no-untyped-def]
    """Draw the screen of one game."""
    left = (colours[0] + game[TINT]) & 254
    right = (colours[1] + game[TINT]) & 254
    white = (colours[2] + game[TINT]) & 254
    screen[:] = (colours[3] + game[TINT]) & 254
    screen[0, :_BLANK_COLUMNS] = 0
    _draw_score(screen, game[SHOWN_CPU], _SCORE_COLUMNS[0], left, digits)
    if game[RUNNING]:
        _draw_score(screen, game[SHOWN_PLAYER], _SCORE_COLUMNS[1], right, digits)
    top, bottom = cpu_rows(game)
    screen[top:bottom, CPU_COLUMN : CPU_COLUMN + PADDLE_WIDTH] = left
    top, bottom = player_rows(game)
    screen[top:bottom, PLAYER_COLUMN : PLAYER_COLUMN + PADDLE_WIDTH] = right
    for i in range(BALL_WIDTH):
        column = (ball_column(game) + i) % COLUMNS
        top, bottom = ball_rows(game, column)
        screen[top:bottom, column] = white
    screen[TOP_WALL:TOP_WALL_END] = white
    screen[BOTTOM_WALL:] = white


@compiled
def _draw_score(screen, score, column, colour, digits):  # type: ignore[no-untyped-def]
    """Tens from the upper half of a byte (0 is blank there), ones from the lower."""
    for i in range(_DIGIT_ROWS):
        bits = (digits[score // 10, i] & 0xF0) | (digits[score % 10, i] & 0x0F)
        row = _SCORE_ROW + _ROWS_PER_BIT * i
        for k in range(8):
            if bits >> (7 - k) & 1:
                left = column + _COLUMNS_PER_BIT * k
                screen[row : row + _ROWS_PER_BIT, left : left + _COLUMNS_PER_BIT] = colour

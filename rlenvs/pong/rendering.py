"""Pictures of a game for people: the console's screen in colour, and a small text."""

from __future__ import annotations

import numpy as np

from rlenvs.pong.emulator import Bytes
from rlenvs.pong.palette import OPPONENT, PLAYER, RGB, WHITE
from rlenvs.pong.preprocessing import FIELD
from rlenvs.pong.ram import scores

WINDOW_SCALE = 3
_CELL = (8, 4)
_CHARACTERS = ((WHITE, "o"), (OPPONENT, "]"), (PLAYER, "["))


def rgb(screen: Bytes, scale: int = 1) -> Bytes:
    """A screen of palette indices in colour, uint8 `[210 * scale, 160 * scale, 3]`."""
    picture = RGB[screen]
    return picture if scale == 1 else picture.repeat(scale, axis=0).repeat(scale, axis=1)


def ansi(screen: Bytes, ram: Bytes) -> str:
    """The field as 20 lines of 40 characters: `o` the ball, `]` the opponent, `[` the player; above it the scores."""
    height, width = _CELL
    rows, columns = (FIELD.stop - FIELD.start) // height, screen.shape[1] // width
    cells = screen[FIELD].reshape(rows, height, columns, width)
    text = np.full((rows, columns), " ")
    for index, character in reversed(_CHARACTERS):
        text[(cells == index).any(axis=(1, 3))] = character
    opponent, player = scores(ram)
    border = "+" + "-" * columns + "+"
    lines = [f"opponent {opponent:2}{f'{player:2} player':>{columns - 9}}", border]
    return "\n".join([*lines, *(f"|{''.join(row)}|" for row in text.tolist()), border, ""])

"""One game of Pong as 25 numbers: their names, their addresses in the console's memory, and the start.

A game is a row of `int32`; each number but the last four is one byte of the console's 128 (address 0 here is
$80 on the console's bus). The other bytes are constant or functions of these (`memory.py`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Games = npt.NDArray[np.int32]

(
    CLOCK,  # frames, modulo 256
    CLOCK_HIGH,  # frames / 256, modulo 256; at 0 the cartridge stops the game
    HUE,  # colour shift of the screen, 0 while a game runs
    PAUSE,  # frames until the next serve, 0 in play
    SOUND,  # kind and remaining length of the current sound
    CPU_SCORE,
    PLAYER_SCORE,
    RUNNING,  # 255 in a game, 0 after the cartridge stopped it
    RALLY,  # hits since the serve, modulo 256
    LAST,  # who hit or scored last: 0 the computer, 1 the player, 255 nobody yet
    WALL_MARK,  # 64 after the ball left a wall, 0 after it touched one without leaving, kept otherwise
    BOUNCE,  # 128 after a bounce off a wall, until the ball flies free
    CPU_Y,  # top of the computer's paddle
    PLAYER_Y,  # top of the player's paddle
    BALL_X,
    BALL_Y,
    BALL_DY,  # vertical speed, two's complement
    BALL_DX,  # speed to the left, two's complement
    KNOB,  # running mean of the player's paddle readings, the next frame's PLAYER_Y
    FIRE,  # 0 while the player's button is pressed, 192 otherwise
    LAST_READ,  # scan line at which the paddle read in this frame was last seen uncharged
    TINT,  # not in memory: the HUE, nibbles swapped, with which the current screen was drawn
    SHOWN_CPU,  # not in memory: the scores on the current screen, those of the frame before
    SHOWN_PLAYER,
    RESISTANCE,  # not in memory: the player's potentiometer, in ohm
) = range(25)
NUM_FIELDS = 25

ADDRESSES = {
    CLOCK: 0x08, CLOCK_HIGH: 0x09, HUE: 0x0A, PAUSE: 0x0B, SOUND: 0x0C, CPU_SCORE: 0x0D, PLAYER_SCORE: 0x0E,
    RUNNING: 0x10, RALLY: 0x11, LAST: 0x12, WALL_MARK: 0x02, BOUNCE: 0x14, CPU_Y: 0x15, PLAYER_Y: 0x33,
    BALL_X: 0x31, BALL_Y: 0x36, BALL_DY: 0x38, BALL_DX: 0x3A, KNOB: 0x3C, FIRE: 0x40, LAST_READ: 0x04,
}  # fmt: skip

RESISTANCE_MIN, RESISTANCE_MAX, RESISTANCE_STEP = 27_450, 790_196, 23_000
RESISTANCE_START = RESISTANCE_MIN + (RESISTANCE_MAX - RESISTANCE_MIN) // 2
POINTS_TO_WIN = 21
FIRST_LINE = 0x26  # the cartridge counts scan lines from here, by two
LAST_LINE = 0xDC


def start() -> Games:
    """The game `[NUM_FIELDS]` that ale-py's `reset_game` leaves: 60 idle frames and some with RESET pressed."""
    game = np.zeros(NUM_FIELDS, dtype=np.int32)
    values = {
        CLOCK: 71, CLOCK_HIGH: 1, HUE: 0x3C, PAUSE: 0x3B, RUNNING: 255, LAST: 255, CPU_Y: 0x16, PLAYER_Y: 0x6D,
        BALL_Y: 0x3C, KNOB: 0x6D, FIRE: 192, LAST_READ: 0x6E, TINT: 0xC3, RESISTANCE: RESISTANCE_START,
    }  # fmt: skip
    for field, value in values.items():
        game[field] = value
    return game

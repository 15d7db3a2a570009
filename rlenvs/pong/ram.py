"""Ball and paddles from the console's memory, as features.

Of the 128 bytes, 13 and 14 are the scores of opponent and player, 49 and 54 the ball's x and y, 50 and 51 the paddles'
y of opponent and player. x is the column on the screen plus 49; y is the row of the
field (row 34 of the screen is its first) of the upper edge plus 47 to 49. The ball's y is 0 while none is in play.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rlenvs.pong.emulator import Bytes

Features = npt.NDArray[np.float32]

OPPONENT_SCORE, PLAYER_SCORE = 13, 14
BALL_X, BALL_Y, OPPONENT_Y, PLAYER_Y = 49, 54, 50, 51
NAMES = (
    "ball in play",
    *("ball x", "ball y", "player y", "opponent y"),
    *("change of ball x", "change of ball y", "change of player y", "change of opponent y"),
)
_CENTRE, _HALF_WIDTH = 128, 80
_POSITIONS = tuple(max(-1.0, min(1.0, (place - _CENTRE) / _HALF_WIDTH)) for place in range(256))
_BALL_SPEED, _PADDLE_SPEED = 4, 8
"""Pixels a frame that a change of 1 stands for; more is cut off."""


def features(ram: bytes, previous: bytes, frame_skip: int) -> list[float]:
    """Where things are and how they moved since the previous step, nine numbers in -1 to 1, as listed in `NAMES`.

    Positions are pixels from the middle of the field, divided by 80; changes are divided by the pixels that the ball
    (4 a frame) or a paddle (8 a frame) could move at most. While there is no ball its features are 0, and so are its
    changes in the first step that shows it.
    """
    x, y, player, opponent = ram[BALL_X], ram[BALL_Y], ram[PLAYER_Y], ram[OPPONENT_Y]
    fastest = _PADDLE_SPEED * frame_skip
    player_change = (player - previous[PLAYER_Y]) / fastest
    opponent_change = (opponent - previous[OPPONENT_Y]) / fastest
    in_play = ball_x = ball_y = x_change = y_change = 0.0
    if y:
        in_play, ball_x, ball_y = 1.0, _POSITIONS[x], _POSITIONS[y]
        if previous[BALL_Y]:
            fastest = _BALL_SPEED * frame_skip
            x_change, y_change = (x - previous[BALL_X]) / fastest, (y - previous[BALL_Y]) / fastest
    changes = (x_change, y_change, player_change, opponent_change)
    return [in_play, ball_x, ball_y, _POSITIONS[player], _POSITIONS[opponent], *map(_cut, changes)]


def _cut(value: float) -> float:
    return value if -1 <= value <= 1 else math.copysign(1, value)


def features_of_places(places: Bytes, previous: Bytes, frame_skip: int) -> Features:
    """The same for many, from the bytes `[..., 4]` of ball x and y, player y and opponent y; float32 `[..., 9]`."""
    here, before = places.astype(np.float32), previous.astype(np.float32)
    has_ball, had_ball = places[..., 1:2] != 0, previous[..., 1:2] != 0
    speeds = np.array([_BALL_SPEED, _BALL_SPEED, _PADDLE_SPEED, _PADDLE_SPEED], np.float32)
    out: Features = np.empty((*places.shape[:-1], len(NAMES)), np.float32)
    out[..., :1] = has_ball
    out[..., 1:5] = (here - np.float32(_CENTRE)) / np.float32(_HALF_WIDTH)
    out[..., 5:9] = (here - before) / (speeds * np.float32(frame_skip))
    out[..., 1:3] = np.where(has_ball, out[..., 1:3], 0)
    out[..., 5:7] = np.where(has_ball & had_ball, out[..., 5:7], 0)
    return np.clip(out, -1, 1, out=out)


def scores(ram: Bytes) -> tuple[int, int]:
    """The points of opponent and player."""
    return int(ram[OPPONENT_SCORE]), int(ram[PLAYER_SCORE])

"""Ball and paddles from the console's memory, as features.

Of the 128 bytes, 13 and 14 are the scores of opponent and player, 49 and 54 the ball's x and y, 50 and 51 the paddles'
y of opponent and player. x is the column on the screen plus 49; y is the row of the
field (row 34 of the screen is its first) of the upper edge plus 47 to 49. The ball's y is 0 while none is in play.
"""

from __future__ import annotations

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
_PLACES = np.array([BALL_X, BALL_Y, PLAYER_Y, OPPONENT_Y])
_CENTRE, _HALF_WIDTH = np.float32(128), np.float32(80)
_FASTEST = np.array([4, 4, 8, 8], np.float32)
"""Pixels a frame that a change of 1 stands for; more is cut off."""


def features(ram: Bytes, previous: Bytes, frame_skip: int) -> Features:
    """Where things are and how they moved since the previous step, float32 `[9]` in -1 to 1, as listed in `NAMES`.

    Positions are pixels from the middle of the field, divided by 80; changes are divided by the pixels that the ball
    (4 a frame) or a paddle (8 a frame) could move at most. While there is no ball its features are 0, and so are its
    changes in the first step that shows it.
    """
    return features_of_places(ram[_PLACES], previous[_PLACES], frame_skip)


def features_of_places(places: Bytes, previous: Bytes, frame_skip: int) -> Features:
    """The same from the bytes `[..., 4]` of ball x and y, player y and opponent y; float32 `[..., 9]`."""
    here, before = places.astype(np.float32), previous.astype(np.float32)
    has_ball, had_ball = places[..., 1:2] != 0, previous[..., 1:2] != 0
    out: Features = np.empty((*places.shape[:-1], len(NAMES)), np.float32)
    out[..., :1] = has_ball
    out[..., 1:5] = (here - _CENTRE) / _HALF_WIDTH
    out[..., 5:9] = (here - before) / (_FASTEST * np.float32(frame_skip))
    out[..., 1:3] *= has_ball
    out[..., 5:7] *= has_ball & had_ball
    return np.clip(out, -1, 1, out=out)


def scores(ram: Bytes) -> tuple[int, int]:
    """The points of opponent and player."""
    return int(ram[OPPONENT_SCORE]), int(ram[PLAYER_SCORE])

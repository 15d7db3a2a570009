"""Frames painted without a screen: the bits of the screens' frames, from any game, however many came before."""

from __future__ import annotations

import numpy as np
import pytest

from rlenvs.pong import preprocessing
from rlenvs.pong.native import layout
from rlenvs.pong.native.geometry import COLUMNS, TOP_WALL_END, ball_column, ball_rows
from rlenvs.pong.native.screen import draw_screens
from rlenvs.pong.native.views import make_view
from rlenvs.pong.rules import make_rules

MAKERS = {"stack": preprocessing.grey_84, "fast": preprocessing.field_42, "difference": preprocessing.karpathy_80}
PLACES = (layout.CPU_Y, layout.PLAYER_Y, layout.BALL_X, layout.BALL_Y)
SCORES = (layout.SHOWN_CPU, layout.SHOWN_PLAYER)


def games(count: int, seed: int) -> layout.Games:
    """Games in play, of which two pictures are shown `[count, 2, F]`: any paddles and balls, any score."""
    rng = np.random.default_rng(seed)
    shown = np.tile(layout.start(), (count, 2, 1))
    shown[:, :, layout.TINT] = 0
    shown[:, :, PLACES] = rng.integers(256, size=(count, 2, len(PLACES)))
    shown[:, :, SCORES] = rng.integers(22, size=(count, 1, len(SCORES)))
    return shown


def balls_in_the_corner() -> layout.Games:
    """Games whose ball is seen in the field's first pixel, where a painter may look for the empty field's colour."""
    found = []
    for x in range(1, 256):
        for y in range(256):
            game = layout.start()
            game[[layout.TINT, layout.BALL_X, layout.BALL_Y]] = 0, x, y
            for column in (ball_column(game), (ball_column(game) + 1) % COLUMNS):
                top, bottom = ball_rows(game, column)
                if column == 0 and top <= TOP_WALL_END < bottom:
                    found.append(np.stack([game, game]))
    return np.array(found)


@pytest.mark.parametrize("observation", MAKERS)
def test_painted_frames_are_those_of_the_screens(observation):
    rules = make_rules(observation, max_pool=observation != "difference", backend="native")
    view, everyone, count = make_view(rules, 1), np.zeros(1, np.int64), np.full(1, 2)
    corner = balls_in_the_corner()
    assert len(corner)
    for shown in np.concatenate([games(300, 1), corner[:4], games(300, 2)]):
        if observation == "difference":
            shown[0] = shown[1]
        view.see(everyone, shown[1:], shown[None], count)
        frames, oldest = view.arrays()
        frame = np.empty(frames.shape[2:], np.uint8)
        MAKERS[observation](list(draw_screens(shown)), frame)
        np.testing.assert_array_equal(frames[0, oldest[0] - 1], frame)

"""The memory addresses, verified against the screen, and the features made of them."""

from __future__ import annotations

import numpy as np

from rlenvs.pong import ram
from rlenvs.pong.palette import OPPONENT, PLAYER, WHITE
from rlenvs.pong.preprocessing import FIELD
from tests.pong.consoles import frames_of_random_play, make_member


def upper_edge(shows: np.ndarray) -> int:
    return int(np.flatnonzero(shows.any(axis=1))[0])


def test_addresses_hold_what_the_screen_shows() -> None:
    balls = paddles = 0
    for screen, memory in frames_of_random_play(3000, seed=1):
        field = screen[FIELD]
        ball = field == WHITE
        if ball.sum() == 8:  # all of it
            assert memory[ram.BALL_X] == np.flatnonzero(ball.any(axis=0))[0] + 49
            assert memory[ram.BALL_Y] - upper_edge(ball) in (48, 49)
            balls += 1
        for address, index in ((ram.PLAYER_Y, PLAYER), (ram.OPPONENT_Y, OPPONENT)):
            paddle = field == index
            if paddle.sum() == 64 and memory[ram.OPPONENT_Y]:
                assert memory[address] - upper_edge(paddle) in (47, 48, 49)
                paddles += 1
        if memory[ram.BALL_Y] == 0:
            assert not ball.any()
    assert balls > 1500 and paddles > 1500


def test_scores_count_the_points() -> None:
    member = make_member(observation="ram")
    member.reset()
    points = [0, 0]
    for _ in range(400):
        point = member.step(0)
        if point:
            points[point > 0] += 1
        assert ram.scores(member.ram) == tuple(points)
    assert points[0] > 3


def test_features_say_where_things_are_and_how_they_moved() -> None:
    before, now = np.zeros(128, np.uint8), np.zeros(128, np.uint8)
    before[[49, 54, 51, 50]] = 120, 100, 128, 128
    now[[49, 54, 51, 50]] = 128, 96, 144, 48
    expected = [1, 0, -0.4, 0.2, -1, 0.5, -0.25, 0.5, -1]
    np.testing.assert_allclose(ram.features(now, before, 4), expected, rtol=1e-6)
    before[54] = 0  # the ball was not there
    np.testing.assert_allclose(ram.features(now, before, 4)[[0, 5, 6]], [1, 0, 0])
    now[54] = 0
    np.testing.assert_allclose(ram.features(now, before, 4)[[0, 1, 2, 5, 6]], 0)
    assert len(ram.NAMES) == 9


def test_features_stay_in_their_bounds() -> None:
    previous = np.zeros(128, np.uint8)
    for _, memory in frames_of_random_play(2000, seed=2):
        features = ram.features(memory, previous, 1)
        assert features.dtype == np.float32 and np.abs(features).max() <= 1
        previous = memory

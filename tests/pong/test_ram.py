"""The memory addresses, verified against the screen, and the features made of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

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
    assert ram.features(now.tobytes(), before.tobytes(), 4) == expected and len(ram.NAMES) == 9
    before[54] = 0  # the ball was not there
    assert np.take(ram.features(now.tobytes(), before.tobytes(), 4), [0, 5, 6]).tolist() == [1, 0, 0]
    now[54] = 0
    assert not np.take(ram.features(now.tobytes(), before.tobytes(), 4), [0, 1, 2, 5, 6]).any()


@given(st.binary(min_size=128, max_size=128), st.binary(min_size=128, max_size=128), st.integers(1, 8))
def test_features_of_many_are_the_same_and_in_bounds(now: bytes, before: bytes, frame_skip: int) -> None:
    places = np.array([[memory[place] for place in (49, 54, 51, 50)] for memory in (now, before)], np.uint8)
    one = np.array(ram.features(now, before, frame_skip), np.float32)
    many = ram.features_of_places(places[:1], places[1:], frame_skip)
    assert many.tobytes() == one.tobytes() and np.abs(one).max() <= 1

"""Pong-v0 is Gymnasium's AtariPreprocessing and FrameStackObservation, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlenvs.pong.env import PongEnv
from tests.pong.consoles import gymnasium_stack

VARIANTS = [
    (3000, {"repeat_action_probability": 0.0}),
    (1200, {"repeat_action_probability": 0.25}),
    (500, {"repeat_action_probability": 0.1, "noop_max": 30, "max_num_frames_per_episode": 402}),
    (500, {"repeat_action_probability": 0.7, "frame_skip": 2, "max_num_frames_per_episode": 121}),
    (500, {"repeat_action_probability": 0.0, "frame_skip": 1, "max_num_frames_per_episode": 150}),
    (200, {"full_action_space": True, "frame_skip": 3, "max_num_frames_per_episode": 150}),
]


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("steps", "arguments"), VARIANTS)
def test_observations_rewards_and_flags_are_gymnasiums(steps: int, arguments: dict[str, Any], compiled: bool) -> None:
    if compiled:
        pytest.importorskip("numba")
    else:
        steps //= 3
    theirs, ours = gymnasium_stack(**arguments), PongEnv(compiled=compiled, **arguments)
    assert ours.observation_space == theirs.observation_space and ours.action_space == theirs.action_space
    seeds = iter([None, 7, None, None, 8] * steps)
    np.testing.assert_array_equal(ours.reset(seed=5)[0], theirs.reset(seed=5)[0])
    endings, points = 0, 0
    for action in np.random.default_rng(0).integers(ours.action_space.n, size=steps).tolist():
        expected, result = theirs.step(action), ours.step(action)
        np.testing.assert_array_equal(result[0], expected[0])
        assert result[1:4] == expected[1:4]
        assert result[4] == {"lives": expected[4]["lives"], "point": expected[1]}
        points += result[1] != 0
        if result[2] or result[3]:
            endings += 1
            seed = next(seeds)
            np.testing.assert_array_equal(ours.reset(seed=seed)[0], theirs.reset(seed=seed)[0])
    assert endings + points > 0


def test_a_game_ends_as_gymnasiums_at_21_points() -> None:
    theirs, ours = (make(repeat_action_probability=0.0) for make in (gymnasium_stack, PongEnv))
    for env in (theirs, ours):
        env.reset(seed=1)
    terminated, total = False, 0.0
    while not terminated:
        expected, result = theirs.step(0), ours.step(0)
        np.testing.assert_array_equal(result[0], expected[0])
        assert result[1:4] == expected[1:4]
        terminated, total = result[2], total + result[1]
    assert total == -21.0

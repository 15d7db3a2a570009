from __future__ import annotations

import math

import numpy as np
import pytest

from rlenvs.leaderboard.curves import aggregate_curves, area_under_curve, first_reaching, median_time


def test_curves_on_different_steps_meet_on_one_grid():
    xs = [np.array([0.0, 10.0]), np.array([0.0, 4.0, 10.0])]
    ys = [np.array([0.0, 1.0]), np.array([0.0, 0.4, 1.0])]
    curve = aggregate_curves(xs, ys, 11, np.random.default_rng(0))
    np.testing.assert_allclose(curve.x, np.arange(11))
    np.testing.assert_allclose(curve.middle, np.arange(11) / 10)
    assert curve.band is None  # two seeds


def test_a_run_that_ended_keeps_its_score():
    curve = aggregate_curves(
        [np.array([0.0, 5.0]), np.array([0.0, 10.0])],
        [np.array([0.0, 1.0]), np.array([0.0, 0.0])],
        3,
        np.random.default_rng(0),
    )
    np.testing.assert_allclose(curve.middle, [0, 0.5, 0.5])


def test_band_surrounds_the_curve_and_is_seeded():
    rng = np.random.default_rng(1)
    xs = [np.arange(5.0)] * 6
    ys = [np.arange(5.0) + rng.normal(0, 0.1, 5) for _ in xs]
    one, two = (aggregate_curves(xs, ys, 9, np.random.default_rng(0)) for _ in range(2))
    np.testing.assert_array_equal(one.band, two.band)
    assert one.band.shape == (2, 9)
    assert (one.band[0] <= one.middle).all() and (one.middle <= one.band[1]).all()


@pytest.mark.parametrize(
    ("steps", "scores", "area"),
    [
        ([0, 100], [1, 1], 1.0),
        ([0, 100], [0, 1], 0.5),
        ([50, 100], [1, 1], 0.75),  # from 0 at step 0 to 1 at step 50
        ([0, 50], [1, 1], 1.0),  # keeps its score to the end of the budget
        ([0, 200], [0, 1], 0.25),  # what comes after the budget does not count
    ],
)
def test_area_under_curve(steps, scores, area):
    assert area_under_curve(np.array(steps), np.array(scores), 100) == pytest.approx(area)


def test_one_lucky_evaluation_is_not_reaching():
    steps = np.arange(7)
    assert first_reaching(steps, np.array([0, 1, 0, 1, 1, 1, 0]), 0.95) == 3
    assert first_reaching(steps, np.array([0, 1, 0, 1, 1, 0, 1]), 0.95) == math.inf
    assert first_reaching(steps[:2], np.ones(2), 0.95) == math.inf


def test_median_time_is_censored():
    assert median_time([1.0, math.inf, 2.0]) == (2.0, 2)
    assert median_time([1.0, math.inf, math.inf]) == (math.inf, 1)
    assert median_time([1.0, 2.0, math.inf, math.inf]) == (math.inf, 2)

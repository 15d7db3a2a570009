from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.leaderboard import statistics

# Scores [runs, environments] and what rliable 1.2.0 (arch 6.3) gives for them.
OURS = np.array(
    [
        [0.777, 0.682, 0.607, 0.75], [0.906, 0.564, 0.925, 0.858], [0.503, 0.717, 0.931, 0.459],
        [0.5, 0.701, 0.747, 0.641], [0.901, 0.501, 0.837, 0.871], [0.88, 0.586, 0.646, 0.737],
        [0.666, 0.92, 0.804, 0.79], [0.777, 0.834, 0.415, 0.703], [0.947, 0.864, 0.73, 0.863],
        [0.721, 0.704, 0.83, 0.611],
    ]
)  # fmt: skip
THEIRS = np.array(
    [
        [0.464, 0.654, 0.654, 0.483], [0.652, 0.536, 0.735, 0.704], [0.546, 0.631, 0.487, 0.493],
        [0.918, 0.579, 0.516, 0.582], [0.635, 0.42, 0.387, 0.273], [0.432, 0.601, 0.313, 0.271],
        [0.579, 0.788, 0.698, 0.357], [0.461, 0.598, 0.383, 0.663],
    ]
)  # fmt: skip
GOLDEN = {
    "iqm": (0.75055, 0.5526875, 0.69584875, 0.7995),
    "mean": (0.73515, 0.54665625, 0.691149375, 0.777575),
    "median": (0.73775, 0.55375, 0.68615, 0.7822),
    "optimality_gap": (0.26485, 0.45334375, 0.222425, 0.308850625),
}
GOLDEN_IMPROVEMENT = (0.809375, 0.7, 0.90625)
GOLDEN_PROFILE = (
    [0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    [1.0, 1.0, 0.925, 0.825, 0.675, 0.375, 0.15, 0.0],
)

SCORES, REFERENCE = list(OURS.T), list(THEIRS.T)


def generator() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("name", GOLDEN)
def test_statistics_agree_with_rliable(name):
    ours, theirs, low, high = GOLDEN[name]
    statistic = getattr(statistics, name)
    assert statistic(SCORES) == pytest.approx(ours, abs=1e-12)
    assert statistic(REFERENCE) == pytest.approx(theirs, abs=1e-12)
    interval = statistics.interval(SCORES, statistic, generator(), 20_000)
    assert interval == pytest.approx((low, high), abs=4e-3)  # two bootstraps of another generator


def test_probability_of_improvement_agrees_with_rliable():
    value, low, high = GOLDEN_IMPROVEMENT
    assert statistics.probability_of_improvement(SCORES, REFERENCE) == pytest.approx(value, abs=1e-12)
    interval = statistics.improvement_interval(SCORES, REFERENCE, generator(), 8_000)
    assert interval == pytest.approx((low, high), abs=1e-2)


def test_ties_count_one_half():
    ours = [np.array([1.0, 0.0, 0.5]), np.array([1.0, 1.0, 0.0])]
    theirs = [np.array([1.0, 0.5]), np.array([0.0, 1.0])]
    assert statistics.probability_of_improvement(ours, theirs) == pytest.approx(0.45833333333333337)  # rliable's


def test_performance_profile_agrees_with_rliable():
    thresholds, shares = GOLDEN_PROFILE
    np.testing.assert_allclose(statistics.performance_profile(SCORES, np.array(thresholds)), shares, atol=1e-12)


def test_area_of_profile_is_one_minus_optimality_gap():
    thresholds = np.linspace(0, 1, 20_001)
    area = statistics.performance_profile(SCORES, thresholds).mean()
    assert area == pytest.approx(1 - statistics.optimality_gap(SCORES), abs=1e-4)


def test_iqm_ignores_the_outer_quarters():
    assert statistics.iqm([np.array([-1e9, 1.0, 2.0, 1e9])]) == 1.5
    assert statistics.iqm([np.array([1.0, 2.0, 6.0])]) == 3.0  # fewer than four runs: nothing is cut


@given(st.integers(1, 12), st.integers(1, 4), st.integers(0, 2**31))
def test_statistics_of_equal_scores_are_that_score(seeds, environments, seed):
    value = np.random.default_rng(seed).uniform(-1, 1)
    scores = [np.full(seeds, value)] * environments
    for statistic in (statistics.iqm, statistics.mean, statistics.median):
        assert statistic(scores) == pytest.approx(value)
    assert statistics.optimality_gap(scores) == pytest.approx(1 - value)
    assert statistics.probability_of_improvement(scores, scores) == 0.5


def test_resampling_stays_within_environments():
    replicates = statistics.resample([np.arange(5.0), np.arange(10.0, 16.0)], generator(), 100)
    assert [r.shape for r in replicates] == [(100, 5), (100, 6)]
    assert set(np.unique(replicates[0])) <= set(range(5)) and replicates[1].min() >= 10


def test_same_generator_same_interval():
    first = statistics.interval(SCORES, statistics.iqm, generator())
    assert first == statistics.interval(SCORES, statistics.iqm, generator())
    assert first != statistics.interval(SCORES, statistics.iqm, np.random.default_rng(1))


def test_interval_covers_the_true_mean_about_95_times_of_100():
    rng = np.random.default_rng(0)
    samples = rng.normal(0.0, 1.0, (300, 2, 20))
    intervals = [statistics.interval(list(s), statistics.mean, rng, 400) for s in samples]
    covered = np.mean([low <= 0 <= high for low, high in intervals])
    assert 0.88 < covered < 0.98  # percentile intervals are a little narrow at 20 seeds


def test_under_five_seeds_there_is_no_interval():
    few = [values[:4] for values in SCORES]
    assert statistics.interval(few, statistics.iqm, generator()) is None
    assert statistics.improvement_interval(SCORES, few, generator()) is None
    assert statistics.difference_interval(few, few, statistics.iqm, generator()) is None
    assert statistics.rank_ranges([SCORES, few], statistics.iqm, generator()) == [(1, 1), None]


def test_pairs_cancel_what_seeds_share():
    shared = np.random.default_rng(0).normal(0, 10, 12)
    ours, theirs = [shared + 1.0], [shared]
    low, high = statistics.difference_interval(ours, theirs, statistics.mean, generator(), paired=True)
    assert low == pytest.approx(1.0) and high == pytest.approx(1.0)
    low, high = statistics.difference_interval(ours, theirs, statistics.mean, generator())
    assert low < 0 < 2 < high


def test_pairs_must_match():
    with pytest.raises(ValueError, match="environment 0 has 10 runs on one side and 8 on the other"):
        statistics.difference_interval(SCORES, REFERENCE, statistics.mean, generator(), paired=True)


def test_rank_ranges_separate_what_differs_and_join_what_does_not():
    best = [np.full(8, 0.9)]
    rng = np.random.default_rng(3)
    middle = [[rng.normal(0.5, 0.1, 8)], [rng.normal(0.5, 0.1, 8)]]
    ranges = statistics.rank_ranges([*middle, best], statistics.iqm, generator())
    assert ranges == [(2, 3), (2, 3), (1, 1)]


def test_equal_rows_share_the_better_rank():
    rows = [[np.ones(5)], [np.ones(5)], [np.zeros(5)]]
    assert statistics.rank_ranges(rows, statistics.iqm, generator()) == [(1, 1), (1, 1), (3, 3)]

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.seed_statistics import T_975, excludes_zero, over_seeds, written


def test_the_interval_is_students():
    """Of 1, 2, 3, 4, 5 by hand: 3 and 2.776 * sqrt(2.5 / 5) to either side."""
    estimate = over_seeds([1, 2, 3, 4, 5])
    assert estimate.value == 3 and estimate.interval == pytest.approx((3 - 1.96293, 3 + 1.96293), abs=1e-4)


def test_intervals_of_normal_numbers_cover_their_mean_as_often_as_they_say():
    rng = np.random.default_rng(0)
    for seeds in (2, 3, 10):
        intervals = [over_seeds(rng.normal(1.0, 2.0, seeds)).interval for _ in range(2_000)]
        assert np.mean([low <= 1.0 <= high for low, high in intervals]) == pytest.approx(0.95, abs=0.015)


def test_quantiles_fall_towards_the_normal_one():
    assert all(one > other for one, other in zip(T_975, [*T_975[1:], 1.96], strict=True))
    wide = over_seeds(np.arange(100.0)).interval
    assert wide[1] - 49.5 == pytest.approx(2.086 * np.arange(100.0).std(ddof=1) / 10)


def test_what_seeds_share_widens_the_interval_also_where_they_agree():
    low, high = over_seeds([0.5, 0.5, 0.5], shared_error=0.01).interval
    assert (low, high) == pytest.approx((0.5 - 0.0196, 0.5 + 0.0196), abs=1e-4)
    apart = over_seeds([0.4, 0.6]).interval.high - 0.5
    both = over_seeds([0.4, 0.6], shared_error=0.1).interval.high - 0.5
    assert both == pytest.approx(math.hypot(apart, 0.196), abs=1e-4)


def test_one_seed_has_no_interval_and_none_no_mean():
    estimate = over_seeds([0.25])
    assert estimate.interval is None and not excludes_zero(estimate) and written(estimate, "+.1f", 100) == "+25.0"
    with pytest.raises(ValueError, match="values is empty"):
        over_seeds([])


def test_an_interval_excludes_zero_on_either_side():
    assert excludes_zero(over_seeds([1.0, 1.1])) and excludes_zero(over_seeds([-1.0, -1.1]))
    assert not excludes_zero(over_seeds([-1.0, 1.1]))
    assert written(over_seeds([1.0, 1.0]), ".1f") == "1.0 [1.0, 1.0]"

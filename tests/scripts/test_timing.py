"""What the benchmarks of environments share."""

from __future__ import annotations

from scripts.timing import Bar, ratio


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    bar = Bar("claim", "ours", "peer", 2)
    assert ratio(bar, {"ours": [8.0, 6.0, 9.0], "peer": [2.0, 3.0, 1.0]}) == 4
    assert ratio(bar, {"ours": [1.0]}) is None

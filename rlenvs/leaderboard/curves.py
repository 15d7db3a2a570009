"""Learning curves of several seeds: on one grid, with bands, areas and times to a threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rlenvs.leaderboard.statistics import enough_seeds, iqm, percentile_band, resample

BAND_REPLICATES = 2_000
CONSECUTIVE = 3


class Curve(NamedTuple):
    """IQM over seeds at each x, and the bounds ``[2, G]`` of its 95 % band where there are seeds enough."""

    x: np.ndarray
    middle: np.ndarray
    band: np.ndarray | None


def aggregate_curves(
    xs: Sequence[np.ndarray],
    ys: Sequence[np.ndarray],
    points: int,
    rng: np.random.Generator,
    logarithmic: bool = False,
) -> Curve:
    """The IQM over seeds of curves that need not share their x values.

    Values between two evaluations are interpolated linearly; a run that ended keeps its last value. The grid
    begins where the last of the runs has its first value.

    Args:
        xs: For each seed the steps or seconds of its evaluations, increasing.
        ys: For each seed its values there.
        points: Number of grid points.
        rng: Generator of the bootstrap.
        logarithmic: Space the grid by equal ratios; then all x must be positive.
    """
    spacing = np.geomspace if logarithmic else np.linspace
    grid = spacing(max(x[0] for x in xs), max(x[-1] for x in xs), points)
    values = np.array([np.interp(grid, x, y) for x, y in zip(xs, ys, strict=True)])
    middle = iqm([values.T])
    if not enough_seeds([values]):
        return Curve(grid, middle, None)
    (replicates,) = resample([values], rng, BAND_REPLICATES)
    return Curve(grid, middle, percentile_band(iqm([replicates.swapaxes(-1, -2)])))


def area_under_curve(steps: np.ndarray, scores: np.ndarray, budget: float) -> float:
    """The mean score over the budget, by the trapezoidal rule: 1 is optimal from the first step on.

    A run not evaluated at step 0 starts there at 0, the score of the uniformly random policy; after its last
    evaluation a run keeps its score.
    """
    x, y = np.asarray(steps, float), np.asarray(scores, float)
    if x[0] > 0:
        x, y = np.insert(x, 0, 0.0), np.insert(y, 0, 0.0)
    inside = x < budget
    x_in, y_in = np.append(x[inside], budget), np.append(y[inside], np.interp(budget, x, y))
    return float(((y_in[1:] + y_in[:-1]) / 2 * np.diff(x_in)).sum() / budget)


def first_reaching(x: np.ndarray, scores: np.ndarray, threshold: float, consecutive: int = CONSECUTIVE) -> float:
    """The x of the first of `consecutive` evaluations in a row at or above `threshold`; inf if there is none.

    One lucky evaluation does not count. inf means "not reached within the budget": a median over seeds stays
    right with it, a mean does not.
    """
    reached = np.asarray(scores) >= threshold
    for index in range(len(reached) - consecutive + 1):
        if reached[index : index + consecutive].all():
            return float(x[index])
    return math.inf


def median_time(times: Sequence[float]) -> tuple[float, int]:
    """The median time to a threshold over seeds and how many reached it; inf where half or more did not.

    For an even number of seeds the upper middle value is taken: it needs no mean of a number and inf.
    """
    ordered = sorted(times)
    return ordered[len(ordered) // 2], sum(math.isfinite(time) for time in times)

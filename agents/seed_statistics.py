"""Means over training seeds with 95 % intervals by Student's t, for tables of a few seeds.

The leaderboard's bootstrap asks for five seeds, and of so few it is narrow; t's interval has its level from two seeds
on, as far as their results scatter normally.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from agents.answer_statistics import NORMAL_95
from rlenvs.leaderboard.aggregation import Estimate
from rlenvs.leaderboard.statistics import Interval

# The 97.5 % quantile for 1, 2, 3 ... degrees of freedom; the last one, which is a little too wide, for all above.
T_975 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)


def over_seeds(values: ArrayLike, shared_error: float = 0.0) -> Estimate:
    """The mean of one number a seed, with its interval where there are two seeds or more.

    Args:
        values: `[S]`; for a paired comparison the differences within seeds.
        shared_error: standard error of what all seeds share and their scatter cannot show, such as the problems that
            all are examined on; its own 95 % are added as independent.

    Raises:
        ValueError: there is no number.
    """
    numbers = np.asarray(values, dtype=float)
    if not len(numbers):
        raise ValueError("values is empty: give one number a seed")
    mean = float(numbers.mean())
    if len(numbers) == 1:
        return Estimate(mean)
    quantile = T_975[min(len(numbers) - 1, len(T_975)) - 1]
    scatter = quantile * float(numbers.std(ddof=1)) / len(numbers) ** 0.5
    half = math.hypot(scatter, NORMAL_95 * shared_error)
    return Estimate(mean, Interval(mean - half, mean + half))


def excludes_zero(estimate: Estimate) -> bool:
    """Whether the interval lies on one side of 0; not so where there is none."""
    interval = estimate.interval
    return interval is not None and (interval.low > 0 or interval.high < 0)


def written(estimate: Estimate, form: str, scale: float = 1.0) -> str:
    """``+8.0 [+6.1, +9.9]``, each number times `scale` in the format `form`."""
    text = f"{scale * estimate.value:{form}}"
    if estimate.interval is None:
        return text
    low, high = (f"{scale * bound:{form}}" for bound in estimate.interval)
    return f"{text} [{low}, {high}]"

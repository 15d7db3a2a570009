"""Pass rates of k responses to each of n problems, with intervals over problems: responses to one are not independent.

An interval says how much another draw of problems of the same kind would matter; not another seed of training.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NORMAL_95 = 1.959964


def pass_at(right: NDArray[np.bool_], k: int) -> NDArray[np.float64]:
    """Chance that one of k responses is right, by problem: 1 - C(n - c, k) / C(n, k) (arXiv 2107.03374), unbiased.

    Args:
        right: `[problems, n]`.
        k: at most n.

    Raises:
        ValueError: k is below 1 or above n.
    """
    tries = right.shape[1]
    if not 1 <= k <= tries:
        raise ValueError(f"k={k}: there are {tries} responses to a problem; choose 1 to {tries}")
    wrong = (~right).sum(axis=1, keepdims=True)
    drawn = np.arange(k)
    return 1.0 - (np.maximum(wrong - drawn, 0) / (tries - drawn)).prod(axis=1)


def tries_reported(tries: int) -> list[int]:
    """1, 2, 4 ... below `tries`, and `tries`."""
    return [*(1 << power for power in range((tries - 1).bit_length())), tries]


def standard_error(by_problem: NDArray[np.float64]) -> float:
    """Of the mean over problems; 0 for a single one."""
    return float(by_problem.std(ddof=1) / len(by_problem) ** 0.5) if len(by_problem) > 1 else 0.0


def interval(by_problem: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean of shares, and the ends of its 95 % interval (Wilson 1927), which has a width also where all are 0 or 1.

    Wilson's takes the number of independent answers. That is what the deviation over problems amounts to, p (1 - p)
    over the squared standard error; where all problems fared alike, their number.
    """
    mean, error = float(by_problem.mean()), standard_error(by_problem)
    count = mean * (1 - mean) / error**2 if error > 0 else len(by_problem)
    pull = NORMAL_95**2 / count
    middle = (mean + pull / 2) / (1 + pull)
    half = (pull * mean * (1 - mean) + pull**2 / 4) ** 0.5 / (1 + pull)
    return mean, max(0.0, middle - half), min(1.0, middle + half)


def groups_of(labels: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Places of each label, labels in the order of the alphabet."""
    named = np.array(labels, dtype=object)
    return {label: np.flatnonzero(named == label) for label in sorted(set(labels))}

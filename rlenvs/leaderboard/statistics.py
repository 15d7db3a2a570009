"""Aggregate scores and their uncertainty, after Agarwal et al. 2021 (arXiv:2108.13264), in NumPy alone.

`Scores` are one array for each environment, with one normalised score for each training seed: ``[..., n_e]``.
Leading dimensions are bootstrap replicates, so a statistic and its bootstrap are the same code. The numbers
agree with the authors' library rliable 1.2 where that has them.

A training seed is the unit: evaluation episodes are averaged before they come here. Fewer than `MIN_SEEDS`
seeds give no interval, for a percentile bootstrap of so few values is too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

Scores = Sequence[np.ndarray]
Statistic = Callable[[Scores], np.ndarray]

MIN_SEEDS = 5
REPLICATES = 10_000
LEVEL = 0.95


class Interval(NamedTuple):
    """The bounds of a percentile bootstrap interval."""

    low: float
    high: float


def iqm(scores: Scores) -> np.ndarray:
    """Interquartile mean: the mean of the middle half of all runs of all environments.

    As in rliable (``scipy.stats.trim_mean(x, 0.25)``), ``floor(n / 4)`` runs are cut at each end.
    """
    pooled = np.sort(np.concatenate(list(scores), axis=-1), axis=-1)
    cut = pooled.shape[-1] // 4
    return pooled[..., cut : pooled.shape[-1] - cut].mean(axis=-1)


def mean(scores: Scores) -> np.ndarray:
    """The mean over environments of the mean over seeds."""
    return _environment_means(scores).mean(axis=-1)


def median(scores: Scores) -> np.ndarray:
    """The median over environments of the mean over seeds."""
    return np.median(_environment_means(scores), axis=-1)


def optimality_gap(scores: Scores, target: float = 1.0) -> np.ndarray:
    """How far runs fall short of `target` on average; what exceeds it counts nothing. Lower is better."""
    return target - _environment_means([np.minimum(values, target) for values in scores]).mean(axis=-1)


def probability_of_improvement(scores: Scores, reference: Scores) -> np.ndarray:
    """The probability that a run beats a run of the reference, averaged over environments.

    The Mann-Whitney U statistic over ``n * m``: ties count one half. Equation 2 of the paper.
    """
    chances = []
    for ours, theirs in zip(scores, reference, strict=True):
        difference = ours[..., :, np.newaxis] - theirs[..., np.newaxis, :]
        chances.append(((difference > 0) + 0.5 * (difference == 0)).mean(axis=(-2, -1)))
    return np.mean(chances, axis=0)


def performance_profile(scores: Scores, thresholds: np.ndarray) -> np.ndarray:
    """The share of runs that score above each threshold ``[..., G]``, averaged over environments.

    Equation 3 of the paper. Its area left of 1 is one minus the optimality gap.
    """
    shares = [(values[..., np.newaxis] > thresholds).mean(axis=-2) for values in scores]
    return np.mean(shares, axis=0)


def resample(scores: Scores, rng: np.random.Generator, replicates: int = REPLICATES) -> list[np.ndarray]:
    """Stratified bootstrap: draws seeds with replacement within each environment.

    Args:
        scores: One array ``[n_e]`` or ``[n_e, G]`` (curves) for each environment.
        rng: The generator; the same state gives the same replicates.
        replicates: Number of replicates R.

    Returns:
        One array ``[R, n_e]`` or ``[R, n_e, G]`` for each environment.
    """
    return [values[rng.integers(0, len(values), (replicates, len(values)))] for values in scores]


def enough_seeds(*groups: Scores) -> bool:
    """Whether every environment of every group has the seeds an interval needs."""
    return all(len(values) >= MIN_SEEDS for scores in groups for values in scores)


def interval(
    scores: Scores, statistic: Statistic, rng: np.random.Generator, replicates: int = REPLICATES
) -> Interval | None:
    """The 95 % stratified bootstrap interval of a statistic; None below `MIN_SEEDS` seeds."""
    if not enough_seeds(scores):
        return None
    return percentile_interval(statistic(resample(scores, rng, replicates)))


def improvement_interval(
    scores: Scores, reference: Scores, rng: np.random.Generator, replicates: int = REPLICATES // 5
) -> Interval | None:
    """The 95 % interval of `probability_of_improvement`, both sides resampled independently."""
    if not enough_seeds(scores, reference):
        return None
    ours = resample(scores, rng, replicates)
    return percentile_interval(probability_of_improvement(ours, resample(reference, rng, replicates)))


def difference_interval(
    scores: Scores,
    reference: Scores,
    statistic: Statistic,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    paired: bool = False,
) -> Interval | None:
    """The 95 % interval of ``statistic(scores) - statistic(reference)``.

    Args:
        scores: One side.
        reference: The other side.
        statistic: For example `iqm`.
        rng: Generator of the bootstrap.
        replicates: Number of replicates.
        paired: Draw pairs, not runs: ``scores[e][i]`` and ``reference[e][i]`` share their training seed, so what the
            seed does to both cancels.

    Raises:
        ValueError: Pairs are asked for, but an environment has unequal numbers of runs.
    """
    if paired:
        _check_pairs(scores, reference)
    if not enough_seeds(scores, reference):
        return None
    if paired:
        pairs = [np.stack(pair, axis=-1) for pair in zip(scores, reference, strict=True)]
        drawn = resample(pairs, rng, replicates)
        ours, theirs = [pair[..., 0] for pair in drawn], [pair[..., 1] for pair in drawn]
    else:
        ours, theirs = resample(scores, rng, replicates), resample(reference, rng, replicates)
    return percentile_interval(statistic(ours) - statistic(theirs))


def _check_pairs(scores: Scores, reference: Scores) -> None:
    for index, (ours, theirs) in enumerate(zip(scores, reference, strict=True)):
        if len(ours) != len(theirs):
            raise ValueError(
                f"environment {index} has {len(ours)} runs on one side and {len(theirs)} on the other: "
                f"a paired comparison needs the same seeds"
            )


def rank_ranges(
    rows: Sequence[Scores], statistic: Statistic, rng: np.random.Generator, replicates: int = REPLICATES
) -> list[tuple[int, int] | None]:
    """The ranks, 1 the best, that each row takes in 95 % of the bootstrap replicates: (best, worst).

    Rows with too few seeds get None and take no part in the ranking. Equal values share the better rank.
    """
    ranked = [index for index, scores in enumerate(rows) if enough_seeds(scores)]
    values = np.array([statistic(resample(rows[index], rng, replicates)) for index in ranked])
    ranges: list[tuple[int, int] | None] = [None] * len(rows)
    for index, own in zip(ranked, values, strict=True):
        ranks = 1 + (values > own).sum(axis=0)
        low, high = np.percentile(ranks, _percentiles(), method="inverted_cdf")
        ranges[index] = (int(low), int(high))
    return ranges


def percentile_interval(replicates: np.ndarray) -> Interval:
    """The central 95 % of bootstrap replicates ``[R]``."""
    low, high = np.percentile(replicates, _percentiles())
    return Interval(float(low), float(high))


def percentile_band(replicates: np.ndarray) -> np.ndarray:
    """The central 95 % of bootstrap replicates of a curve, ``[R, G]`` to ``[2, G]``."""
    return np.percentile(replicates, _percentiles(), axis=0)


def _percentiles() -> tuple[float, float]:
    return 50 * (1 - LEVEL), 50 * (1 + LEVEL)


def _environment_means(scores: Scores) -> np.ndarray:
    return np.stack([values.mean(axis=-1) for values in scores], axis=-1)

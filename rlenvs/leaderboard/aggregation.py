"""From grouped runs to the numbers of a leaderboard, each with what is known about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlenvs.leaderboard import statistics
from rlenvs.leaderboard.curves import area_under_curve
from rlenvs.leaderboard.evaluation import protocol
from rlenvs.leaderboard.files import RecordError
from rlenvs.leaderboard.grouping import Group, Groups, by_protocol, group_runs
from rlenvs.leaderboard.reading import RunRecord
from rlenvs.leaderboard.statistics import Interval, Scores

BOOTSTRAP_SEED = 0
REFERENCE = "ppo"


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval; None where there are too few seeds for one."""

    value: float
    interval: Interval | None = None


@dataclass(frozen=True)
class Row:
    """One agent of a leaderboard.

    Attributes:
        label: The agent's name.
        environments: IQM over seeds in each environment it ran in.
        iqm, mean, median, optimality_gap: Over the suite; None unless the agent ran in all of it.
        improvement: Probability that a run beats a run of the reference; None for the reference itself.
        ranks: Best and worst rank among the bootstrap replicates' 95 %.
        auc: Mean over environments of the mean score over the budget: how soon the agent is good.
        seeds: The fewest seeds that stand behind a cell.
        failed: Runs that ended without a score.
        env_steps_per_s: Median over runs.
        wall_s: Median seconds of training over runs.
    """

    label: str
    environments: dict[str, Estimate]
    iqm: Estimate | None
    mean: Estimate | None
    median: Estimate | None
    optimality_gap: Estimate | None
    improvement: Estimate | None
    ranks: tuple[int, int] | None
    auc: float | None
    seeds: int
    failed: int
    env_steps_per_s: float | None
    wall_s: float | None


@dataclass(frozen=True)
class Leaderboard:
    """One protocol's rows, best first.

    Attributes:
        protocol: The protocol's name.
        environments: All environments, sorted.
        suite: Those with normalised scores, over which rows are aggregated.
        reference: The agent that `Row.improvement` compares with.
        seeds_required: Seeds of a complete row.
        rows: The agents.
        groups: The runs behind the numbers.
    """

    protocol: str
    environments: tuple[str, ...]
    suite: tuple[str, ...]
    reference: str
    seeds_required: int
    rows: tuple[Row, ...]
    groups: Groups = dataclasses.field(repr=False)

    @property
    def unit(self) -> str:
        """What budgets count."""
        return next(group.unit for row in self.groups.values() for group in row.values())

    def to_json(self) -> dict[str, Any]:
        """The leaderboard as plain JSON types, without the runs."""
        names = ("protocol", "environments", "suite", "reference", "seeds_required")
        rows = [dataclasses.asdict(row) for row in self.rows]
        return {name: getattr(self, name) for name in names} | {
            "bootstrap_seed": BOOTSTRAP_SEED,
            "rows": rows,
        }


def build_leaderboards(records: Iterable[RunRecord], reference: str | None = None) -> list[Leaderboard]:
    """One leaderboard for each protocol among `records`.

    Args:
        records: Finished runs.
        reference: The agent others are compared with; by default ``ppo`` if it is there, else the first.

    Raises:
        RecordError: A run is there twice, no run has a score, or no protocol has the reference.
    """
    grouped = {name: group_runs(runs) for name, runs in by_protocol(records).items()}
    scored = {name: groups for name, groups in grouped.items() if any(_environments(groups))}
    if not scored:
        raise RecordError("no run has a score: train one with python -m scripts.train")
    if reference is not None and not any(reference in groups for groups in scored.values()):
        known = ", ".join(sorted({label for groups in scored.values() for label in groups}))
        raise RecordError(f"reference is {reference!r}: choose one of {known}")
    return [_leaderboard(name, groups, reference) for name, groups in scored.items()]


def generator() -> np.random.Generator:
    """A new generator of the page's bootstrap: every interval is drawn alike, whatever else stands beside it."""
    return np.random.default_rng(BOOTSTRAP_SEED)


def _environments(groups: Groups) -> list[str]:
    return sorted({name for row in groups.values() for name, group in row.items() if group.runs})


def _leaderboard(name: str, groups: Groups, reference: str | None) -> Leaderboard:
    environments = _environments(groups)
    suite = [env for env in environments if all(row[env].normalised for row in groups.values() if env in row)]
    compared = next(label for label in (reference, REFERENCE, min(groups)) if label is not None and label in groups)
    against = _suite_scores(groups[compared], suite)
    complete = {label: scores for label, row in groups.items() if (scores := _suite_scores(row, suite))}
    ranges = statistics.rank_ranges(list(complete.values()), statistics.iqm, generator())
    ranks = dict(zip(complete, ranges, strict=True))
    rows = [
        _row(label, row, suite, None if label == compared else against, ranks.get(label))
        for label, row in groups.items()
    ]
    return Leaderboard(
        protocol=name,
        environments=tuple(environments),
        suite=tuple(suite),
        reference=compared,
        seeds_required=protocol(name).seeds,
        rows=tuple(sorted(rows, key=_best_first)),
        groups=groups,
    )


def _row(
    label: str,
    groups: Mapping[str, Group],
    suite: Sequence[str],
    against: list[np.ndarray] | None,
    ranks: tuple[int, int] | None,
) -> Row:
    scored = {name: group for name, group in groups.items() if group.runs}
    scores = _suite_scores(groups, suite)

    def over_suite(statistic: Callable[[Scores], np.ndarray]) -> Estimate | None:
        return estimate(scores, statistic) if scores else None

    return Row(
        label=label,
        environments={name: estimate([group.scores], statistics.iqm) for name, group in scored.items()},
        iqm=over_suite(statistics.iqm),
        mean=over_suite(statistics.mean),
        median=over_suite(statistics.median),
        optimality_gap=over_suite(statistics.optimality_gap),
        improvement=_improvement(scores, against) if scores and against else None,
        ranks=ranks,
        auc=_auc([scored[name] for name in suite]) if scores else None,
        seeds=min((len(group.runs) for group in scored.values()), default=0),
        failed=sum(len(group.failed) for group in groups.values()),
        env_steps_per_s=_median_result(scored.values(), "env_steps_per_s"),
        wall_s=_median_result(scored.values(), "wall_s"),
    )


def estimate(scores: Scores, statistic: Callable[[Scores], np.ndarray]) -> Estimate:
    """A statistic of `scores` with its interval."""
    return Estimate(float(statistic(scores)), statistics.interval(scores, statistic, generator()))


def _improvement(scores: Scores, reference: Scores) -> Estimate:
    value = float(statistics.probability_of_improvement(scores, reference))
    return Estimate(value, statistics.improvement_interval(scores, reference, generator()))


def _suite_scores(row: Mapping[str, Group], suite: Sequence[str]) -> list[np.ndarray] | None:
    """The agent's scores in every environment of the suite; None where one is missing."""
    complete = suite and all(name in row and row[name].runs for name in suite)
    return [row[name].scores for name in suite] if complete else None


def _auc(groups: Sequence[Group]) -> float | None:
    """Mean over environments of the mean area under the runs' learning curves; None where runs kept no curve."""
    areas = []
    for group in groups:
        curves = [evaluations(run) for run in group.runs]
        if not all(len(steps) for steps, _ in curves):
            return None
        budget = group.runs[0].spec.budget
        areas.append(np.mean([area_under_curve(steps, scores, budget) for steps, scores in curves]))
    return float(np.mean(areas))


def evaluations(run: RunRecord, x: str = "step", y: str = "score") -> tuple[np.ndarray, np.ndarray]:
    """A run's evaluations as two arrays: steps (or ``wall_s``) and scores (or another metric of these rows)."""
    rows = [row for row in run.metrics if row.get("score") is not None]
    pairs = [(row[x], row[y]) for row in rows if row.get(x) is not None and row.get(y) is not None]
    columns = np.array(pairs, dtype=float).reshape(-1, 2).T
    return columns[0], columns[1]


def _median_result(groups: Iterable[Group], name: str) -> float | None:
    found = [value for group in groups for value in group.results(name)]
    return float(np.median(found)) if found else None


def _best_first(row: Row) -> tuple[bool, float, str]:
    return row.iqm is None, -(row.iqm.value if row.iqm else 0.0), row.label

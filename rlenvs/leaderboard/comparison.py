"""Two agents under the same rules: by how much, and how surely, is one better?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Group as Renderables
from rich.text import Text

from rlenvs.leaderboard import statistics
from rlenvs.leaderboard.aggregation import BOOTSTRAP_SEED, Estimate, estimate, generator
from rlenvs.leaderboard.files import RecordError
from rlenvs.leaderboard.grouping import Group, by_protocol, group_runs
from rlenvs.leaderboard.reading import RunRecord
from rlenvs.leaderboard.statistics import LEVEL, MIN_SEEDS
from rlenvs.leaderboard.tables import NOTHING, number, rich_table, stacked

SUITE = "all"


@dataclass(frozen=True)
class Difference:
    """Side A against side B in one environment, or over all of them."""

    environment: str
    a: Estimate
    b: Estimate
    difference: Estimate
    improvement: Estimate

    @property
    def better(self) -> str:
        """``A`` or ``B`` if the difference's interval lies on one side of 0, else ``?``; ``–`` without interval."""
        interval = self.difference.interval
        if interval is None:
            return NOTHING
        return "A" if interval.low > 0 else "B" if interval.high < 0 else "?"


@dataclass(frozen=True)
class Comparison:
    """All differences between two agents.

    Attributes:
        a, b: The agents' labels.
        protocol: Their common protocol.
        paired: Whether runs were paired by seed.
        differences: One for each environment, then one over all with normalised scores if there are several.
    """

    a: str
    b: str
    protocol: str
    paired: bool
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain JSON types."""
        rows = [dataclasses.asdict(row) | {"better": row.better} for row in self.differences]
        return dataclasses.asdict(self) | {"bootstrap_seed": BOOTSTRAP_SEED, "differences": rows}


def compare(a: Sequence[RunRecord], b: Sequence[RunRecord]) -> Comparison:
    """Compares the runs of two agents.

    Raises:
        RecordError: A side holds several agents or protocols, or the sides differ in protocol, environments or budgets.
    """
    (protocol_a, name_a, groups_a), (protocol_b, name_b, groups_b) = _side(a, "A"), _side(b, "B")
    if protocol_a != protocol_b:
        raise RecordError(f"A follows protocol {protocol_a}, B {protocol_b}: scores under different rules say nothing")
    if set(groups_a) != set(groups_b):
        only = ", ".join(sorted(set(groups_a) ^ set(groups_b)))
        raise RecordError(f"{only}: only one side has runs there; train the other or leave these runs out")
    for name in groups_a:
        _check_budgets(name, groups_a[name], groups_b[name])
    paired = all(groups_a[name].seeds == groups_b[name].seeds for name in groups_a)
    chosen = [([groups_a[name]], [groups_b[name]], name) for name in sorted(groups_a)]
    suite = [name for name in sorted(groups_a) if groups_a[name].normalised and groups_b[name].normalised]
    if len(suite) > 1:
        chosen.append(([groups_a[name] for name in suite], [groups_b[name] for name in suite], SUITE))
    rows = tuple(_difference(ours, theirs, name, paired) for ours, theirs, name in chosen)
    return Comparison(name_a, name_b, protocol_a, paired, rows)


def _side(records: Sequence[RunRecord], side: str) -> tuple[str, str, Mapping[str, Group]]:
    """The protocol, the agent's label and its groups by environment."""
    protocols = by_protocol(records)
    if len(protocols) != 1:
        raise RecordError(
            f"{side} holds runs of {', '.join(protocols) or 'no protocol'}: name the runs of one protocol"
        )
    ((protocol, runs),) = protocols.items()
    agents = group_runs(runs)
    if len(agents) != 1:
        raise RecordError(f"{side} holds the agents {', '.join(agents)}: name one, as in 'runs/*_ppo_seed*'")
    ((label, groups),) = agents.items()
    if empty := [name for name, group in groups.items() if not group.runs]:
        raise RecordError(f"{side} has no run with a score in {empty[0]}: train it again")
    return protocol, label, groups


def _check_budgets(name: str, a: Group, b: Group) -> None:
    budgets = {run.spec.budget for run in (*a.runs, *b.runs)}
    if len(budgets) > 1:
        raise RecordError(f"{name}: budgets are {', '.join(f'{n:,}' for n in sorted(budgets))}; compare equal budgets")


def _difference(a: Sequence[Group], b: Sequence[Group], name: str, paired: bool) -> Difference:
    ours, theirs = [group.scores for group in a], [group.scores for group in b]
    between = float(np.subtract(statistics.iqm(ours), statistics.iqm(theirs)))
    interval = statistics.difference_interval(ours, theirs, statistics.iqm, generator(), paired=paired)
    chance = float(statistics.probability_of_improvement(ours, theirs))
    chance_interval = statistics.improvement_interval(ours, theirs, generator())
    return Difference(
        environment=name,
        a=estimate(ours, statistics.iqm),
        b=estimate(theirs, statistics.iqm),
        difference=Estimate(between, interval),
        improvement=Estimate(chance, chance_interval),
    )


def report(comparison: Comparison) -> Renderables:
    """The comparison for a terminal."""
    title = f"A = {comparison.a}, B = {comparison.b}, protocol {comparison.protocol}"
    rows = [
        [row.environment, *map(stacked, (row.a, row.b, row.difference)), number(row.improvement.value, 2), row.better]
        for row in comparison.differences
    ]
    table = rich_table(title, ["Environment", "A", "B", "A − B", "P(A > B)", "Better"], rows)
    pairs = "pairs of equal seeds" if comparison.paired else "runs, each side by itself"
    note = (
        f"Scores are IQM over seeds, [ ] {LEVEL:.0%} intervals of a stratified bootstrap over {pairs} "
        f"(seed {BOOTSTRAP_SEED}). P(A > B): the probability that a run of A beats a run of B. "
        f"Better: the side whose interval of A − B excludes 0; ? if neither, {NOTHING} under {MIN_SEEDS} seeds."
    )
    return Renderables(table, Text(note, style="dim"))

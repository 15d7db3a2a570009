"""Which runs stand together: protocol by protocol, environment by environment, agent by agent."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rlenvs.leaderboard.files import RecordError, canonical_json
from rlenvs.leaderboard.reading import RunRecord


@dataclass(frozen=True)
class Group:
    """The runs of one agent in one environment that differ in nothing but their seed, in the order of seeds.

    Attributes:
        agent: The agent's label.
        environment: The environment's label.
        runs: Runs with a score.
        failed: Runs without: failed, killed or timed out.
    """

    agent: str
    environment: str
    runs: tuple[RunRecord, ...]
    failed: tuple[RunRecord, ...] = ()

    @property
    def scores(self) -> np.ndarray:
        """One score for each seed ``[n]``."""
        return np.array([run.result["score"] for run in self.runs], dtype=float)

    @property
    def seeds(self) -> list[int]:
        """The seeds of `runs`."""
        return [run.spec.seed for run in self.runs]

    @property
    def unit(self) -> str:
        """What the protocol's budget counts, such as environment steps."""
        return str((*self.runs, *self.failed)[0].protocol["unit"])

    @property
    def normalised(self) -> bool:
        """Whether 0 is the uniformly random policy and 1 an optimal one; else scores are plain returns."""
        return all(run.result.get("random_return") is not None for run in self.runs)

    @property
    def human(self) -> float | None:
        """A human's score, where the environment has one."""
        result = self.runs[0].result if self.runs else {}
        if not self.normalised or result.get("human_return") is None:
            return None
        random, optimal = result["random_return"], result["optimal_return"]
        return float((result["human_return"] - random) / (optimal - random))

    def results(self, name: str) -> list[float]:
        """What the runs report under `name`, where they do."""
        return [run.result[name] for run in self.runs if run.result.get(name) is not None]


Groups = Mapping[str, Mapping[str, Group]]  # agent label -> environment label -> group


def by_protocol(records: Iterable[RunRecord]) -> dict[str, list[RunRecord]]:
    """Splits records by protocol, sorted by name: scores under different rules never meet in one table.

    Raises:
        RecordError: The same run is there twice.
    """
    protocols: dict[str, list[RunRecord]] = defaultdict(list)
    seen: dict[str, Path] = {}
    for record in sorted(records, key=lambda record: record.run_id):
        if record.run_id in seen:
            raise RecordError(
                f"run {record.run_id} is there twice, in {seen[record.run_id]} and {record.path}: remove one"
            )
        seen[record.run_id] = record.path
        protocols[record.spec.protocol].append(record)
    return dict(sorted(protocols.items()))


def group_runs(records: Sequence[RunRecord]) -> Groups:
    """Groups the runs of one protocol by agent and environment, both sorted by label."""
    cells: dict[tuple[str, str], list[RunRecord]] = defaultdict(list)
    labels = _distinct_labels(records)
    for record in sorted(records, key=lambda record: record.spec.seed):
        cells[labels[record.run_id], environment_label(record)].append(record)
    table: dict[str, dict[str, Group]] = defaultdict(dict)
    for (agent, environment), runs in sorted(cells.items()):
        scored = tuple(run for run in runs if run.state == "ok" and run.result.get("score") is not None)
        failed = tuple(run for run in runs if run not in scored)
        table[agent][environment] = Group(agent, environment, scored, failed)
    return table


def environment_label(record: RunRecord) -> str:
    """The id without ``rlenvs/``, with the arguments that were set: ``FrozenLake-v0(size=8)``.

    Data files are told apart by what they hold, wherever they lie: ``Math-v0(task=file:gsm8k, data=3f81c2)``.
    """
    files = [f"{file['split']} {file['sha256']}" for file in record.provenance.get("datasets", ())]
    content = {"data": hashlib.sha256(" ".join(files).encode()).hexdigest()[:6]} if files else {}
    return record.spec.environment(**content)


def agent_label(record: RunRecord) -> str:
    """What the run calls its agent: ``result["label"]``, else the agent and its ``variant``."""
    variant = record.spec.config.get("variant")
    label = str(record.result.get("label") or record.spec.agent + (f"-{variant}" if variant else ""))
    return Path(label.partition(":")[0]).name if ".py" in label else label


def _distinct_labels(records: Sequence[RunRecord]) -> dict[str, str]:
    """A label for each run_id; where runs of one name differ in settings, it names these."""
    named: dict[str, list[RunRecord]] = defaultdict(list)
    for record in records:
        named[agent_label(record)].append(record)
    labels = {}
    for label, runs in named.items():
        differing = _differing_settings(runs)
        for run in runs:
            settings = _settings(run)
            suffix = "".join(f" {name}={settings[name]}" for name in differing if name in settings)
            labels[run.run_id] = label + suffix
    return labels


def _differing_settings(runs: Sequence[RunRecord]) -> list[str]:
    """Settings with several values within one environment; an agent may be tuned for each environment."""
    values: dict[tuple[str, str], set[str]] = defaultdict(set)
    names = sorted({name for run in runs for name in _settings(run)})
    for run in runs:
        settings = _settings(run)
        for name in names:
            values[environment_label(run), name].add(canonical_json(settings.get(name)))
    return [name for name in names if any(len(found) > 1 for (_, key), found in values.items() if key == name)]


def _settings(run: RunRecord) -> dict[str, Any]:
    return {**run.spec.config, "budget": run.spec.budget, "version": run.spec.agent_version}

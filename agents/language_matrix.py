"""Every agent on several text tasks at equal samples: what each learned, and how surely.

All agents begin from one warm start a task, answer the same unseen problems before and after, and may write the same
number of responses, those of groups that taught nothing and of greedy baselines included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.answer_statistics import NORMAL_95, interval
from agents.naming import label_of
from agents.registry import load_agent
from agents.seed_statistics import excludes_zero, over_seeds, written
from agents.text_tasks import environment_of
from rlenvs.leaderboard.aggregation import Estimate
from rlenvs.leaderboard.findings import Finding
from rlenvs.leaderboard.records import RunRecord, RunSpec

PROTOCOL, BUDGET = "text@1", 24 * 512  # later the best have nothing left to learn
SAME_FOR_ALL: dict[str, Any] = {"warm_up_seed": 0, "test_problems": 500}
TASKS = ("sort:3", "reverse:3", "string_operation:2", "brackets:1", "steps:1")
AGENTS = (
    *("reinforce@text", "reinforce@text+remax", "a2c@text"),
    *("ppo@text", "ppo@text+shared", "ppo@text+separate", "ppo@text+vapo"),
    *("grpo@text", "grpo@text+dr-grpo", "grpo@text+rloo", "grpo@text+opo"),
    *("grpo@text+reinforce-plus-plus", "grpo@text+reinforce-plus-plus-baseline"),
    *("grpo@text+dapo-text", "grpo@text+gspo", "grpo@text+cispo", "grpo@text+clip-cov-text", "grpo@text+kl-cov-text"),
)
"""REINFORCE with the batch's mean, and against the greedy response (ReMax); A2C and PPO with a detached critic unless
another is named; the methods that compare a group's responses."""


@dataclass(frozen=True)
class Cell:
    """One agent on one task.

    Attributes:
        runs: one a seed.
    """

    runs: Sequence[RunRecord]

    def mean(self, when: str) -> float:
        """Pass@1 `before` or `after`, over seeds."""
        return float(np.mean([run.result[when]["pass@1"] for run in self.runs]))

    @property
    def gain(self) -> Estimate:
        """Pass@1 after minus before; its interval covers seeds and problems.

        Every seed is examined on the same problems, so their error does not shrink with seeds. It is taken as if before
        and after had been on different problems, which is too wide where easy problems stay easy.

        Raises:
            ValueError: a run was not of a language model.
        """
        changes = [run.result["after"]["pass@1"] - run.result["before"]["pass@1"] for run in self.runs]
        squares = [_standard_error(run.result[when]) ** 2 for run in self.runs for when in ("before", "after")]
        return over_seeds(changes, shared_error=float(2 * np.mean(squares)) ** 0.5)

    @property
    def text(self) -> str:
        """``32.1 to 95.0: +62.9 [+60.2, +65.6]``, in points."""
        return f"{100 * self.mean('before'):.1f} to {100 * self.mean('after'):.1f}: {written(self.gain, '+.1f', 100)}"


def specs(
    agents: Sequence[str], tasks: Sequence[str], seeds: int, budget: int, settings: Mapping[str, Any] | None = None
) -> list[RunSpec]:
    """Every agent on every task with every seed; tasks change fastest, so that workers begin with different warm-ups.

    Args:
        agents: as in `scripts.benchmark`, ``ppo@text+shared``.
        tasks: ``sort:3``, a family and its level.
        seeds: how many.
        budget: responses a run.
        settings: of every run.

    Raises:
        ValueError: there is no such agent, preset, task or setting, no seed, or an agent trains no language model.
    """
    check_seeds(seeds)
    played = [environment_of(task) for task in tasks]
    values = {**SAME_FOR_ALL, **(settings or {})}
    return [
        check_language(load_agent(name).spec(env_id, seed, budget, PROTOCOL, values, preset or None, arguments))
        for seed in range(seeds)
        for name, _, preset in (agent.partition("@") for agent in agents)
        for env_id, arguments in played
    ]


def check_seeds(seeds: int) -> None:
    """Raises ValueError unless `seeds` is a number of runs."""
    if seeds < 1:
        raise ValueError(f"seeds is {seeds}: there would be nothing to train; choose 1 or more")


def check_language(spec: RunSpec) -> RunSpec:
    """The run as it is; raises ValueError if its policy is no language model, which these tables are about."""
    network = spec.config.get("network", "none")
    if network != "causal_lm" and (spec.config or ".py" not in spec.agent):
        raise ValueError(
            f"agent {spec.agent!r} has network={network!r}: this table is of language models; "
            f"name a text preset, such as {spec.agent}@text, and set no other network"
        )
    return spec


def task_of(record: RunRecord) -> str:
    """``sort:3``, the family and level that a run trained on."""
    arguments = record.spec.env_kwargs
    return f"{arguments['task']}:{arguments['level']}"


def finding(records: Sequence[RunRecord]) -> Finding:
    """One line an agent, a column a task; the agent with the highest pass@1 over the tasks first."""
    tasks = list(dict.fromkeys(task_of(record) for record in records))
    cells = {
        agent: _cells(records, agent, tasks) for agent in dict.fromkeys(label_of(record.spec) for record in records)
    }
    means = {agent: np.mean([cell.mean("after") for cell in row]) for agent, row in cells.items()}
    rows = []
    for agent in sorted(cells, key=lambda name: -means[name]):
        texts = [cell.text for cell in cells[agent]]
        learned = sum(cell.gain.value > 0 and excludes_zero(cell.gain) for cell in cells[agent])
        rows.append((agent, *texts, f"{100 * means[agent]:.1f}", f"{learned} of {len(tasks)}"))
    seeds = len({record.spec.seed for record in records})
    note = NOTE.format(seeds, "s" * (seeds > 1), records[0].spec.budget)
    heads = ("agent", *tasks, "mean after", "learned")
    return Finding(f"What each agent learned on {', '.join(tasks)}", heads, tuple(rows), note)


NOTE = (
    "Sampled pass@1 in points on the same unseen problems before and after, means over {} seed{} of {:,} responses. "
    "[ ] = 95 % interval of the difference over training seeds (Student's t) and problems, from one warm start. "
    "learned: tasks where pass@1 rose and the interval excludes 0."
)


def _cells(records: Sequence[RunRecord], agent: str, tasks: Sequence[str]) -> list[Cell]:
    own = [record for record in records if label_of(record.spec) == agent]
    return [Cell([record for record in own if task_of(record) == task]) for task in tasks]


def _standard_error(scores: Mapping[str, float]) -> float:
    """Of pass@1 over problems; where they all fared alike, 0 as measured, what Wilson's interval reaches instead."""
    if scores["standard_error"] > 0:
        return scores["standard_error"]
    mean, low, high = interval(np.full(int(scores["problems"]), scores["pass@1"]))
    return max(high - mean, mean - low) / NORMAL_95

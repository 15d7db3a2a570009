"""What keeps a language model's entropy, and what that costs and buys: the methods side by side on one warm start.

On Countdown with three numbers, whose warm start solves a third of the problems at one try and nine tenths at sixteen:
enough to narrow, enough to lose (arXiv 2505.22617 asks the same of models ten thousand times the size).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from agents.entropy_fit import EntropyFit, fit_entropy_performance
from agents.registry import load_agent
from rlenvs.leaderboard.records import RunRecord, RunSpec

ENV_ID, TASK = "rlenvs/MathToken-v0", {"task": "countdown", "level": 1}
WARM_UP: dict[str, Any] = {
    "warm_up_steps": 1600,
    "warm_up_learning_rate": 2e-3,
    "warm_up_seed": 0,
    "wrong_share": 0.0,
}
STUDY: dict[str, Any] = {"learning_rate": 2e-4, "minibatches": 4, **WARM_UP}
SELECTED = 0.1  # the share that Clip-Cov and its random controls take

METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "grpo": ("text", {}),
    "clip-higher": ("text+clip-higher", {}),
    "entropy bonus": ("text", {"entropy_coef": 0.01, "entropy_coef_end": 1.0, "variant": "entropy-bonus"}),
    "KL penalty": ("text", {"kl_coef": 0.05, "variant": "kl-penalty"}),
    "Clip-Cov": ("text+clip-cov-text", {}),
    "KL-Cov": ("text+kl-cov-text", {}),
    "random tokens": ("text+clip-cov-text", {"selection": "random", "variant": "random"}),
    "random A > 0": ("text+clip-cov-text", {"selection": "random_positive", "variant": "random-positive"}),
}
"""Preset and further settings of GRPO; the controls leave out as many tokens as Clip-Cov, without its measure."""


@dataclass(frozen=True)
class Outcome:
    """One method over its seeds.

    Attributes:
        method: its name.
        runs: one a seed.
    """

    method: str
    runs: Sequence[RunRecord]

    def change(self, name: str) -> np.ndarray:
        """After minus before, one number a seed."""
        return np.array([run.result["after"][name] - run.result["before"][name] for run in self.runs])

    def kept(self, name: str) -> np.ndarray:
        """After as a share of before, one number a seed."""
        return np.array([run.result["after"][name] / run.result["before"][name] for run in self.runs])

    def fits(self) -> list[EntropyFit]:
        """R = -a exp(H) + b along each run with its straight line; without runs in which nothing changed."""
        curves = [
            [(row["entropy"], row["score"]) for row in run.metrics if row.get("entropy") is not None]
            for run in self.runs
        ]
        return [fit_entropy_performance(*torch.tensor(curve).T) for curve in curves if len(set(curve)) > 2]


def specs(methods: Sequence[str], seeds: int, budget: int, first_seed: int = 0) -> list[RunSpec]:
    """Every method with every seed, one seed of all methods after the other.

    Raises:
        ValueError: there is no such method.
    """
    for method in methods:
        if method not in METHODS:
            raise ValueError(f"method {method!r} is not known: choose from {', '.join(METHODS)}")
    agent = load_agent("grpo")
    return [
        agent.spec(ENV_ID, seed, budget, "text@1", {**STUDY, **METHODS[method][1]}, METHODS[method][0], TASK)
        for seed in range(first_seed, first_seed + seeds)
        for method in methods
    ]


def markdown(outcomes: Sequence[Outcome]) -> str:
    """One line a method: means over seeds with the lowest and the highest in brackets; pass rates in points."""
    lines = [
        "| method | seeds | pass@1 | pass@16 | greedy | entropy kept | distinct | R2 of exp(H) (of H) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        points = [_with_range(100 * outcome.change(name), "+.1f") for name in ("pass@1", "pass@16", "greedy")]
        kept, distinct = _with_range(outcome.kept("entropy"), ".2f"), _with_range(outcome.change("distinct"), "+.2f")
        fits = outcome.fits()
        exponential, linear = (np.mean([getattr(fit, kind).r2 for fit in fits]) for kind in ("exponential", "linear"))
        explained = f"{exponential:.2f} ({linear:.2f})" if fits else ""
        cells = [outcome.method, str(len(outcome.runs)), *points, kept, distinct, explained]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _with_range(values: np.ndarray, form: str) -> str:
    return f"{values.mean():{form}} ({values.min():{form}} to {values.max():{form}})"

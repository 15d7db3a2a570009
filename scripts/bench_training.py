"""Time for PPO to solve FourRooms, ours beside Stable-Baselines3's: `python -m scripts.bench_training`.

Solved: the first of three consecutive evaluations, one each 5 % of the budget, at a normalised score of 0.95 or more.
The clock counts training alone: imports, evaluations and checkpoints are left out on both sides. SB3 runs with the best
settings that searches over environments, segment length, batch size, epochs, learning rate, entropy bonus, lambda and
network found: one for its own DummyVecEnv, one for our vector environment (both came out with a table, like ours).
Seeds alternate, so that load meets all alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from agents.registry import load_agent
from agents.runtime import configure_torch
from rlenvs.leaderboard.curves import first_reaching
from rlenvs.leaderboard.files import write_atomically
from rlenvs.leaderboard.records import read_run
from scripts.errors import one_line_errors

ENV_ID, THRESHOLD, GOAL = "rlenvs/FourRooms-v0", 0.95, 5.0
SB3_NATIVE: dict[str, Any] = {
    "num_envs": 256,
    "n_steps": 4,
    "batch_size": 1024,
    "n_epochs": 4,
    "learning_rate": 0.05,
    "ent_coef": 0.0,
    "hidden": [],
    "gae_lambda": 0.9,
}
SB3_DUMMY: dict[str, Any] = {
    "vectorisation": "dummy",
    "num_envs": 64,
    "n_steps": 16,
    "batch_size": 1024,
    "n_epochs": 4,
    "learning_rate": 0.03,
    "ent_coef": 0.05,
    "hidden": [],
    "gae_lambda": 0.9,
}


@dataclass(frozen=True)
class Contestant:
    """An agent with its settings."""

    name: str
    agent: str
    settings: Mapping[str, Any]
    preset: str | None = None


CONTESTANTS = (
    Contestant("ours", "ppo", {}, "fast"),
    Contestant("ours, 64-64 MLP", "ppo", {}),
    Contestant("SB3, DummyVecEnv", "sb3-ppo", SB3_DUMMY),
    Contestant("SB3, our vector environment", "sb3-ppo", SB3_NATIVE),
)


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_training", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="training seeds (default 5)")
    parser.add_argument("--budget", type=int, default=30_000, help="environment steps a run (default 30,000)")
    parser.add_argument("--out", type=Path, help="also write the numbers as JSON")
    return parser


def seconds_to_solve(contestant: Contestant, seed: int, budget: int) -> tuple[float, float]:
    """Trains once; seconds and steps to the threshold, infinite where it is not reached."""
    agent = load_agent(contestant.agent)
    spec = agent.spec(ENV_ID, seed, budget, "gridworld@1", contestant.settings, contestant.preset)
    with tempfile.TemporaryDirectory() as folder:
        agent.train(spec, Path(folder) / "run")
        rows = [row for row in read_run(Path(folder) / "run").metrics if "score" in row]
    scores = np.array([row["score"] for row in rows])
    seconds, steps = (np.array([row[name] for row in rows]) for name in ("wall_s", "step"))
    return first_reaching(seconds, scores, THRESHOLD), first_reaching(steps, scores, THRESHOLD)


@one_line_errors
def main() -> None:
    """Prints medians over seeds and the ratio to each peer."""
    options = arguments().parse_args()
    configure_torch(threads=1)
    measured: dict[str, list[tuple[float, float]]] = {contestant.name: [] for contestant in CONTESTANTS}
    for seed in range(options.seeds):
        for contestant in CONTESTANTS:
            measured[contestant.name].append(seconds_to_solve(contestant, seed, options.budget))
            print(f"seed {seed}  {contestant.name}: {measured[contestant.name][-1][0]:.2f} s", file=sys.stderr)
    table, ours = Table(title=f"PPO on {ENV_ID} to {THRESHOLD} (median of {options.seeds} seeds)"), CONTESTANTS[0].name
    for heading in ("", "seconds", "steps", "solved", f"times {ours}"):
        table.add_column(heading, justify="left" if not heading else "right")
    report = {}
    for name, runs in measured.items():
        seconds, steps = (statistics.median(column) for column in zip(*runs, strict=True))
        ratio = statistics.median(run[0] / own[0] for run, own in zip(runs, measured[ours], strict=True))
        solved = sum(np.isfinite(run[0]) for run in runs)
        report[name] = {"seconds": seconds, "steps": steps, "solved": int(solved), "ratio": ratio}
        table.add_row(name, f"{seconds:.2f}", f"{steps:,.0f}", f"{solved}/{len(runs)}", f"{ratio:.1f}")
    Console().print(table)
    print(f"goal: {GOAL:g} times ours for SB3 as it comes, on DummyVecEnv")
    if options.out:
        write_atomically(options.out, json.dumps({"contestants": report, "seeds": options.seeds}, indent=1).encode())


if __name__ == "__main__":
    sys.exit(main())

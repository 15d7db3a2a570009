"""Train a matrix of environments, agents and seeds, and print the leaderboard: `python -m scripts.benchmark`.

Agents are named as in `scripts.train`, with presets behind an `@`: `grpo@tabular+clip-cov`. Finished runs are not
repeated; killed ones go on from their checkpoints.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from agents.configuration import parse_assignments
from agents.display import SweepDisplay
from agents.execution import FAILED, Job, Sweep
from agents.registry import load_agent
from rlenvs.leaderboard.aggregation import build_leaderboards
from rlenvs.leaderboard.evaluation import default_protocol, protocol
from rlenvs.leaderboard.records import RunSpec, read_run
from rlenvs.leaderboard.tables import rich_tables
from scripts.errors import one_line_errors_of_training

AGENTS = ("reinforce@tabular", "a2c@gridworld", "ppo@gridworld", "grpo@tabular", "grpo@tabular+clip-cov")
ENVIRONMENTS = ("CatHouse", "CliffWalk", "FrozenLake", "FourRooms")


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark", description=__doc__)
    parser.add_argument("--envs", nargs="+", default=[f"rlenvs/{name}-v0" for name in ENVIRONMENTS], metavar="ID")
    parser.add_argument("--agents", nargs="+", default=list(AGENTS), metavar="NAME[@PRESET]")
    parser.add_argument("--seeds", type=int, help="training seeds a cell (default: the protocol's)")
    parser.add_argument("--budget", type=int, help="environment steps a run (default: the protocol's)")
    parser.add_argument("--protocol", help="of budget and evaluation (default: the first environment's own)")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings of every agent")
    parser.add_argument("--env-set", nargs="*", default=[], metavar="KEY=VALUE", help="arguments of every environment")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="directory of all runs (default runs)")
    return parser


def specs(
    envs: Sequence[str],
    agents: Sequence[str],
    seeds: int,
    budget: int,
    rules: str,
    settings: Sequence[str] = (),
    env_settings: Sequence[str] = (),
) -> list[RunSpec]:
    """Every environment with every agent and seed, one seed of all of them after the other."""
    values, env_kwargs = parse_assignments(settings), parse_assignments(env_settings)
    return [
        load_agent(agent.partition("@")[0]).spec(
            env_id, seed, budget, rules, values, agent.partition("@")[2] or None, env_kwargs
        )
        for seed in range(seeds)
        for env_id in envs
        for agent in agents
    ]


def run(wanted: Sequence[RunSpec], runs: Path, workers: int) -> list[Job]:
    """Trains what is not trained yet, and shows how it goes.

    Raises:
        ValueError: a run failed; the others are on disk.
    """
    with SweepDisplay() as display:
        jobs = Sweep(wanted, runs, workers, log=runs / "workers.log").run(display.update)
    failed = [job for job in jobs if job.state == FAILED]
    for job in failed:
        print(f"failed: {job.path.name}: {job.error}", file=sys.stderr)
    if failed:
        raise ValueError(f"{len(failed)} of {len(jobs)} runs failed; {runs / 'workers.log'} holds what they printed")
    return jobs


@one_line_errors_of_training
def main() -> None:
    """Trains the matrix and prints one table a protocol."""
    options = arguments().parse_args()
    rules = protocol(options.protocol or default_protocol(options.envs[0]))
    budget = rules.max_budget if options.budget is None else options.budget
    seeds = rules.seeds if options.seeds is None else options.seeds
    wanted = specs(options.envs, options.agents, seeds, budget, rules.name, options.set, options.env_set)
    jobs = run(wanted, options.runs, options.workers)
    for board in build_leaderboards([read_run(job.path) for job in jobs]):
        Console().print(rich_tables(board))


if __name__ == "__main__":
    sys.exit(main())

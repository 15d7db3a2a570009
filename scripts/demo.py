"""Four agents and a Stable-Baselines3 baseline on four gridworlds, five seeds each: `make demo`.

Trains for about three minutes on two cores, prints the leaderboard and writes it as a page with learning curves.
What is finished is not repeated: a second call takes seconds.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console

from rlenvs.leaderboard.aggregation import build_leaderboards
from rlenvs.leaderboard.evaluation import protocol
from rlenvs.leaderboard.records import read_run
from rlenvs.leaderboard.site import write_site
from rlenvs.leaderboard.tables import rich_tables
from scripts import benchmark
from scripts.errors import one_line_errors_of_training

AGENTS = (*benchmark.AGENTS, "sb3-ppo")
PROTOCOL = "demo@1"


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.demo", description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs/demo"), help="where the runs are kept")
    parser.add_argument("--out", type=Path, default=Path("site"), help="where the page is written")
    parser.add_argument("--fast", action="store_true", help="two seeds of 10,000 steps: a look at the machinery")
    parser.add_argument("--workers", type=int, default=min(8, os.cpu_count() or 1), help="processes")
    return parser


@one_line_errors_of_training
def main() -> None:
    """Trains, prints the table, writes the page."""
    options = arguments().parse_args()
    rules = protocol(PROTOCOL)
    seeds, budget = (2, 10_000) if options.fast else (rules.seeds, rules.max_budget)
    envs = [f"rlenvs/{name}-v0" for name in benchmark.ENVIRONMENTS]
    print(f"{len(AGENTS)} agents x {len(envs)} environments x {seeds} seeds, {budget:,} steps each", file=sys.stderr)
    jobs = benchmark.run(benchmark.specs(envs, AGENTS, seeds, budget, PROTOCOL), options.runs, options.workers)
    boards = build_leaderboards([read_run(job.path) for job in jobs])
    Console().print(*map(rich_tables, boards))
    page = write_site(boards, options.out)
    print(f"page: {page.resolve().as_uri()}")


if __name__ == "__main__":
    sys.exit(main())

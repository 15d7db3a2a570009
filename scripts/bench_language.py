"""Every agent on five text tasks at equal samples, from one warm start a task: `python -m scripts.bench_language`.

Trains what is not trained yet, prints the leaderboard and a table of pass@1 before and after with intervals over seeds
and problems, and writes both beside a page with the curves. Agents are named as in `scripts.benchmark`
(`ppo@text+shared`), tasks as NAME[:LEVEL]; each warms up once, as `agents.text_tasks` has it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from agents.configuration import parse_assignments
from agents.language_matrix import AGENTS, BUDGET, TASKS, finding, specs
from rlenvs.leaderboard import tables
from rlenvs.leaderboard.aggregation import build_leaderboards
from rlenvs.leaderboard.files import write_atomically
from rlenvs.leaderboard.records import read_run
from rlenvs.leaderboard.site import write_site
from scripts.benchmark import run
from scripts.errors import one_line_errors_of_training


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_language", description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), metavar="NAME[:LEVEL]", help=" ".join(TASKS))
    parser.add_argument("--agents", nargs="+", default=list(AGENTS), metavar="NAME@PRESET", help=" ".join(AGENTS))
    parser.add_argument("--seeds", type=int, default=3, help="seeds a cell (default 3)")
    parser.add_argument("--budget", type=int, default=BUDGET, help=f"responses a run (default {BUDGET})")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings of every agent")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="directory of all runs (default runs)")
    parser.add_argument("--out", type=Path, default=Path("language-matrix"), help="directory of tables and page")
    return parser


@one_line_errors_of_training
def main() -> None:
    """Trains, prints the tables and writes the page."""
    options = arguments().parse_args()
    wanted = specs(options.agents, options.tasks, options.seeds, options.budget, parse_assignments(options.set))
    records = [read_run(job.path) for job in run(wanted, options.runs, options.workers)]
    (board,) = build_leaderboards(records)
    Console().print(tables.rich_tables(board))
    learned = finding(records)
    print(learned.markdown(), end="")
    page = write_site([board], options.out, findings=[learned], title="Agents on text")
    write_atomically(options.out / "language-matrix.md", f"{learned.markdown()}\n{tables.markdown(board)}".encode())
    print(f"{page}: curves and scores", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

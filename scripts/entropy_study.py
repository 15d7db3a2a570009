"""GRPO, Clip-Cov, KL-Cov and their controls on one warm start: `python -m scripts.entropy_study --seeds 5`.

Trains what is not trained yet, prints a table of what each method gained and lost on unseen problems, and writes it
beside a page with the curves of score and entropy. A run takes about half a minute of processor time, the warm start
one and a half minutes, once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agents.entropy_study import METHODS, Outcome, markdown, specs
from rlenvs.leaderboard.evaluation import protocol
from rlenvs.leaderboard.files import write_atomically
from rlenvs.leaderboard.records import read_run
from rlenvs.leaderboard.site import build_site
from scripts.benchmark import run
from scripts.errors import one_line_errors


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.entropy_study", description=__doc__)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), metavar="NAME", help=", ".join(METHODS))
    parser.add_argument("--seeds", type=int, default=5, help="seeds a method (default 5)")
    parser.add_argument("--first-seed", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument("--budget", type=int, help="responses a run (default: the protocol's, 100 iterations)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default 1: the first run warms up for all)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="directory of all runs (default runs)")
    parser.add_argument("--out", type=Path, default=Path("entropy-study"), help="directory of table and page")
    return parser


@one_line_errors
def main() -> None:
    """Trains, prints the table and writes the page."""
    options = arguments().parse_args()
    budget = protocol("text@1").max_budget if options.budget is None else options.budget
    jobs = run(specs(options.methods, options.seeds, budget, options.first_seed), options.runs, options.workers)
    records = [read_run(job.path) for job in jobs]
    count = len(options.methods)
    outcomes = [Outcome(method, records[place::count]) for place, method in enumerate(options.methods)]
    table = markdown(outcomes)
    print(table, end="")
    page = build_site(records, options.out)
    write_atomically(options.out / "entropy-study.md", table.encode())
    print(f"{page}: curves and scores", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

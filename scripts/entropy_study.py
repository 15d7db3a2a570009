"""GRPO, Clip-Cov, KL-Cov and their controls on one warm start: `python -m scripts.entropy_study --seeds 5`.

Trains what is not trained yet, prints tables of what each method gained and lost on unseen problems, alone and beside
GRPO, and writes them to one page with the curves of score, pass@8 and entropy. A run takes about half a minute of
processor time, the warm start one and a half minutes, once. Other tasks, longer runs and further methods:

`--task countdown:2 --set warm_up_steps=3200`, `--methods grpo "Clip-Cov 0.03"`. Where Clip-Cov ends with the higher
pass@1, but not with `learning_rate=1e-4` (two hours of processor time): `--task countdown:2 --methods grpo "Clip-Cov
0.03 then GRPO" "random 0.03 then GRPO" --first-seed 1 --seeds 10 --protocol text-long@1 --budget 409600 --set
learning_rate_end=0.25 decay_from=0.5 warm_up_steps=3200`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agents.configuration import parse_assignments
from agents.entropy_study import METHODS, PROTOCOL, TASK, VARIATIONS, Outcome, findings, specs
from agents.language_matrix import task_of
from rlenvs.leaderboard.evaluation import protocol
from rlenvs.leaderboard.files import write_atomically
from rlenvs.leaderboard.findings import markdown
from rlenvs.leaderboard.records import read_run
from rlenvs.leaderboard.site import build_site
from scripts.benchmark import run
from scripts.errors import one_line_errors_of_training


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.entropy_study", description=__doc__)
    named = f"default: {', '.join(METHODS)}; besides: {', '.join(VARIATIONS)}"
    parser.add_argument("--methods", nargs="+", default=list(METHODS), metavar="NAME", help=named)
    parser.add_argument("--seeds", type=int, default=5, help="seeds a method (default 5)")
    parser.add_argument("--first-seed", type=int, default=0, help="the first of them (default 0)")
    parser.add_argument("--task", default=TASK, metavar="NAME[:LEVEL]", help=f"family and level (default {TASK})")
    parser.add_argument("--protocol", default=PROTOCOL, help=f"of budget and evaluation (default {PROTOCOL})")
    parser.add_argument("--budget", type=int, help="responses a run (default: the protocol's, 100 iterations)")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings of all methods")
    parser.add_argument("--workers", type=int, default=1, help="processes (default 1: the first run warms up for all)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="directory of all runs (default runs)")
    parser.add_argument("--out", type=Path, default=Path("entropy-study"), help="directory of tables and page")
    return parser


@one_line_errors_of_training
def main() -> None:
    """Trains, prints the tables and writes the page."""
    options = arguments().parse_args()
    budget = protocol(options.protocol).max_budget if options.budget is None else options.budget
    chosen = (options.first_seed, options.task, parse_assignments(options.set), options.protocol)
    jobs = run(specs(options.methods, options.seeds, budget, *chosen), options.runs, options.workers)
    records = [read_run(job.path) for job in jobs]
    count = len(options.methods)
    outcomes = [Outcome(method, records[place::count]) for place, method in enumerate(options.methods)]
    tables = findings(outcomes)
    print(markdown(tables), end="")
    page = build_site(records, options.out, findings=tables, title=f"Entropy study: {task_of(records[0])}")
    write_atomically(options.out / "entropy-study.md", markdown(tables).encode())
    print(f"{page}: tables, curves and scores", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

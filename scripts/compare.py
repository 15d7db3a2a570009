"""Compare two agents' runs: `python -m scripts.compare 'runs/*_ppo_seed*' 'runs/*_a2c_seed*'`."""

from __future__ import annotations

import argparse
import json
import sys

from rich.console import Console

from rlenvs.leaderboard.comparison import compare, report
from rlenvs.leaderboard.records import find_runs
from scripts.errors import one_line_errors


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.compare", description=__doc__)
    parser.add_argument("a", help="directory or pattern of one agent's runs")
    parser.add_argument("b", help="directory or pattern of the other agent's runs")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


@one_line_errors
def main() -> None:
    """Prints differences with intervals and the probability of improvement."""
    options = arguments().parse_args()
    comparison = compare(find_runs(options.a), find_runs(options.b))
    if options.json:
        print(json.dumps(comparison.to_json()))
    else:
        Console().print(report(comparison))


if __name__ == "__main__":
    sys.exit(main())

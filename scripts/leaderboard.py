"""Build the leaderboard of finished runs: `python -m scripts.leaderboard --runs runs --out site`."""

from __future__ import annotations

import argparse
import json
import sys

from rich.console import Console

from rlenvs.leaderboard.aggregation import build_leaderboards
from rlenvs.leaderboard.records import find_runs
from rlenvs.leaderboard.site import rescore, write_site
from rlenvs.leaderboard.tables import markdown, rich_tables
from scripts.errors import one_line_errors


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.leaderboard", description=__doc__)
    parser.add_argument("--runs", default="runs", help="directory of runs, or a pattern like 'runs/FourRooms*'")
    parser.add_argument("--out", help="write the page to OUT/index.html")
    parser.add_argument("--reference", help="agent that others are compared with (default ppo)")
    parser.add_argument("--verify", action="store_true", help="score every record again and show how many agree")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown instead of tables")
    form.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


@one_line_errors
def main() -> None:
    """Prints the tables and writes the page."""
    options = arguments().parse_args()
    records = find_runs(options.runs)
    boards = build_leaderboards(records, options.reference)
    verified = rescore(records) if options.verify else None
    if options.json:
        print(json.dumps([board.to_json() for board in boards]))
    elif options.markdown:
        print("\n".join(markdown(board) for board in boards), end="")
    else:
        for board in boards:
            Console().print(rich_tables(board))
    for run_id in sorted(run_id for run_id, passed in (verified or {}).items() if not passed):
        print(f"run {run_id} could not be re-scored: see rlenvs verify", file=sys.stderr)
    if options.out:
        print(write_site(boards, options.out, verified), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

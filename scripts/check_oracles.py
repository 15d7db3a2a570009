"""Checks losses, advantages and entropies against reference values: `python -m scripts.check_oracles FILE
...`.

Prints a line for every case that fails or is not covered, then `N passed, N failed, N not covered`. Exit
status: 0 where nothing failed, 1 where something did, 2 for a file that is not of the format.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agents.oracles.check import Report, check_file


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m scripts.check_oracles", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="in the format of oracles.json")
    report = Report()
    try:
        for path in parser.parse_args(arguments).files:
            report.add(check_file(path))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name, reason in report.not_covered:
        print(f"not covered: {name}: {reason}")
    for name, reason in report.failed:
        print(f"FAILED: {name}: {reason}")
    print(report.summary())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())

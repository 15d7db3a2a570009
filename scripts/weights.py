"""A picture of what a run's network looks for in its images: `python -m scripts.weights RUN --out weights.png`.

One tile a unit of the first layer: red where a bright pixel excites it, blue where it holds it back.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agents.loading import load_policy
from agents.pictures import save_weights
from rlenvs.leaderboard.records import read_run
from scripts.errors import one_line_errors


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.weights", description=__doc__)
    parser.add_argument("run", help="directory of a finished run")
    parser.add_argument("--out", type=Path, default=Path("weights.png"), help="the picture (default weights.png)")
    return parser


@one_line_errors
def main() -> None:
    """Draws the first layer's weights."""
    options = arguments().parse_args()
    width, height = save_weights(load_policy(read_run(options.run)), options.out)
    print(f"{options.out}: {width}x{height} pixels", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

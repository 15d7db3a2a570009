"""Write the gallery of text tasks: `python -m scripts.task_gallery --out docs/tasks.md`.

A Markdown page with every family: levels, sizes, the best constant answer and its score, examples, mistakes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rlenvs.tasks.gallery import gallery
from scripts.errors import one_line_errors


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.task_gallery", description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="write the page to this file (default: print it)")
    return parser


@one_line_errors
def main() -> None:
    """Prints or writes the page."""
    out = arguments().parse_args().out
    if out is None:
        print(gallery(), end="")
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
        file.write(gallery())
    os.replace(file.name, out)


if __name__ == "__main__":
    sys.exit(main())

"""Train a Stable-Baselines3 baseline under the same protocol: `python -m scripts.sb3_baseline --env ID --algo ppo`.

The same as `python -m scripts.train --agent sb3-ppo`; every other option of that command is understood.
"""

from __future__ import annotations

import argparse
import sys

from scripts import train


def arguments() -> argparse.ArgumentParser:
    """The option that this command has of its own."""
    parser = argparse.ArgumentParser(prog="python -m scripts.sb3_baseline", description=__doc__, allow_abbrev=False)
    parser.add_argument("--algo", choices=("ppo", "a2c", "dqn"), required=True, help="SB3's algorithm")
    return parser


def main() -> int:
    """Rewrites `--algo NAME` to `--agent sb3-NAME`."""
    options, others = arguments().parse_known_args()
    sys.argv[1:] = ["--agent", f"sb3-{options.algo}", *others]
    return train.main()


if __name__ == "__main__":
    sys.exit(main())

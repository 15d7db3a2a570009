"""Train a Stable-Baselines3 baseline under the same protocol: `python -m scripts.sb3_baseline --env ID --algo ppo`.

The same as `python -m scripts.train --agent sb3-ppo`; every option of that command is understood.
"""

from __future__ import annotations

import sys

from scripts import train


def main() -> int:
    """Rewrites `--algo NAME` to `--agent sb3-NAME`."""
    argv = sys.argv[1:]
    for index, word in enumerate(argv[:-1]):
        if word == "--algo":
            argv[index : index + 2] = ["--agent", f"sb3-{argv[index + 1]}"]
    sys.argv[1:] = argv
    return train.main()


if __name__ == "__main__":
    sys.exit(main())

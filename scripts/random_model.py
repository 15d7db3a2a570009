r"""Save a model with random weights, to try what trains large ones: `python -m scripts.random_model --out models/qwen`.

    python -m scripts.train --env rlenvs/MathToken-v0 --env-set task=countdown max_tokens=256 --model models/qwen \
        --agent grpo --preset text --set micro_batches=16 test_chunk=256 --budget 5120

takes the same path as with a model of a hub. Nothing is downloaded; nothing is learned either.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agents.integrations.random_models import SIZES, save_random_model
from scripts.errors import one_line_errors


@one_line_errors
def main() -> None:
    """Writes the model and its tokenizer."""
    parser = argparse.ArgumentParser(prog="python -m scripts.random_model", description=__doc__)
    parser.add_argument("--size", default="qwen2-0.5b", help=f"{' or '.join(SIZES)} (default qwen2-0.5b)")
    parser.add_argument("--seed", type=int, default=0, help="of the weights (default 0)")
    parser.add_argument("--out", type=Path, required=True, help="directory of the model")
    options = parser.parse_args()
    save_random_model(options.out, options.size, options.seed)
    print(options.out)


if __name__ == "__main__":
    sys.exit(main())

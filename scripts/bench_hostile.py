"""How long hostile responses take, and honest ones after them: `python -m scripts.bench_hostile [--rounds 3]`.

Reads lines ``{"gold": ..., "response": ...}``, where a response may be parts and how often each comes. Every response
is judged with empty caches, then twenty right answers; the shortest of the rounds counts, since other processes make
times longer, never shorter.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from rlenvs.verifiers import equivalence, parsing
from rlenvs.verifiers.math import verify
from scripts.errors import one_line_errors

HOSTILE = Path("tests/data/hostile_answers.jsonl")
HONEST = [
    ("42", r"\boxed{42}"),
    (r"\frac12", r"\boxed{0.5}"),
    ("x^2-1", r"\boxed{(x-1)(x+1)}"),
    ("[2,5]", "2 \\le x \\le 5"),
]
HONEST_TIMES = 5


@one_line_errors
def main() -> None:
    """Time and print; exit status 1 if an honest answer was not rewarded."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_hostile", description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, default=HOSTILE)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cases = [json.loads(line) for line in options.file.read_text(encoding="utf-8").splitlines()]
    rounds = [measure(cases) for _ in range(max(1, options.rounds))]
    hostile, honest = (np.min([result[part] for result in rounds], axis=0) for part in range(2))
    unrewarded = sum(result[2] for result in rounds)
    p50, p99 = np.percentile(hostile, (50, 99))
    print(f"{len(cases)} hostile responses: p50 {p50:.2f} ms, p99 {p99:.1f} ms, longest {hostile.max():.1f} ms")
    print(f"20 right answers after each: longest {honest.max():.1f} ms, {unrewarded} not rewarded")
    for place in np.argsort(-hostile)[:5]:
        print(f"{hostile[place]:8.1f} ms  {text_of(cases[place]['response'])[:80]!r}")
    if unrewarded:
        sys.exit(1)


def measure(cases: list[dict[str, object]]) -> tuple[list[float], list[float], int]:
    """For each case its milliseconds and the longest of an honest answer after it; how many of those had no reward."""
    verify("1", r"\boxed{\lim_{x \to 0} \frac{\sin x}{x}}")  # starts a worker
    hostile, honest, unrewarded = [], [], 0
    for case in cases:
        hostile.append(milliseconds(str(case["gold"]), text_of(case["response"]))[0])
        after = [milliseconds(*pair) for pair in HONEST * HONEST_TIMES]
        honest.append(max(time for time, _ in after))
        unrewarded += sum(reward != 1 for _, reward in after)
    return hostile, honest, unrewarded


def milliseconds(gold: str, response: str) -> tuple[float, float]:
    """How long a verdict takes with empty caches, and its reward."""
    parsing.parse.cache_clear()
    equivalence._prepare_gold.cache_clear()
    start = time.perf_counter()
    reward = verify(gold, response).reward
    return 1000 * (time.perf_counter() - start), reward


def text_of(response: object) -> str:
    """A response, written out where the file holds parts and how often they come."""
    return response if isinstance(response, str) else "".join(part * times for part, times in response)  # type: ignore


if __name__ == "__main__":
    sys.exit(main())

"""Speed of the programming environments beside the bare judge: `python -m scripts.bench_code`.

`Code-v0` takes a batch of 256 different programs in one step; the bare judge gets the same sources and cases with
`judge_many`. Both use the same pool and take turns, so the ratio means something on a busy machine too.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from gymnasium.vector import AutoresetMode

from rlenvs.leaderboard.files import write_atomically
from rlenvs.sandbox.pool import shared_pool
from rlenvs.tasks.programs.base import CodeTask
from rlenvs.tasks.programs.responses import fenced
from rlenvs.text.response_vector import ResponseVectorEnv
from rlenvs.verifiers.code import judge_many
from scripts.errors import one_line_errors

BATCH = 256
BAR = 0.9


def measure(task: str, rounds: int) -> dict[str, float]:
    """Programs per second of both, and the ratio within rounds, each the median of all rounds but the first."""
    env = ResponseVectorEnv(BATCH, task=task, style="chat", autoreset_mode=AutoresetMode.SAME_STEP)
    family = env.rules.task
    if not isinstance(family, CodeTask):
        raise ValueError(f"--task is {task!r}: choose a family of programs, such as loop")
    env.reset(seed=0)
    numbers = itertools.count()
    rates: list[tuple[float, float]] = []
    for _ in range(rounds + 1):
        problems = [env.rules.book.problem(talk.problem) for talk in env.conversations]
        programs = [f"# {next(numbers)}\n{problem.gold}" for problem in problems]
        jobs = [family.job(problem, program) for problem, program in zip(problems, programs, strict=True)]
        bare = BATCH / seconds_of(judge_many, jobs, shared_pool())
        rates.append((BATCH / seconds_of(env.step, tuple(map(fenced, programs))), bare))
    measured = rates[1:]
    return {
        "Code-v0, programs a second": statistics.median(ours for ours, _ in measured),
        "judge_many, programs a second": statistics.median(bare for _, bare in measured),
        "ratio": statistics.median(ours / bare for ours, bare in measured),
    }


def seconds_of(action: Callable[..., object], *arguments: object) -> float:
    """How long a call takes by the clock: the programs run in other processes."""
    start = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - start


@one_line_errors
def main() -> None:
    """Time, print, and write the figures if asked to."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_code", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--task", default="loop", help="a family of programs (default loop)")
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds (default 5)")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    figures = measure(options.task, options.rounds)
    for name, figure in figures.items():
        verdict = "" if name != "ratio" else f"   bar {BAR}   {'reached' if figure >= BAR else 'MISSED'}"
        print(f"{name:36}{figure:10.2f}{verdict}")
    if options.out is not None:
        write_atomically(options.out, (json.dumps(figures, indent=2) + "\n").encode())


if __name__ == "__main__":
    main()

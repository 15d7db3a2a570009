"""Speed of the programming environments beside the bare judge: `python -m scripts.bench_code`.

`Code-v0` takes a batch of 256 different programs in one step; the bare judge gets the same sources and cases with
`judge_many`. Both use the same pool and take turns, so the ratio means something on a busy machine too. Beginning 256
new problems afterwards is timed apart: in groups only every group has one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

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
    env = ResponseVectorEnv(BATCH, task=task, style="chat", autoreset_mode=AutoresetMode.DISABLED)
    if not isinstance(env.rules.task, CodeTask):
        raise ValueError(f"--task is {task!r}: choose a family of programs, such as loop")
    measured = [seconds_of_round(env, number) for number in range(rounds + 1)][1:]
    return {
        "Code-v0, programs a second": statistics.median(BATCH / ours for ours, _, _ in measured),
        "judge_many, programs a second": statistics.median(BATCH / bare for _, bare, _ in measured),
        "ratio": statistics.median(bare / ours for ours, bare, _ in measured),
        "ratio with 256 new problems": statistics.median(bare / (ours + begun) for ours, bare, begun in measured),
    }


def seconds_of_round(env: ResponseVectorEnv, number: int) -> tuple[float, float, float]:
    """One batch by the environment and by the bare judge, and the beginning; who judges first changes.

    A comment makes every program new, so that no verdict is remembered.
    """
    task: Any = env.rules.task
    start = time.perf_counter()
    env.reset(seed=number * BATCH)
    begun = time.perf_counter() - start
    problems = [env.rules.book.problem(talk.problem) for talk in env.conversations]
    programs = [f"# {number} {place}\n{problem.gold}" for place, problem in enumerate(problems)]
    jobs = [task.job(problem, program) for problem, program in zip(problems, programs, strict=True)]
    responses = tuple(map(fenced, programs))
    calls: list[Callable[[], Any]] = [partial(env.step, responses), partial(judge_many, jobs, shared_pool())]
    spent = [0.0, 0.0]
    for which in (0, 1) if number % 2 else (1, 0):
        start = time.perf_counter()
        calls[which]()
        spent[which] = time.perf_counter() - start
    return spent[0], spent[1], begun


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

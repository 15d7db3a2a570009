"""Speed of the text environments beside Gymnasium's vectorisation: `python -m scripts.bench_text`.

Steps per second of one core, each figure the median of rounds in which all subjects take turns; observations are fresh
copies. `MathToken-v0` is played with random tokens, whose episodes are short (few steps an episode: judging and drawing
problems weigh most). `Math-v0` judges whole numbers, half of them right, never twice the same batch, and begins the
next problem within the step.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from rlenvs.leaderboard.files import write_atomically
from rlenvs.text.response_vector import ResponseVectorEnv
from rlenvs.text.token_vector import TokenVectorEnv
from scripts.errors import one_line_errors

TOKEN = "rlenvs/MathToken-v0"
PREPARED = 64
NATIVE, SYNC, ROWS, RESPONSES = (
    "MathToken, native, 1,024",
    "MathToken, SyncVectorEnv, 1,024",
    "MathToken, native, 512",
    "Math, native, 4,096",
)
BARS = {f"{NATIVE} / {SYNC}": 20.0, ROWS: 1e6, RESPONSES: 50_000.0}

Stepping = Iterator[int]


def token_steps(env: VectorEnv) -> Stepping:
    """Steps with random tokens; says after each how many members took it."""
    rng = np.random.default_rng(0)
    tokens = env.single_action_space.n  # type: ignore[attr-defined]
    actions = rng.integers(tokens, size=(PREPARED, env.num_envs))
    env.reset(seed=0)
    for action in cycle(actions):
        env.step(action)
        yield env.num_envs


def responses(env: ResponseVectorEnv) -> Stepping:
    """Steps with whole numbers, half of them right; making them is not timed, for it happens between two steps."""
    rng = np.random.default_rng(0)
    env.reset(seed=0)
    while True:
        problems = [env.rules.book.problem(conversation.problem) for conversation in env.conversations]
        guesses = zip(problems, rng.random(env.num_envs) < 0.5, rng.integers(0, 20, env.num_envs), strict=True)
        actions = tuple(problem.gold if right else str(other) for problem, right, other in guesses)
        yield 0
        env.step(actions)
        yield env.num_envs


def subjects() -> dict[str, Stepping]:
    """What is timed, by name."""
    return {
        NATIVE: token_steps(TokenVectorEnv(1024)),
        SYNC: token_steps(gym.make_vec(TOKEN, 1024, "sync")),
        ROWS: token_steps(TokenVectorEnv(512)),
        RESPONSES: responses(ResponseVectorEnv(4096, autoreset_mode=AutoresetMode.SAME_STEP, level=2)),
    }


def measure(stepping: dict[str, Stepping], rounds: int, seconds: float) -> dict[str, list[float]]:
    """Rates by subject, a warm-up round left out."""
    rates: dict[str, list[float]] = {name: [] for name in stepping}
    for _ in range(rounds + 1):
        for name, steps in stepping.items():
            rates[name].append(rate(steps, seconds))
    return {name: values[1:] for name, values in rates.items()}


def rate(steps: Stepping, seconds: float, clock: Callable[[], float] = time.process_time) -> float:
    """Steps per second of processor time; what a subject does before it yields 0 does not count."""
    taken, spent = 0, 0.0
    while spent < seconds:
        start = clock()
        count = next(steps)
        if count:
            spent += clock() - start
            taken += count
    return taken / spent


def figures_of(rates: dict[str, list[float]]) -> dict[str, float]:
    """Medians, and the ratio to the peer within rounds."""
    figures = {name: statistics.median(values) for name, values in rates.items()}
    ratios = [ours / theirs for ours, theirs in zip(rates[NATIVE], rates[SYNC], strict=True)]
    return figures | {f"{NATIVE} / {SYNC}": statistics.median(ratios)}


def report(figures: dict[str, float]) -> None:
    """Prints the figures and whether the bars are reached."""
    for name, figure in figures.items():
        bar = BARS.get(name)
        verdict = "" if bar is None else f"   bar {bar:,.0f}   {'reached' if figure >= bar else 'MISSED'}"
        print(f"{name:60}{figure:14,.1f}{verdict}")


@one_line_errors
def main() -> None:
    """Time, print, and write the figures if asked to."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_text", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each subject in a round (default 0.5)")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds must be at least 1 and --seconds above 0")
    figures = figures_of(measure(subjects(), options.rounds, options.seconds))
    report(figures)
    if options.out is not None:
        write_atomically(options.out, (json.dumps(figures, indent=2) + "\n").encode())


if __name__ == "__main__":
    main()

"""What the benchmarks of environments share: subjects that play at random, ratios to be reached, figures on disk."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

import rlenvs
from rlenvs.leaderboard.files import write_atomically

SEED = 0


@dataclass(frozen=True)
class Subject:
    """Something to time: `run(steps)` takes that many steps of `num_envs` environments."""

    num_envs: int
    run: Callable[[int], None]


@dataclass(frozen=True)
class Bar:
    """A ratio that must be reached."""

    claim: str
    ours: str
    peer: str
    at_least: float


def vector(env: Any, num_envs: int, ring: int, dtype: type = np.int64) -> Subject:
    """A vector environment that plays `ring` batches of random actions over and over."""
    space = env.action_space if hasattr(env.action_space, "n") else env.single_action_space
    batches: np.ndarray = np.random.default_rng(SEED).integers(space.n, size=(ring, num_envs)).astype(dtype)
    actions: Iterator[Any] = cycle(list(batches))
    env.reset()

    def run(steps: int) -> None:
        for _, action in zip(range(steps), actions, strict=False):
            env.step(action)

    return Subject(num_envs, run)


def single(env: Any) -> Subject:
    """One environment at random, reset where an episode ends."""
    actions: Iterator[int] = cycle(np.random.default_rng(SEED).integers(env.action_space.n, size=4096).tolist())
    env.reset(seed=SEED)

    def run(steps: int) -> None:
        for _, action in zip(range(steps), actions, strict=False):
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()

    return Subject(1, run)


def ratio(bar: Bar, rates: dict[str, list[float]]) -> float | None:
    """The median over rounds; None where a side is not installed."""
    if bar.ours not in rates or bar.peer not in rates:
        return None
    return statistics.median(ours / peer for ours, peer in zip(rates[bar.ours], rates[bar.peer], strict=True))


def parse_arguments(description: str, seconds: float) -> argparse.Namespace:
    """Seconds, rounds and the file for the figures, checked."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=seconds, help="time for a subject in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.seconds <= 0:
        parser.error("--rounds must be at least 1 and --seconds above 0")
    if arguments.out is not None and not arguments.out.parent.is_dir():
        parser.error(f"--out: there is no directory {arguments.out.parent}")
    return arguments


def save_figures(out: Path | None, rates: dict[str, Any], bars: Sequence[Bar]) -> None:
    """Writes rates and ratios as JSON, if a file was asked for."""
    if out is not None:
        figures = {"rates": rates, "ratios": {bar.claim: ratio(bar, rates) for bar in bars}, "machine": machine()}
        write_atomically(out, (json.dumps(figures, indent=2) + "\n").encode())


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    packages = ("numpy", "gymnasium", "numba", "envpool")
    versions = {name: importlib.metadata.version(name) for name in packages if installed(name)}
    return {"rlenvs": rlenvs.__version__, **versions, "python": platform.python_version(), "cores": os.cpu_count()}


def installed(package: str) -> bool:
    """Whether a package can be imported."""
    return importlib.util.find_spec(package) is not None

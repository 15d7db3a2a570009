"""Speed of the gridworlds beside EnvPool and Gymnasium, as ratios measured in one interleaved run.

    python -m scripts.bench_gridworld [--seconds 0.5] [--rounds 5] [--out gridworld.json]

Every round times every subject for a while, one after the other, so that load and clock speed meet all alike; a ratio
is the median over rounds of the ratio within a round. Each subject steps a ring of eight batches of random actions,
which fit in the cache as a policy's output does; action sampling is not timed. What is timed is checked first:
observations, rewards, flags and infos equal those of `SyncVectorEnv` around the single environment. Peers that are
not installed are named and left out.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import rlenvs
from rlenvs.leaderboard.files import write_atomically
from scripts.errors import one_line_errors

SEED = 0
RING = 8
LARGE, MIDDLE, SMALL = 8192, 1024, 64
CLIFF, LAKE = "rlenvs/CliffWalk-v0", "rlenvs/FrozenLake-v0"


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


BARS = (
    Bar("CliffWalk, 8192, NumPy, against EnvPool", "cliff numpy 8192", "cliff envpool 8192", 300),
    Bar("CliffWalk, 64, NumPy, against EnvPool", "cliff numpy 64", "cliff envpool 64", 10),
    Bar("FrozenLake, 8192, NumPy, against EnvPool", "lake numpy 8192", "lake envpool 8192", 80),
    Bar("FrozenLake, 8192, NumPy, against SyncVectorEnv of Gymnasium's", "lake numpy 8192", "lake gymnasium sync", 500),
    Bar("FrozenLake, 8192, NumPy, against SyncVectorEnv of ours", "lake numpy 8192", "lake ours sync", 1),
    Bar("FrozenLake, 8192, SAME_STEP, NumPy, against EnvPool", "lake numpy same-step", "lake envpool 8192", 40),
    Bar("FrozenLake, 8192, numba, against EnvPool", "lake numba 8192", "lake envpool 8192", 80),
    Bar("FrozenLake, 8192, SAME_STEP, numba, against EnvPool", "lake numba same-step", "lake envpool 8192", 80),
    Bar("single FrozenLake by gym.make, against Gymnasium's", "lake single", "lake gymnasium single", 4),
    Bar("single CliffWalk by gym.make, against Gymnasium's FrozenLake", "cliff single", "lake gymnasium single", 8),
)


@one_line_errors
def main() -> None:
    """Check, time, print, and write the figures if asked to."""
    arguments = parse_arguments(__doc__, seconds=0.5)
    check_equal_to_sync()
    rates = measure(make_subjects(), arguments.rounds, arguments.seconds)
    report(rates)
    save_figures(arguments.out, rates, BARS)


def parse_arguments(description: str, seconds: float) -> argparse.Namespace:
    """Seconds, rounds and the file for the figures, checked; also for the Pong benchmark."""
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


def make_subjects() -> dict[str, Subject]:
    """Everything that is installed, by name."""
    same_step = {"autoreset_mode": AutoresetMode.SAME_STEP}
    subjects = {
        "cliff numpy 8192": _native(CLIFF, LARGE),
        "cliff numpy 64": _native(CLIFF, SMALL),
        "lake numpy 8192": _native(LAKE, LARGE),
        "lake numpy same-step": _native(LAKE, LARGE, **same_step),
        "lake ours sync": _vector(_sync(LAKE, MIDDLE)),
        "lake gymnasium sync": _vector(_sync("FrozenLake-v1", MIDDLE)),
        "cliff single": _single(CLIFF),
        "lake single": _single(LAKE),
        "lake gymnasium single": _single("FrozenLake-v1"),
    }
    if installed("numba"):
        subjects["lake numba 8192"] = _native(LAKE, LARGE, backend="numba")
        subjects["lake numba same-step"] = _native(LAKE, LARGE, backend="numba", **same_step)
    if installed("envpool"):
        subjects["cliff envpool 8192"] = _envpool("CliffWalking-v1", LARGE)
        subjects["cliff envpool 64"] = _envpool("CliffWalking-v1", SMALL)
        subjects["lake envpool 8192"] = _envpool("FrozenLake-v1", LARGE)
    return subjects


def measure(subjects: dict[str, Subject], rounds: int, seconds: float) -> dict[str, list[float]]:
    """Steps of single environments a second, by subject, one figure a round."""
    rates: dict[str, list[float]] = {name: [] for name in subjects}
    sizes = {name: _steps_for(subject, seconds) for name, subject in subjects.items()}
    for _ in range(rounds):
        for name, subject in subjects.items():
            start = time.perf_counter()
            subject.run(sizes[name])
            rates[name].append(sizes[name] * subject.num_envs / (time.perf_counter() - start))
    return rates


def ratio(bar: Bar, rates: dict[str, list[float]]) -> float | None:
    """The median over rounds; None where a side is not installed."""
    if bar.ours not in rates or bar.peer not in rates:
        return None
    return statistics.median(ours / peer for ours, peer in zip(rates[bar.ours], rates[bar.peer], strict=True))


def report(rates: dict[str, list[float]]) -> None:
    """Print rates and ratios."""
    for name, values in rates.items():
        spread = f"{min(values) / 1e6:.3f} to {max(values) / 1e6:.3f}"
        print(f"{name:28}{statistics.median(values) / 1e6:12.3f} M steps/s   ({spread})")
    print()
    for bar in BARS:
        reached = ratio(bar, rates)
        if reached is None:
            print(f"{bar.claim:66} not measured: EnvPool or numba is not installed")
        else:
            verdict = "reached" if reached >= bar.at_least else "MISSED"
            print(f"{bar.claim:66}{reached:8.1f} x   bar {bar.at_least:g} x   {verdict}")


def check_equal_to_sync(num_envs: int = 48, steps: int = 250) -> None:
    """Raise AssertionError unless the timed environments equal `SyncVectorEnv` of the single one."""
    backends = ["numpy"] + ["numba"] * installed("numba")
    for env_id in (CLIFF, LAKE):
        for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
            for backend in backends:
                ours = gym.make_vec(env_id, num_envs, autoreset_mode=mode, backend=backend)
                _check_equal(ours, _sync(env_id, num_envs, mode), steps)


def _check_equal(ours: Any, sync: SyncVectorEnv, steps: int) -> None:
    np.testing.assert_array_equal(ours.reset(seed=SEED)[0], sync.reset(seed=SEED)[0])
    for actions in np.random.default_rng(SEED).integers(0, 4, (steps, ours.num_envs)):
        mine, theirs = ours.step(actions), sync.step(actions)
        for one, other in zip(mine[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(one, other, strict=True)
        assert mine[4].keys() == theirs[4].keys()
        for key in mine[4]:
            np.testing.assert_equal(mine[4][key], theirs[4][key])


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    packages = ("numpy", "gymnasium", "numba", "envpool")
    versions = {name: importlib.metadata.version(name) for name in packages if installed(name)}
    return {"rlenvs": rlenvs.__version__, **versions, "python": platform.python_version(), "cores": os.cpu_count()}


def _native(env_id: str, num_envs: int, **kwargs: Any) -> Subject:
    return _vector(gym.make_vec(env_id, num_envs, **kwargs))


def _sync(env_id: str, num_envs: int, mode: AutoresetMode = AutoresetMode.NEXT_STEP) -> SyncVectorEnv:
    return SyncVectorEnv([lambda: gym.make(env_id)] * num_envs, autoreset_mode=mode)


def _envpool(env_id: str, num_envs: int) -> Subject:
    import envpool

    return _vector(envpool.make_gymnasium(env_id, num_envs=num_envs, num_threads=1, seed=SEED), num_envs, np.int32)


def _vector(env: Any, num_envs: int | None = None, dtype: type = np.int64) -> Subject:
    count = num_envs or env.num_envs
    rng = np.random.default_rng(SEED)
    ring: Iterator[Any] = cycle([rng.integers(0, 4, count).astype(dtype) for _ in range(RING)])
    env.reset()

    def run(steps: int) -> None:
        for _, actions in zip(range(steps), ring, strict=False):
            env.step(actions)

    return Subject(count, run)


def _single(env_id: str) -> Subject:
    env = gym.make(env_id)
    actions: Iterator[int] = cycle(np.random.default_rng(SEED).integers(0, 4, 4096).tolist())
    env.reset(seed=SEED)

    def run(steps: int) -> None:
        for _, action in zip(range(steps), actions, strict=False):
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()

    return Subject(1, run)


def _steps_for(subject: Subject, seconds: float) -> int:
    """How many steps take about so long, found by doubling; warms the subject up."""
    steps = 4
    while True:
        start = time.perf_counter()
        subject.run(steps)
        elapsed = time.perf_counter() - start
        if elapsed > seconds / 4:
            return max(1, round(steps * seconds / elapsed))
        steps *= 2


def installed(package: str) -> bool:
    """Whether a package can be imported."""
    return importlib.util.find_spec(package) is not None


if __name__ == "__main__":
    sys.exit(main())

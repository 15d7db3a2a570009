"""Speed of the gridworlds beside EnvPool and Gymnasium, as ratios measured in one interleaved run.

    python -m scripts.bench_gridworld [--seconds 0.5] [--rounds 5] [--out gridworld.json]

Every round times every subject for a while, one after the other, so that load and clock speed meet all alike; a ratio
is the median over rounds of the ratio within a round. Each subject steps a ring of eight batches of random actions,
which fit in the cache as a policy's output does; action sampling is not timed. What is timed is checked first:
observations, rewards, flags and infos equal those of `SyncVectorEnv` around the single environment. Peers that are
not installed are named and left out.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import rlenvs  # noqa: F401  (registers the ids)
from scripts.errors import one_line_errors
from scripts.timing import SEED, Bar, Subject, installed, parse_arguments, ratio, save_figures, single, vector

RING = 8
LARGE, MIDDLE, SMALL = 8192, 1024, 64
CLIFF, LAKE = "rlenvs/CliffWalk-v0", "rlenvs/FrozenLake-v0"


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


def make_subjects() -> dict[str, Subject]:
    """Everything that is installed, by name."""
    same_step = {"autoreset_mode": AutoresetMode.SAME_STEP}
    subjects = {
        "cliff numpy 8192": _native(CLIFF, LARGE),
        "cliff numpy 64": _native(CLIFF, SMALL),
        "lake numpy 8192": _native(LAKE, LARGE),
        "lake numpy same-step": _native(LAKE, LARGE, **same_step),
        "lake ours sync": vector(_sync(LAKE, MIDDLE), MIDDLE, RING),
        "lake gymnasium sync": vector(_sync("FrozenLake-v1", MIDDLE), MIDDLE, RING),
        "cliff single": single(gym.make(CLIFF)),
        "lake single": single(gym.make(LAKE)),
        "lake gymnasium single": single(gym.make("FrozenLake-v1")),
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


def _native(env_id: str, num_envs: int, **kwargs: Any) -> Subject:
    return vector(gym.make_vec(env_id, num_envs, **kwargs), num_envs, RING)


def _sync(env_id: str, num_envs: int, mode: AutoresetMode = AutoresetMode.NEXT_STEP) -> SyncVectorEnv:
    return SyncVectorEnv([lambda: gym.make(env_id)] * num_envs, autoreset_mode=mode)


def _envpool(env_id: str, num_envs: int) -> Subject:
    import envpool

    made = envpool.make_gymnasium(env_id, num_envs=num_envs, num_threads=1, seed=SEED)
    return vector(made, num_envs, RING, np.int32)


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


if __name__ == "__main__":
    sys.exit(main())

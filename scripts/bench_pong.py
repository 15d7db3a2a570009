"""Speed of Pong on the emulator beside its peers, as shares of the bare emulator measured in one interleaved run.

    python -m scripts.bench_pong [--seconds 1] [--rounds 5] [--out pong.json]

Every round times every subject for a while, one after the other; a ratio is the median over rounds of the ratio within
a round. On one core the clock is the process's own, so that other programs on the machine count less; on two cores it
is the wall's. The bare emulator plays four frames a step and looks at nothing: what is built on it cannot be faster.
Single environments are compared with one, vectors of 32 with 32 in turn, whose memory does not fit in the cache.
All play random actions with ends and resets, from a ring of 64 batches; sampling is not timed. What is timed is checked
first: observations, rewards and flags equal those of Gymnasium's stack. Peers that are not installed are left out.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import ale_py
import ale_py.roms
import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation

import rlenvs  # noqa: F401  (registers the ids)
from scripts.errors import one_line_errors
from scripts.timing import SEED, Bar, Subject, installed, parse_arguments, ratio, save_figures, single, vector

RING, NUM_ENVS = 64, 32
RAW, RAW_IN_TURN, TWO_CORES, SINGLE = "bare emulator", "32 bare emulators in turn", ", 2 cores", ", single"
NAMES = ("Pong", "PongFast", "PongDifference", "PongRam")
STICKY: dict[str, Any] = {"repeat_action_probability": 0.25}

BARS = (
    Bar("84x84x4, Gymnasium's bits, share of the bare emulator", "Pong" + SINGLE, RAW, 0.88),
    Bar("difference frames, share of the bare emulator", "PongDifference" + SINGLE, RAW, 0.94),
    Bar("ball and paddles, share of the bare emulator", "PongRam" + SINGLE, RAW, 0.97),
    Bar("32 environments on two cores against ale-py's", "Pong, vector" + TWO_CORES, "ale-py vector" + TWO_CORES, 1.05),
)


@one_line_errors
def main() -> None:
    """Check, time, print, and write the figures if asked to."""
    arguments = parse_arguments(__doc__, seconds=1.0)
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    check_equal_to_gymnasium()
    rates = measure(one_core(), arguments.rounds, arguments.seconds, time.process_time)
    rates |= measure(two_cores(), arguments.rounds, arguments.seconds, time.perf_counter)
    report(rates)
    save_figures(arguments.out, rates, BARS)


def one_core() -> dict[str, Subject]:
    """What plays in one process with one thread, by name."""
    subjects = {
        RAW: _raw(1),
        RAW_IN_TURN: _raw(NUM_ENVS),
        "Gymnasium's stack": single(_gymnasium_stack()),
        "ale-py vector": _ale_vector(1),
    }
    if installed("envpool"):
        subjects["EnvPool vector"] = _envpool(1)
    for env_id, name in ((f"rlenvs/{name}-v0", name) for name in NAMES):
        for compiled in (True, False) if installed("numba") else (False,):
            engine = "" if compiled else ", NumPy"
            one = gym.make(env_id, compiled=compiled, **STICKY).unwrapped
            subjects[name + SINGLE + engine] = single(one)
            many = gym.make_vec(env_id, NUM_ENVS, workers=1, compiled=compiled, **STICKY)
            subjects[f"{name}, vector of {NUM_ENVS}{engine}"] = vector(many, NUM_ENVS, RING)
    return subjects


def two_cores() -> dict[str, Subject]:
    """What shares 32 environments out to two cores, by name."""
    subjects = {
        "ale-py vector" + TWO_CORES: _ale_vector(2),
        "Pong, vector" + TWO_CORES: vector(gym.make_vec("rlenvs/Pong-v0", NUM_ENVS, workers=2), NUM_ENVS, RING),
    }
    if installed("envpool"):
        subjects["EnvPool vector" + TWO_CORES] = _envpool(2)
    return subjects


def measure(
    subjects: dict[str, Subject], rounds: int, seconds: float, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Steps of single environments a second of `clock`, by subject, one figure a round."""
    rates: dict[str, list[float]] = {name: [] for name in subjects}
    for subject in subjects.values():
        subject.run(max(1, 400 // subject.num_envs))
    for _ in range(rounds):
        for name, subject in subjects.items():
            steps, began, start = 0, time.perf_counter(), clock()
            while time.perf_counter() - began < seconds:
                subject.run(max(1, 64 // subject.num_envs))
                steps += max(1, 64 // subject.num_envs)
            rates[name].append(steps * subject.num_envs / (clock() - start))
    return rates


def report(rates: dict[str, list[float]]) -> None:
    """Print rates, shares of the bare emulator, and what became of the bars."""
    for name, values in rates.items():
        share = ratio(Bar("", name, RAW_IN_TURN if "vector" in name else RAW, 0), rates)
        shown = "" if TWO_CORES in name or share is None else f"{share:8.3f} of bare emulation"
        print(f"{name:34}{statistics.median(values):9.0f} steps/s   ({min(values):.0f} to {max(values):.0f}){shown}")
    print()
    for bar in BARS:
        reached = ratio(bar, rates)
        if reached is None:
            print(f"{bar.claim:58} not measured: numba is not installed")
        else:
            verdict = "reached" if reached >= bar.at_least else "MISSED"
            print(f"{bar.claim:58}{reached:7.3f}   bar {bar.at_least:g}   {verdict}")


def check_equal_to_gymnasium(steps: int = 600) -> None:
    """Raise AssertionError unless the first member plays as Gymnasium's stack does."""
    for compiled in (True, False) if installed("numba") else (False,):
        theirs = _gymnasium_stack()
        ours = gym.make_vec("rlenvs/Pong-v0", 1, autoreset_mode=AutoresetMode.DISABLED, compiled=compiled)
        np.testing.assert_array_equal(ours.reset(seed=SEED)[0][0], theirs.reset(seed=SEED)[0])
        for action in np.random.default_rng(SEED).integers(6, size=steps):
            mine, expected = ours.step(np.array([action])), theirs.step(action)
            for array, value in zip(mine[:4], expected[:4], strict=True):
                np.testing.assert_array_equal(array[0], value)


def _raw(count: int) -> Subject:
    emulators = [_emulator() for _ in range(count)]
    codes = [action.value for action in emulators[0].getMinimalActionSet()]
    actions: Iterator[int] = cycle(np.random.default_rng(SEED).choice(codes, 4096).tolist())

    def run(steps: int) -> None:
        for _ in range(steps):
            for ale, action in zip(emulators, actions, strict=False):
                act = ale.act
                act(action)
                act(action)
                act(action)
                act(action)
                if ale.game_over():
                    ale.reset_game()

    return Subject(count, run)


def _emulator() -> Any:
    ale = ale_py.ALEInterface()
    ale.setFloat(*next(iter(STICKY.items())))
    ale.setInt("random_seed", SEED)
    rom = ale_py.roms.get_rom_path("pong")
    assert rom is not None
    ale.loadROM(rom)
    return ale


def _gymnasium_stack() -> Any:
    gym.register_envs(ale_py)
    emulator = gym.make("ALE/Pong-v5", frameskip=1, **STICKY)
    return FrameStackObservation(AtariPreprocessing(emulator, noop_max=0), 4)


def _ale_vector(threads: int) -> Subject:
    plain: dict[str, Any] = {"noop_max": 0, "use_fire_reset": False, "reward_clipping": False}
    made = ale_py.AtariVectorEnv("pong", num_envs=NUM_ENVS, num_threads=threads, **plain, **STICKY)
    return vector(made, NUM_ENVS, RING)


def _envpool(threads: int) -> Subject:
    import envpool

    made = envpool.make_gymnasium("Pong-v5", num_envs=NUM_ENVS, num_threads=threads, seed=SEED, **STICKY)
    return vector(made, NUM_ENVS, RING, np.int32)


if __name__ == "__main__":
    sys.exit(main())

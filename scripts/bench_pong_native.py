"""Measure the native Pong against raw ale-py, on one core, in turns: python -m scripts.bench_pong_native

Raw ale-py means frames without any observation. The native rows are whole steps of the vector environment with fresh
observations, four frames each; `game alone` is the game's frames without observations.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import ale_py
import gymnasium as gym
import numpy as np

import rlenvs  # noqa: F401  (registers the ids)
from rlenvs.pong.native.automaton import advance, is_over
from rlenvs.pong.native.compilation import compiled
from rlenvs.pong.native.layout import start
from rlenvs.pong.native.rom import cartridge_path

_IDS = ("rlenvs/PongRam-v0", "rlenvs/PongDifference-v0", "rlenvs/PongFast-v0", "rlenvs/Pong-v0")
_FRAMES_PER_STEP = 4


def main() -> None:
    """Print frames per CPU second, median of the rounds, and their multiple of ale-py's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-envs", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=1.0, help="a row and round (default: 1)")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rows: dict[str, Callable[[], int]] = {"raw ale-py": _emulator(), "game alone": _game()}
    for env_id in _IDS:
        rows[env_id] = _vector(env_id, arguments.num_envs)
    rates: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(arguments.rounds):
        for name, play in rows.items():
            rates[name].append(_rate(play, arguments.seconds))
    raw = median(rates["raw ale-py"])
    for name, found in rates.items():
        print(f"{name:26} {median(found):>14,.0f} frames/s  {median(found) / raw:>7.1f} x ale-py")


def _rate(play: Callable[[], int], seconds: float) -> float:
    play()
    frames, began, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        frames += play()
    return frames / (time.process_time() - cpu)


def _emulator() -> Callable[[], int]:
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.setFloat("repeat_action_probability", 0.0)
    ale.loadROM(cartridge_path())
    codes = np.random.default_rng(0).choice([0, 3, 4], size=1000).tolist()

    def play() -> int:
        for code in codes:
            ale.act(code)
            if ale.game_over():
                ale.reset_game()
        return len(codes)

    return play


def _game() -> Callable[[], int]:
    codes = np.random.default_rng(0).choice([0, 3, 4], size=100_000)
    game = start()

    def play() -> int:
        _play(game, start(), codes)
        return len(codes)

    return play


@compiled
def _play(game: Any, first: Any, codes: Any) -> None:
    for code in codes:
        advance(game, code)
        if is_over(game):
            game[:] = first


def _vector(env_id: str, num_envs: int) -> Callable[[], int]:
    env: Any = gym.make_vec(env_id, num_envs, backend="native")
    env.reset(seed=0)
    actions = np.random.default_rng(0).integers(env.single_action_space.n, size=(16, num_envs))

    def play() -> int:
        for row in actions:
            env.step(row)
        return actions.size * _FRAMES_PER_STEP

    return play


if __name__ == "__main__":
    main()

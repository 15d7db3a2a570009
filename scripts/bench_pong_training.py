"""PPO on Pong end to end, steps per second beside Stable-Baselines3's: `python -m scripts.bench_pong_training`.

SB3 plays `PongNoFrameskip-v4` as its zoo does (eight environments of 128 steps, Nature's network), or our own
environments through our adapter. Ours plays the same 84x84x4 frames with the same network, epochs and minibatches, and
42x42x4 frames with a small network; once learning from every step, as SB3, and once from the most surprising three in
ten, as the preset does. Play and updates count; making things, a first batch, evaluations and records
do not. Rounds alternate, so that load meets all alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import torch
from rich.console import Console
from rich.table import Table

import rlenvs
from agents import ppo
from agents.configuration import make_config
from agents.optimisation import make_optimiser
from agents.policies import build_policy
from agents.rollouts.clock import Clock
from agents.rollouts.segments import SegmentCollector
from agents.runtime import configure_torch, pick_device, using_threads
from rlenvs.leaderboard.files import write_atomically
from scripts.errors import one_line_errors

PONG, FAST = "rlenvs/Pong-v0", "rlenvs/PongFast-v0"
ATARI = {"n_steps": 128, "batch_size": 256, "n_epochs": 4, "learning_rate": 2.5e-4, "clip_range": 0.1, "ent_coef": 0.01}
NATURE = {"network": "nature", "normalize_observations": False}
PLAYED = 2048  # steps a round, so that every contestant plays whole batches


@dataclass(frozen=True)
class Contestant:
    """A way to train PPO; `goal` is the ratio to SB3 as it comes that the project set itself."""

    name: str
    start: Callable[..., Callable[[], None]]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    goal: float | None = None


def start_ours(env_id: str, backend: str, threads: int, device: str, **settings: Any) -> Callable[[], None]:
    """Makes a training of ours, from all steps as SB3's unless told otherwise; returns what plays and learns."""
    as_sb3 = {"normalize_observations": False, "update_fraction": 1.0}
    config = make_config(ppo.Config, {**ppo.PRESETS["pong"], **as_sb3, **settings})
    env = gym.make_vec(env_id, num_envs=config.num_envs, backend=backend)
    on = pick_device(device)
    policy = build_policy(env.single_observation_space, env.single_action_space, config, 0, on)
    optimiser, generator = make_optimiser(policy, config), torch.Generator(on).manual_seed(0)
    collector = SegmentCollector(env, config.num_steps, generator, 0, Clock())

    def play() -> None:
        for _ in range(PLAYED // collector.most_steps):
            with using_threads(1):
                batch = collector.collect(policy)
            assert batch is not None
            with using_threads(threads):
                ppo.update(policy, optimiser, config.signal_of(batch), config, generator, config.entropy_coef)

    return play


def start_sb3(env_id: str, threads: int, device: str, **settings: Any) -> Callable[[], None]:
    """Makes a training of SB3's; returns what plays and learns `PLAYED` steps."""
    import ale_py
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_atari_env
    from stable_baselines3.common.vec_env import VecFrameStack

    from rlenvs.integrations.sb3 import make_sb3_vec_env

    if env_id.startswith("rlenvs/"):
        env: Any = make_sb3_vec_env(env_id, 8, backend="native")
    else:
        gym.register_envs(ale_py)
        env = VecFrameStack(make_atari_env(env_id, 8), 4)
    model = PPO("CnnPolicy", env, device=device, **{**ATARI, **settings})
    model.learn(1024)

    def play() -> None:
        with using_threads(threads):
            model.learn(PLAYED, reset_num_timesteps=False)

    return play


def contestants() -> list[Contestant]:
    """SB3 as it comes first; the others are compared with it."""
    rows = [Contestant("SB3 PPO, PongNoFrameskip-v4, 8x128", start_sb3, {"env_id": "PongNoFrameskip-v4"})]
    rows += [Contestant(f"SB3 PPO, {env_id}, 8x128", start_sb3, {"env_id": env_id}) for env_id in (PONG, FAST)]
    for backend in ("ale", "native"):
        for num_envs, num_steps, goal in ((8, 128, 1.9), (32, 64, 2.7)):
            shape = {"env_id": PONG, "backend": backend, "num_envs": num_envs, "num_steps": num_steps, **NATURE}
            name = f"ours, Pong-v0, Nature, {num_envs}x{num_steps}, {backend}"
            rows += [Contestant(name, start_ours, shape, goal), _most_surprising(name, shape)]
        name, small = f"ours, PongFast-v0, tiny, 32x64, {backend}", {"env_id": FAST, "backend": backend}
        rows += [Contestant(name, start_ours, small, 7.0), _most_surprising(name, small)]
    return rows


def _most_surprising(name: str, arguments: Mapping[str, Any]) -> Contestant:
    """The same training, its epochs on the share of steps that the preset `pong` learns from."""
    fraction = ppo.PRESETS["pong"]["update_fraction"]
    return Contestant(f"{name}, {fraction:g} of steps", start_ours, {**arguments, "update_fraction": fraction})


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_pong_training", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help=f"rounds of {PLAYED} steps each (default 3)")
    parser.add_argument("--threads", type=int, default=2, help="PyTorch threads of updates, SB3's and ours (default 2)")
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda or auto")
    parser.add_argument("--only", default="", help="only contestants whose name holds this")
    parser.add_argument("--out", type=Path, help="also write the numbers as JSON")
    return parser


def _chosen(options: argparse.Namespace) -> list[Contestant]:
    for name in ("rounds", "threads"):
        if getattr(options, name) < 1:
            raise ValueError(f"--{name} {getattr(options, name)}: choose at least 1")
    chosen = [row for row in contestants() if options.only in row.name]
    if not chosen:
        raise ValueError(f"--only {options.only!r}: no name holds this; try ours, SB3, Nature, tiny, ale or native")
    return chosen


def seconds(play: Callable[[], None]) -> float:
    """Of one round."""
    started = time.perf_counter()
    play()
    return time.perf_counter() - started


@one_line_errors
def main() -> None:
    """Prints steps per second and the ratio to SB3 as it comes."""
    options = arguments().parse_args()
    chosen = _chosen(options)
    rlenvs.register_envs()
    configure_torch(threads=1, deterministic=False)
    common = {"threads": options.threads, "device": options.device}
    plays = [partial(row.start, **common, **row.arguments)() for row in chosen]
    for play in plays:
        play()
    rates: list[list[float]] = [[] for _ in chosen]
    for number in range(options.rounds):
        for place, play in enumerate(plays):
            rates[place].append(PLAYED / seconds(play))
            print(f"round {number}  {chosen[place].name}: {rates[place][-1]:,.0f} steps/s", file=sys.stderr)
    table = Table(title=f"PPO on Pong, {options.device}, {options.threads} threads (median of {options.rounds} rounds)")
    for heading in ("", "steps/s", f"times {chosen[0].name}", "goal"):
        table.add_column(heading, justify="right" if heading else "left")
    report = {}
    for row, rate in zip(chosen, rates, strict=True):
        ratio = statistics.median(own / base for own, base in zip(rate, rates[0], strict=True))
        report[row.name] = {"steps_per_s": statistics.median(rate), "ratio": ratio}
        goal = "" if row.goal is None else f"{row.goal:g}"
        table.add_row(row.name, f"{statistics.median(rate):,.0f}", f"{ratio:.2f}", goal)
    Console().print(table)
    if options.out:
        write_atomically(options.out, json.dumps(report, indent=1).encode())


if __name__ == "__main__":
    sys.exit(main())

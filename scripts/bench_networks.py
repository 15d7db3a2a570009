"""Samples a second of every network, by memory order and number type: `python -m scripts.bench_networks`.

`default` is what PyTorch does by itself: images in the order channels, height, width, all in float32. The others are
our policies: channels last, in float32 and with a bfloat16 trunk. Inference begins with bytes and ends with
log-probabilities; a training sample is one pass forwards and backwards through a policy with a shared critic,
gradient clipping and Adam, its images converted beforehand. Every figure is the best of several rounds, in which all
subjects take turns, so that other load meets all alike.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from agents.optimisation import OptimiserConfig, gradient_step, make_optimiser
from agents.policies import ActorCritic, build_policy
from agents.policies.cnn import SHAPES
from agents.precision import Precision, bfloat16_is_fast
from agents.rollouts.batch import Batch
from agents.runtime import configure_torch, pick_device
from rlenvs.leaderboard.files import write_atomically
from scripts.errors import one_line_errors

INFERENCE, TRAINING = (8, 32, 128), (256, 1024)
KINDS: dict[str, Precision] = {"default": "float32", "float32": "float32", "bfloat16": "bfloat16"}
NUM_ACTIONS = 6


@dataclass(frozen=True)
class Subject:
    """A network and the images it reads."""

    shape: tuple[int, int, int]
    settings: dict[str, Any]


SUBJECTS = {
    "nature 84": Subject((4, 84, 84), {"network": "nature"}),
    "small 42": Subject((4, 42, 42), {"network": "small"}),
    "tiny 42": Subject((4, 42, 42), {"network": "tiny"}),
    "200 units 80": Subject(
        (1, 80, 80), {"network": "mlp", "hidden": (200,), "activation": "relu", "bias": False, "init": "xavier"}
    ),
}


class PlainBody(nn.Module):
    """The same layers as everybody writes them, on images `[..., H, W, C]` put back into PyTorch's order."""

    def __init__(self, shape: tuple[int, int, int], network: str) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = shape[0]
        for width, kernel, stride in SHAPES[network].convolutions if network in SHAPES else ():
            layers += [nn.Conv2d(channels, width, kernel, stride), nn.ReLU()]
            channels = width
        layers.append(nn.Flatten())
        units = SHAPES[network].dense if network in SHAPES else 200
        size = nn.Sequential(*layers)(torch.zeros(1, *shape)).numel()
        self.layers = nn.Sequential(*layers, nn.Linear(size, units), nn.ReLU())

    def forward(self, pixels: Tensor) -> Tensor:
        """Maps pixels to features."""
        return self.layers(pixels.movedim(-1, 1).contiguous())


def make_policy(subject: Subject, kind: str, device: torch.device) -> ActorCritic:
    """The subject's policy, computed in one of `KINDS`."""
    config = OptimiserConfig(critic="shared", precision=KINDS[kind], **subject.settings)
    space = spaces.Box(0, 255, subject.shape, np.uint8)
    policy = build_policy(space, spaces.Discrete(NUM_ACTIONS), config, 0, device)
    if kind == "default":
        policy.body = PlainBody(subject.shape, subject.settings["network"]).to(device)
    return policy


def inference(policy: ActorCritic, shape: tuple[int, ...], count: int) -> Callable[[], Any]:
    """One step of `count` environments, from bytes in NumPy to log-probabilities."""
    frames = np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)

    def step() -> None:
        with torch.no_grad():
            policy.behaviour(count)(policy.observe(frames))[0].cpu()

    return step


def training(policy: ActorCritic, shape: tuple[int, ...], count: int) -> Callable[[], Any]:
    """One gradient step on `count` transitions."""
    frames = np.random.default_rng(0).integers(0, 256, (count, 1, *shape), dtype=np.uint8)
    numbers = torch.zeros(count, 1, device=policy.device)
    yes = torch.ones(count, 1, dtype=torch.bool, device=policy.device)
    actions, rows = yes.long(), torch.arange(count, device=policy.device)
    batch = policy.prepared(Batch(policy.observe(frames), actions, numbers, numbers, ~yes, ~yes, yes, rows))
    optimiser = make_optimiser(policy, OptimiserConfig())

    def step() -> None:
        now = policy.evaluate(batch)
        assert now.values is not None
        float(gradient_step(optimiser, now.values.square().mean() - now.log_prob.mean() - now.entropy.mean(), 0.5))

    return step


def samples_per_second(step: Callable[[], Any], count: int, seconds: float) -> float:
    """Samples a second of the quickest of the calls that fit into `seconds`."""
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return count / min(times)


def measure(name: str, seconds: float, rounds: int, device: torch.device) -> dict[str, dict[str, float]]:
    """Figures of one subject, by kind and then by what is measured."""
    shape = SUBJECTS[name].shape
    figures: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    policies = {kind: make_policy(SUBJECTS[name], kind, device) for kind in KINDS}
    tasks = [("act", inference, count) for count in INFERENCE] + [("train", training, count) for count in TRAINING]
    for word, make, count in tasks:
        steps = {kind: make(policy, shape, count) for kind, policy in policies.items()}
        for _ in range(rounds):
            for kind, step in steps.items():
                speed = samples_per_second(step, count, seconds)
                figures[kind][f"{word} {count}"] = max(speed, figures[kind].get(f"{word} {count}", 0.0))
    return figures


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_networks", description=__doc__)
    parser.add_argument("--threads", type=int, default=2, help="PyTorch threads (default 2)")
    parser.add_argument("--seconds", type=float, default=0.2, help="time for a figure in a round (default 0.2)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, ...")
    parser.add_argument("--out", type=Path, help="also write the numbers as JSON")
    return parser


@one_line_errors
def main() -> None:
    """Prints thousands of samples a second."""
    options = arguments().parse_args()
    configure_torch(options.threads, deterministic=False)
    device = pick_device(options.device)
    columns = [f"act {count}" for count in INFERENCE] + [f"train {count}" for count in TRAINING]
    title = f"thousand samples a second on {device}, {torch.get_num_threads()} threads"
    table, report = Table("network", "in", title=title), {}
    for column in columns:
        table.add_column(column.replace(" ", "\n"), justify="right")
    for name in SUBJECTS:
        report[name] = measure(name, options.seconds, options.rounds, device)
        for kind, figures in report[name].items():
            table.add_row(name, kind, *(f"{figures[column] / 1000:.1f}" for column in columns))
    Console().print(table)
    print(f"precision=auto takes {'bfloat16' if bfloat16_is_fast(device.type) else 'float32'} here")
    if options.out:
        write_atomically(options.out, json.dumps(report, indent=1).encode())


if __name__ == "__main__":
    sys.exit(main())

"""GRPO on a model of half a billion parameters: `python -m scripts.bench_large [--size qwen2-0.5b] [--trl]`.

Random weights of Qwen2-0.5B's sizes, saved and loaded as a model by name is: one iteration is `--prompts` groups of
`--group-size` responses of up to `--max-tokens`, and two updates of half of them each, in bfloat16 on a CUDA device.
Responses hardly ever end before the limit. Seconds are medians over `--rounds`, once the device is done; memory is the
peak of PyTorch's tensors, utilisation the share of time in which a kernel ran. TRL's GRPOTrainer does the same work.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from gymnasium import make_vec
from rich.console import Console
from rich.table import Table

import rlenvs
from agents import grpo
from agents.configuration import make_config
from agents.device_use import DeviceMeter
from agents.integrations.random_models import SIZES, save_random_model
from agents.integrations.trl_iteration import Work, trl_iteration_seconds
from agents.language_presets import PRETRAINED
from agents.optimisation import make_optimiser
from agents.policies.language_build import build_language_policy
from agents.rollouts.clock import Clock
from agents.rollouts.generation import Sampling
from agents.rollouts.generation_collector import GenerationCollector
from agents.runtime import configure_torch, pick_device
from rlenvs.leaderboard.files import write_atomically
from scripts.bench_generation import check_trl
from scripts.errors import one_line_errors

TASK = "countdown"
FLOPS_A_PARAMETER = 6  # and token of an update: forward, and backward to inputs and to weights


@one_line_errors
def main() -> None:
    """Times, prints and writes the figures if asked to."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_large", description=__doc__)
    parser.add_argument("--size", default="qwen2-0.5b", help=f"{' or '.join(SIZES)} (default qwen2-0.5b)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default auto)")
    parser.add_argument("--prompts", type=int, default=16, help="an iteration (default 16)")
    parser.add_argument("--group-size", type=int, default=16, help="responses to each (default 16)")
    parser.add_argument("--max-tokens", type=int, default=256, help="of a response (default 256)")
    parser.add_argument("--micro-rows", type=int, default=16, help="responses in memory at a time (default 16)")
    parser.add_argument("--rounds", type=int, default=3, help="iterations that count (default 3)")
    parser.add_argument("--compile", action="store_true", help="torch.compile, and CUDA graphs")
    parser.add_argument("--trl", action="store_true", help="also time TRL's GRPOTrainer")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    for name in ("prompts", "group_size", "max_tokens", "micro_rows", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if options.prompts % 2:
        parser.error("--prompts must be even: two updates learn from half of them each")
    if options.trl:
        check_trl()
    configure_torch(threads=0)
    rlenvs.register_envs()
    device = pick_device(options.device)
    work = Work(options.prompts, options.group_size, options.rounds, options.micro_rows, device)
    report = measured(options.size, options.max_tokens, work, options.compile, options.trl)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    Console().print(as_table(report, f"{options.size} on {name}, {work.rows} responses of {options.max_tokens} tokens"))
    if options.out:
        write_atomically(options.out, json.dumps({"device": name} | report, indent=1).encode())


def measured(size: str, max_tokens: int, work: Work, compiles: bool, trl: bool) -> dict[str, dict[str, float]]:
    """The figures of ours, and of TRL where it is wanted; of a model that is made for it."""
    with tempfile.TemporaryDirectory() as folder:
        save_random_model(folder, size)
        text: dict[str, Any] = {"task": TASK, "style": "chat", "tokenizer": folder, "max_tokens": max_tokens}
        env = make_vec("rlenvs/MathToken-v0", work.rows, group_size=work.group_size, **text)
        report = {"ours": ours(folder, env.unwrapped, work, compiles)}
        if trl:
            report["TRL"] = theirs(folder, env.unwrapped, work)
    return {name: per_second(figures, report["ours"]) for name, figures in report.items()}


def ours(folder: str, env: Any, work: Work, compiles: bool) -> dict[str, float]:
    """Median seconds of a rollout, an update and an iteration of the agent that `scripts.train` trains."""
    settings = {"model": folder, "micro_batches": work.micro_batches, "compile": compiles, "skip_equal_groups": False}
    config = make_config(grpo.Config, {**grpo.PRESETS["text"], **PRETRAINED, **settings})
    policy = build_language_policy(env.rules, config, seed=0, device=work.device)
    optimiser, generator = make_optimiser(policy, config), torch.Generator(work.device).manual_seed(0)
    collector = GenerationCollector(env, work.group_size, Sampling(), generator, 0, Clock())
    clock, selection = work.clock(), torch.Generator().manual_seed(0)
    rollouts, updates = [], []
    with DeviceMeter(work.device) as meter:
        for _ in range(work.iterations + 1):
            started = clock()
            batch = collector.collect(policy)
            written = clock()
            assert batch is not None
            grpo.update(policy, optimiser, batch, config, generator, selection, 0.0)
            rollouts.append(written - started)
            updates.append(clock() - written)
    rollout, both = statistics.median(rollouts[1:]), statistics.median(updates[1:])
    return {
        "rollout": rollout,
        "update": both / config.minibatches,
        "iteration": rollout + both,
        "tokens": collector.tokens / (work.iterations + 1),
        "parameters": float(policy.description["parameters"]),
        **used(meter),
    }


def theirs(folder: str, env: Any, work: Work) -> dict[str, float]:
    """The same of TRL."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with DeviceMeter(work.device) as meter:
        seconds = trl_iteration_seconds(model, AutoTokenizer.from_pretrained(folder), env, work)
    return seconds | used(meter)


def used(meter: DeviceMeter) -> dict[str, float]:
    """What was taken of a CUDA device, as far as it is known."""
    told = {"peak memory, GiB": meter.peak_memory_gib, "utilisation": meter.utilisation}
    return {name: value for name, value in told.items() if value is not None}


def per_second(figures: dict[str, float], work: dict[str, float]) -> dict[str, float]:
    """Adds rates, by the tokens of our iteration (TRL's are as many, but for a few ends) and the parameters."""
    tokens, parameters = work["tokens"], work["parameters"]
    rates = {
        "sampled tokens/s": tokens / figures["rollout"],
        "trained tokens/s": tokens / 2 / figures["update"],
        "update, TFLOP/s": FLOPS_A_PARAMETER * parameters * tokens / 2 / figures["update"] / 1e12,
    }
    return figures | rates


def as_table(report: dict[str, dict[str, float]], title: str) -> Table:
    """A line a figure, a column a contestant."""
    table = Table("figure", *report, *(["TRL / ours"] if "TRL" in report else []), title=title)
    for figure in report["ours"]:
        values = [figures.get(figure) for figures in report.values()]
        ratio = [f"{values[1] / values[0]:.3g}"] if len(values) == 2 and values[0] and values[1] else []
        table.add_row(figure, *("" if value is None else f"{value:.4g}" for value in values), *ratio)
    return table


if __name__ == "__main__":
    sys.exit(main())

"""Speed of sampling and of a GRPO iteration on a CPU: `python -m scripts.bench_generation [--rounds 5] [--trl]`.

The same weights in our engine and in `transformers` (`generate`, dynamic cache, sdpa), one thread, float32, 32 prompts
of 16 responses. Countdown: a model after a short warm-up, so that responses have the task's lengths. Ragged: a model
that knows nothing over 11 tokens, which ends at every token with probability 1/11. Contestants take turns, so that
load meets all alike; figures are medians of processor time. With `--trl` (where TRL is installed) whole iterations of
its GRPOTrainer are timed beside ours.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from gymnasium import make_vec
from rich.console import Console
from rich.table import Table
from torch import Tensor

import rlenvs
from agents import grpo
from agents.configuration import make_config
from agents.integrations.trl_iteration import Work, character_tokenizer, trl_iteration_seconds
from agents.optimisation import make_optimiser
from agents.policies import PolicyConfig
from agents.policies.bodies import LlamaBody
from agents.policies.causal_lm import CausalLM
from agents.policies.conversion import to_transformers
from agents.policies.language_build import build_language_policy
from agents.policies.llama import Llama, LlamaConfig
from agents.policies.responses import padded_prompts
from agents.rollouts.batch import Batch
from agents.rollouts.clock import Clock
from agents.rollouts.generation import Sampling, generate
from agents.rollouts.generation_collector import GenerationCollector, response_batch
from agents.runtime import configure_torch
from agents.supervised import warm_up
from rlenvs.leaderboard.files import write_atomically
from scripts.errors import one_line_errors

PROMPTS, GROUP_SIZE = 32, 16
RAGGED_VOCAB, RAGGED_PROMPT = 11, 12
GOALS = {"Countdown": 3.0, "ragged, at most 32": 3.0, "ragged, at most 80": 5.0, "iteration": 4.0, "update": 3.0}
WARM_UP = {"warm_up_steps": 200, "warm_up_learning_rate": 2e-3}
CPU = torch.device("cpu")
NEEDED_BY_TRL = ("trl", "datasets", "accelerate")


@one_line_errors
def main() -> None:
    """Times, prints and writes the figures if asked to."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_generation", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of every contestant (default 5)")
    parser.add_argument("--trl", action="store_true", help="also time TRL's GRPOTrainer")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.trl:
        check_trl()
    configure_torch(threads=1)
    rlenvs.register_envs()
    policy, env = countdown_policy()
    report = {"Countdown": sampling(policy, asked(env), env.rules.max_tokens, options.rounds)}
    for longest in (32, 80):
        report[f"ragged, at most {longest}"] = sampling(ragged_policy(), ragged_prompts(), longest, options.rounds)
    report["training pass"] = agreement(policy, asked(env), env.rules.max_tokens)
    report["iteration"] = iteration(policy, env, options.rounds)
    if options.trl:
        theirs = trl_iteration(policy, env, options.rounds)
        report["iteration"] |= {f"TRL {name}": seconds for name, seconds in theirs.items()}
    Console().print(as_table(report))
    if options.out:
        write_atomically(options.out, json.dumps(report, indent=1).encode())


def check_trl() -> None:
    """Before half a minute of measurements.

    Raises:
        ImportError: a package is missing.
    """
    missing = [name for name in NEEDED_BY_TRL if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(f"--trl needs {', '.join(missing)}: pip install {' '.join(missing)}, or leave --trl out")


def countdown_policy() -> tuple[CausalLM, Any]:
    """A policy after a short warm-up on Countdown, and its environment."""
    env: Any = make_vec("rlenvs/MathToken-v0", PROMPTS * GROUP_SIZE, task="countdown", group_size=GROUP_SIZE)
    config = PolicyConfig(network="causal_lm", **WARM_UP)  # type: ignore[arg-type]
    policy = build_language_policy(env.rules, config, seed=0)
    warm_up(policy, env.rules, config, seed=0)
    return policy, env


def asked(env: Any) -> Tensor:
    """32 prompts of one length or less, `[P, L]`."""
    observations, _ = env.reset(seed=0)
    return padded_prompts(
        observations[::GROUP_SIZE, : env.rules.book.max_prompt_tokens], observations[::GROUP_SIZE, -2]
    )


def ragged_policy() -> CausalLM:
    """A policy that ends at each token with probability 1/11."""
    torch.manual_seed(0)
    body = LlamaBody(Llama(LlamaConfig(vocab_size=RAGGED_VOCAB)))
    return CausalLM(body, PolicyConfig(precision="float32"), 0, 1, torch.ones(RAGGED_VOCAB, dtype=torch.bool), CPU)


def ragged_prompts() -> Tensor:
    """Prompts of 12 tokens that mean nothing."""
    return torch.randint(3, RAGGED_VOCAB, (PROMPTS, RAGGED_PROMPT), generator=torch.Generator().manual_seed(0))


def sampling(policy: CausalLM, prompts: Tensor, longest: int, rounds: int) -> dict[str, float]:
    """Tokens a second of both engines, and what the responses were like."""
    theirs = to_transformers(policy.body.llama, eos_token_id=1, pad_token_id=0, bos_token_id=2).eval()
    rows = prompts.repeat_interleave(GROUP_SIZE, dim=0)
    ids = _left_padded(rows)
    lengths: dict[str, list[int]] = {"ours": [], "transformers": []}

    def ours() -> None:
        uniforms = torch.rand(len(rows), longest, dtype=torch.float64)
        lengths["ours"] += generate(policy, prompts, GROUP_SIZE, uniforms).lengths.tolist()

    def hub() -> None:
        with torch.no_grad():
            written = theirs.generate(
                ids, attention_mask=(ids != 0).long(), do_sample=True, top_k=0, max_new_tokens=longest
            )[:, ids.shape[1] :]
        is_end = written == 1
        lengths["transformers"] += torch.where(is_end.any(1), is_end.int().argmax(1) + 1, written.shape[1]).tolist()

    seconds = in_turns({"ours": ours, "transformers": hub}, rounds)
    rates = {name: statistics.mean(lengths[name]) * len(rows) / seconds[name] for name in seconds}
    return {
        **{f"{name}, tokens a second": round(rate) for name, rate in rates.items()},
        "times": round(rates["ours"] / rates["transformers"], 2),
        "mean length": round(statistics.mean(lengths["ours"]), 2),
        "longest": max(lengths["ours"]),
    }


def _left_padded(rows: Tensor) -> Tensor:
    """As `generate` reads prompts: padding first."""
    order = (rows >= 0).int().sort(dim=1, stable=True).indices
    return rows.clamp(min=0).gather(1, order)


def agreement(policy: CausalLM, prompts: Tensor, longest: int) -> dict[str, float]:
    """How far log-probabilities of sampling and of the training pass are apart."""
    uniforms = torch.rand(PROMPTS * GROUP_SIZE, longest, dtype=torch.float64)
    written = generate(policy, prompts, GROUP_SIZE, uniforms, Sampling())
    batch = response_batch(prompts, GROUP_SIZE, written)
    with torch.no_grad():
        apart = (policy.evaluate(batch).log_prob - batch.old_log_prob).abs()[batch.mask]
    return {"largest difference": float(apart.max()), "mean difference": float(apart.mean())}


def iteration(policy: CausalLM, env: Any, rounds: int) -> dict[str, float]:
    """Processor seconds of our rollout with scoring, of one of two updates, and of the whole iteration."""
    config = make_config(grpo.Config, {**grpo.PRESETS["text"], "learning_rate": 2e-4, "skip_equal_groups": False})
    optimiser, generator = make_optimiser(policy, config), torch.Generator().manual_seed(0)
    collector = GenerationCollector(env, GROUP_SIZE, Sampling(), generator, 0, Clock())
    before = policy.checkpoint()["state_dict"]
    saved = {name: tensor.clone() for name, tensor in before.items()}
    batches: list[Batch] = []

    def rollout() -> None:
        batch = collector.collect(policy)
        assert batch is not None
        batches.append(batch)

    def update() -> None:
        grpo.update(policy, optimiser, batches[-1], config, generator, generator, 0.0)

    seconds = in_turns({"rollout": rollout, "updates": update}, rounds)
    policy.load_state_dict(saved)
    return {
        "rollout": seconds["rollout"],
        "update": seconds["updates"] / config.minibatches,
        "iteration": seconds["rollout"] + seconds["updates"],
    }


def trl_iteration(policy: CausalLM, env: Any, rounds: int) -> dict[str, float]:
    """The same of TRL, with a copy of the weights."""
    copied = to_transformers(policy.body.llama, eos_token_id=1, pad_token_id=0, bos_token_id=2)
    tokenizer = character_tokenizer(env.rules.task.alphabet)
    return trl_iteration_seconds(copied, tokenizer, env, Work(PROMPTS, GROUP_SIZE, rounds))


def in_turns(contestants: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Median processor seconds of each, called one after the other, after a first round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, contestant in contestants.items():
            started = time.process_time()
            contestant()
            seconds[name].append(time.process_time() - started)
    return {name: statistics.median(taken[1:]) for name, taken in seconds.items()}


def as_table(report: dict[str, dict[str, float]]) -> Table:
    """One line a figure, with the goal where there is one."""
    table = Table("", "figure", "value", "goal", title="One thread, float32, 330,000 parameters, 512 responses")
    for name, figures in report.items():
        for figure, value in figures.items():
            goal = GOALS.get(name) if figure == "times" else None
            table.add_row(name, figure, f"{value:.4g}", "" if goal is None else f">= {goal:g}")
    if "TRL iteration" in (figures := report["iteration"]):
        for part in ("rollout", "update", "iteration"):
            goal = GOALS.get(part)
            ratio = figures[f"TRL {part}"] / figures[part]
            table.add_row(part, "times TRL", f"{ratio:.3g}", "" if goal is None else f">= {goal:g}")
    return table


if __name__ == "__main__":
    sys.exit(main())

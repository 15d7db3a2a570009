"""Supervised learning on demonstrations: how the embedded language model learns a task before it is reinforced.

Demonstrations are of *stated* quality: a share of them is wrong, systematically (by the task's definite mistake: then
also the likeliest answer is wrong, and reinforcement has to turn the policy round) or scattered (by an error at random:
then temperature 0 alone would do). A finished warm-up is kept on disk under the hash of all that decides it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents import checkpoints
from agents.aggregation import aggregate
from agents.optimisation import apply_gradient
from agents.policies.causal_lm import CausalLM
from agents.policies.language_config import LanguageConfig
from agents.policies.responses import padded_prompts
from agents.rollouts.batch import Batch
from agents.rollouts.generation import Generation
from agents.rollouts.generation_collector import response_batch
from rlenvs.text.rules import Rules

VERSION = "1"  # of the result: changes with anything below or in the decoder that gives other weights
CACHE = "RLENVS_CACHE"

RISING_STEPS = 20
LEAST_RATE = 0.05  # of the learning rate, at the end
BETAS, WEIGHT_DECAY, MAX_GRAD_NORM = (0.9, 0.98), 0.01, 1.0


@dataclass(frozen=True)
class WarmUp:
    """What a warm-up did.

    Attributes:
        seconds: it took when it was trained.
        from_cache: whether it was read from disk.
        loss: the mean negative log-probability of the last tenth of the demonstrations.
    """

    seconds: float
    from_cache: bool
    loss: float


def warm_up(policy: CausalLM, rules: Rules, config: LanguageConfig, seed: int) -> WarmUp:
    """Trains `policy` on demonstrations as `config` says, or reads what an equal training came to.

    Args:
        policy: initialised from `seed`; changed in place.
        rules: the task, its training problems and the tokenizer.
        config: the `warm_up_...` and `wrong_...` settings, with a number of steps.
        seed: of the demonstrations.

    Raises:
        ValueError: no step.
    """
    path = cache_directory() / f"{_key(policy, rules, config, seed)}.pt"
    if path.exists():
        state = checkpoints.load(path)
        policy.body.load_state_dict(state["body"])
        return WarmUp(state["seconds"], True, state["loss"])
    started = time.perf_counter()
    loss = imitate(policy, rules, config, seed)
    done = WarmUp(time.perf_counter() - started, False, loss)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {"body": policy.body.state_dict(), "seconds": done.seconds, "loss": done.loss}
    checkpoints.save_atomically(state, path)
    return done


def imitate(policy: CausalLM, rules: Rules, config: LanguageConfig, seed: int) -> float:
    """Gradient steps on the likelihood of demonstrated responses; returns the mean loss of the last tenth.

    AdamW with a linear rise and a cosine to 5 % of the learning rate; the loss is the mean over response tokens.

    Raises:
        ValueError: no step.
    """
    steps = config.warm_up_steps or 0
    if steps < 1:
        raise ValueError(f"config warm_up_steps={config.warm_up_steps}: choose at least 1, or none for no warm-up")
    optimiser = torch.optim.AdamW(
        policy.body.parameters(), lr=config.warm_up_learning_rate, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True
    )
    losses = []
    for step, batch in enumerate(demonstrations(rules, config, steps, seed)):
        for group in optimiser.param_groups:
            group["lr"] = config.warm_up_learning_rate * rate_at(step, steps)
        batch = batch.to(policy.device)
        loss = -aggregate(policy.evaluate(batch).log_prob, batch.mask)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        apply_gradient(optimiser, MAX_GRAD_NORM)
        losses.append(loss.detach())
    return float(torch.stack(losses[-max(1, steps // 10) :]).mean())


def rate_at(step: int, steps: int) -> float:
    """Share of the learning rate at a step: linear rise, then half a cosine."""
    rise = min(1.0, (step + 1) / RISING_STEPS)
    return rise * (LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * step / steps)))


def demonstrations(rules: Rules, config: LanguageConfig, steps: int, seed: int) -> Iterator[Batch]:
    """Batches of demonstrations on training problems, which are met in a random order, again and again.

    Args:
        rules: the task, its training problems and the tokenizer.
        config: batch size, share and kind of wrong demonstrations.
        steps: how many batches.
        seed: of the order and the demonstrations.
    """
    rng = np.random.default_rng([seed, 0])
    order = np.concatenate(
        [rng.permutation(rules.book.size) for _ in range(-(-steps * config.warm_up_batch_size // rules.book.size))]
    )
    for step in range(steps):
        yield _demonstrated(rules, order[step * config.warm_up_batch_size :][: config.warm_up_batch_size], config, rng)


def _demonstrated(rules: Rules, indices: np.ndarray, config: LanguageConfig, rng: np.random.Generator) -> Batch:
    """A demonstration on each problem as a row of a batch; problems with too long prompts give way to the next."""
    book, tokenizer = rules.book, rules.tokenizer
    indices = book.indices((indices + 0.5) / book.size)
    responses = []
    for index in indices.tolist():
        text, _ = rules.task.demonstration(book.problem(index), rng, config.wrong_share, config.wrong_kind)
        responses.append([*tokenizer.encode(text), tokenizer.eos_id][: rules.max_tokens])
    lengths = torch.tensor([len(response) for response in responses])
    actions = torch.full((len(responses), int(lengths.max())), tokenizer.pad_id)
    for row, response in enumerate(responses):
        actions[row, : len(response)] = torch.tensor(response)
    zeros = torch.zeros(actions.shape)
    prompts = padded_prompts(book.tokens[indices], book.lengths[indices])
    return response_batch(prompts, 1, Generation(actions, lengths, zeros, zeros))


def cache_directory() -> Path:
    """`$RLENVS_CACHE`, or `~/.cache/rlenvs`, and in it the warm-ups."""
    return Path(os.environ.get(CACHE) or Path.home() / ".cache" / "rlenvs") / "warm_ups"


def _key(policy: CausalLM, rules: Rules, config: LanguageConfig, seed: int) -> str:
    """A hash of all that decides the result, the initial weights included."""
    weights = hashlib.sha256()
    for name, tensor in sorted(policy.body.state_dict().items()):
        weights.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    settings: dict[str, Any] = {
        name: value for name, value in asdict(config).items() if name.startswith(("warm_up", "wrong", "model"))
    }
    told = [VERSION, settings, rules.fingerprint.hex(), seed, weights.hexdigest(), torch.__version__]
    told += [policy.device.type, policy.config.precision, *["compiled"] * policy.config.compile]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]

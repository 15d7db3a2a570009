"""Distillation: a student learns a teacher's whole distribution over the next token, not only the token it took.

Generalised knowledge distillation (arXiv 2306.13649): on texts of the student (`writer="student"`) or of the teacher,
by the reverse divergence KL(student || teacher), which takes to one of the teacher's ways, or by the forward one, which
covers all of them. No reward enters; what is written is judged for the record alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from agents.aggregation import count
from agents.diagnostics import diagnosis
from agents.kl import kl_of_distributions
from agents.language_presets import LANGUAGE, RESPONSES
from agents.loading import load_policy
from agents.optimisation import OptimiserConfig, accumulated_step, apply_schedules, make_optimiser
from agents.policies import CausalLM
from agents.rollouts.batch import Batch
from agents.run_kinds import begin_language
from agents.vocabularies import check_vocabulary
from rlenvs.leaderboard.records import RunSpec, read_run
from rlenvs.text.rules import Rules
from rlenvs.text.token_env import sensible_tokens

VERSION = "1"


@dataclass(frozen=True)
class Config(OptimiserConfig):
    """Settings of distillation.

    Attributes:
        teacher: directory of a finished run of a language model with the same tokens, of any size. Runs are told apart
            by this path, not by what is in the directory.
        direction: `reverse`: KL(student || teacher); `forward`: KL(teacher || student).
        writer: whose texts are learned from.
        responses: a batch, each to a problem of its own.
        minibatches: gradient steps a batch.
    """

    teacher: str = ""
    direction: Literal["reverse", "forward"] = "reverse"
    writer: Literal["student", "teacher"] = "student"
    responses: int = RESPONSES
    minibatches: int = 2


PRESETS: dict[str, dict[str, Any]] = {"text": LANGUAGE}


def load_teacher(config: Config, rules: Rules, device: torch.device) -> CausalLM:
    """The teacher, frozen.

    Args:
        config: names it.
        rules: of the student's environment.
        device: of the student.

    Raises:
        ValueError: no such run, or its policy does not write the student's tokens.
    """
    if not config.teacher:
        raise ValueError("config teacher='': name the directory of a finished run, --set teacher=runs/...")
    teacher = load_policy(read_run(config.teacher))
    if not isinstance(teacher, CausalLM) or teacher.tokenizer is None:
        raise ValueError(f"config teacher={config.teacher!r}: it is no language model; choose another run")
    check_vocabulary(f"config teacher={config.teacher!r}", teacher.tokenizer, rules.tokenizer)
    never = torch.from_numpy(~sensible_tokens(rules)).nonzero().squeeze(1)
    if not torch.equal(teacher.never, never):
        raise ValueError(f"config teacher={config.teacher!r}: not all tokens that it writes are the student's")
    teacher.device = device
    return teacher.to(device).requires_grad_(False)


def loss(
    student: CausalLM, teacher: CausalLM, micro: Batch, whole: Batch, direction: str
) -> tuple[Tensor, dict[str, Tensor]]:
    """The exact divergence at each token of a micro-batch, in nats, as its share of the minibatch's mean."""
    with torch.no_grad():
        taught = teacher.log_probs(micro)
    learned = student.log_probs(micro)
    pair = (learned, taught) if direction == "reverse" else (taught, learned)
    divergence = kl_of_distributions(*pair).sum() / count(whole.mask)[0]
    return divergence, {"divergence": divergence}


def update(
    student: CausalLM,
    teacher: CausalLM,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    config: Config,
    generator: torch.Generator,
) -> tuple[dict[str, Any], Batch]:
    """A gradient step on the divergence of each minibatch; returns the last one and its metrics."""
    for part in batch.minibatches(config.minibatches, generator):
        descended = partial(loss, student, teacher, direction=config.direction)
        metrics = accumulated_step(optimiser, part, descended, config)
    return metrics, part


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    run, config = begin_language(spec, run_dir, Config)
    env = run.make_groups(config.responses, group_size=1)
    teacher = load_teacher(config, run.test_rules, run.device)  # before the warm-up: what cannot be used ends it here
    policy = run.make_policy(env, config)
    optimiser = make_optimiser(policy, config)
    collector = run.episodes(env, group_size=1)
    run.track(policy=policy, optimiser=optimiser, collector=collector)
    for batch in run.batches(collector, policy if config.writer == "student" else teacher):
        batch = batch.with_(advantages=torch.zeros_like(batch.rewards), values=None, next_values=None)
        with run.updating(policy):
            apply_schedules(optimiser, config, run.progress)
            metrics, part = update(policy, teacher, optimiser, batch, config, run.generator)
        run.record(policy, batch, metrics, diagnosis(policy, part))
    return run.finish(policy)

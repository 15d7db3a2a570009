"""Rejection sampling: imitate those of the policy's own responses that are right.

STaR (arXiv 2203.14465) and RFT (arXiv 2308.01825), again and again from the policy as it is (expert iteration); they
start from the first model each time. Different right responses to a problem are kept, equal ones once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.aggregation import aggregate, count
from agents.diagnostics import diagnosis
from agents.language_presets import LANGUAGE
from agents.optimisation import OptimiserConfig, accumulated_step, apply_schedules, make_optimiser
from agents.policies import Policy
from agents.rollouts.batch import Batch
from agents.run_kinds import begin_language
from rlenvs.leaderboard.records import RunSpec

VERSION = "1"


@dataclass(frozen=True)
class Config(OptimiserConfig):
    """Settings of rejection sampling.

    Attributes:
        groups: problems a batch.
        group_size: responses to each.
        most: right responses to one problem that are learned from.
        epochs: passes over what was kept.
        minibatches: gradient steps a pass.
    """

    groups: int = 32
    group_size: int = 16
    most: int = 4
    epochs: int = 1
    minibatches: int = 2


PRESETS: dict[str, dict[str, Any]] = {"text": LANGUAGE}


def accepted(batch: Batch, most: int) -> Batch:
    """The first `most` different right responses to each problem; advantages are 1."""
    right = (batch.rewards.sum(1) > 0).nonzero().squeeze(1).tolist()
    kept: dict[int, dict[tuple[int, ...], int]] = {}
    for row in right:
        of_problem = kept.setdefault(int(batch.group[row]), {})
        tokens = tuple(batch.actions[row][batch.mask[row]].tolist())
        if len(of_problem) < most:
            of_problem.setdefault(tokens, row)
    rows = [row for of_problem in kept.values() for row in of_problem.values()]
    index = torch.tensor(rows, dtype=torch.long, device=batch.mask.device)
    return batch.with_(advantages=batch.mask.float()).rows(index)


def loss(policy: Policy, micro: Batch, whole: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """-log pi a token of a micro-batch, normalised by the whole minibatch."""
    log_prob = policy.evaluate(micro).log_prob
    imitation_loss = -aggregate(log_prob, micro.mask, num_tokens=count(whole.mask)[0])
    return imitation_loss, {"imitation_loss": imitation_loss}


def update(
    policy: Policy, optimiser: torch.optim.Optimizer, batch: Batch, config: Config, generator: torch.Generator
) -> tuple[dict[str, Any], Batch]:
    """Gradient steps on the likelihood of the accepted responses; returns the last minibatch and its metrics."""
    right = accepted(batch, config.most)
    share = {"accepted": len(right) / len(batch)}
    if not len(right):
        return share, batch.with_(advantages=torch.zeros_like(batch.rewards))
    for _ in range(config.epochs):
        for part in right.minibatches(config.minibatches, generator, policy.keeps_groups):
            metrics = accumulated_step(optimiser, part, partial(loss, policy), config)
    return {**metrics, **share}, part


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    run, config = begin_language(spec, run_dir, Config)
    env = run.make_groups(config.groups, config.group_size)
    policy = run.make_policy(env, config)
    optimiser = make_optimiser(policy, config)
    collector = run.episodes(env, config.group_size)
    run.track(policy=policy, optimiser=optimiser, collector=collector)
    for batch in run.batches(collector, policy):
        with run.updating(policy):
            apply_schedules(optimiser, config, run.progress)
            metrics, part = update(policy, optimiser, batch, config, run.generator)
        run.record(policy, batch, metrics, diagnosis(policy, part))
    return run.finish(policy)

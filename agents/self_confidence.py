"""Entropy minimisation as an agent: a control arm that learns from the model's confidence and from no reward.

EM-FT lowers the entropy of its own responses' tokens by its gradient; EM-RL takes confidence as the reward of RLOO with
four responses a problem (arXiv 2505.15134). What such a run gains, sharpening alone can gain. The formulas are in
`agents.entropy_minimization`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from agents.aggregation import aggregate, count
from agents.diagnostics import diagnosis
from agents.entropy_minimization import em_rl_sequence_reward, em_rl_token_reward
from agents.group_advantages import per_token, rloo
from agents.language_presets import LANGUAGE, RESPONSES
from agents.losses import reinforce
from agents.optimisation import OptimiserConfig, accumulated_step, apply_schedules, make_optimiser
from agents.policies import Policy
from agents.rollouts.batch import Batch
from agents.run_kinds import begin_language
from rlenvs.leaderboard.records import RunSpec

VERSION = "1"


@dataclass(frozen=True)
class Config(OptimiserConfig):
    """Settings of entropy minimisation.

    Attributes:
        objective: `em_ft`, or the reward of EM-RL: `em_rl_sequence`, the response's log-probability; `em_rl_token`,
            minus the sum of its tokens' entropies.
        groups: problems a batch.
        group_size: responses to each.
    """

    objective: Literal["em_ft", "em_rl_sequence", "em_rl_token"] = "em_ft"
    groups: int = RESPONSES // 4
    group_size: int = 4


PRESETS: dict[str, dict[str, Any]] = {
    "text": LANGUAGE,
    "em-rl-sequence": {"objective": "em_rl_sequence", "variant": "em-rl-sequence"},
    "em-rl-token": {"objective": "em_rl_token", "variant": "em-rl-token"},
}


def confidence_advantages(policy: Policy, batch: Batch, config: Config) -> Tensor:
    """`[B, T]`, of EM-RL's rewards; zeros for EM-FT."""
    if config.objective == "em_ft":
        return torch.zeros_like(batch.old_log_prob)
    if config.objective == "em_rl_sequence":
        confidence = em_rl_sequence_reward(batch.old_log_prob, batch.mask)
    else:
        with torch.no_grad():
            confidence = em_rl_token_reward(policy.evaluate(batch).entropy, batch.mask)
    return per_token(rloo(confidence, batch.group), batch.mask)


def loss(policy: Policy, micro: Batch, whole: Batch, config: Config) -> tuple[Tensor, dict[str, Tensor]]:
    """The mean entropy (EM-FT) or -A log pi (EM-RL) of a micro-batch, normalised by the whole batch."""
    assert micro.advantages is not None
    now = policy.evaluate(micro)
    is_direct = config.objective == "em_ft"
    numbers = now.entropy if is_direct else reinforce(now.log_prob, micro.advantages, micro.mask)
    policy_loss = aggregate(numbers, micro.mask, num_tokens=count(whole.mask)[0])
    return policy_loss, {"policy_loss": policy_loss}


def update(
    policy: Policy, optimiser: torch.optim.Optimizer, batch: Batch, config: Config
) -> tuple[dict[str, Any], Batch]:
    """One gradient step; the verifier's rewards are not looked at."""
    data = batch.with_(advantages=confidence_advantages(policy, batch, config))
    return accumulated_step(optimiser, data, partial(loss, policy, config=config), config), data


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
            metrics, learned = update(policy, optimiser, batch, config)
        run.record(policy, batch, metrics, diagnosis(policy, learned))
    return run.finish(policy)

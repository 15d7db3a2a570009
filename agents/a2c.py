"""Advantage actor-critic (Mnih et al. 2016, arXiv 1602.01783, synchronous).

One gradient step a batch, no importance ratio, no clip: what PPO becomes with one epoch, one minibatch and no
standardisation. Departures from the paper: synchronous environments, generalised advantage estimation
(`gae_lambda`, 1 is the paper's n-step return), Adam in the place of RMSProp unless asked otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.aggregation import aggregate, count
from agents.critic_learning import CriticConfig, fit_values, standardised, with_advantages
from agents.diagnostics import diagnosis
from agents.entropy import entropy_bonus
from agents.language_presets import CRITIC, LANGUAGE, RESPONSES
from agents.losses import reinforce, value_loss
from agents.optimisation import accumulated_step, apply_schedules, make_optimiser
from agents.policies import Policy
from agents.reward_scaling import RewardScale
from agents.rollouts.batch import Batch
from agents.run_kinds import begin
from rlenvs.leaderboard.records import RunSpec

VERSION = "1"


@dataclass(frozen=True)
class Config(CriticConfig):
    """A2C's settings; the defaults are tuned on the gridworlds.

    Attributes:
        num_envs: environments played side by side.
        num_steps: length of a segment, the n of the n-step return.
        entropy_coef: more than the others need: with one step a batch nothing else holds A2C back from settling early.
        normalize_advantages: standardise over the batch.
        scale_rewards: divide rewards by the running deviation of the discounted return.
    """

    num_envs: int = 32
    num_steps: int = 16
    gae_lambda: float = 0.98
    entropy_coef: float = 0.2
    normalize_advantages: bool = True
    scale_rewards: bool = True


PRESETS: dict[str, dict[str, Any]] = {
    "text": {**LANGUAGE, **CRITIC, "num_envs": RESPONSES, "gae_lambda": 1.0, "scale_rewards": False},
    "gridworld": {"num_steps": 32},  # for 200,000 steps: slower at first, but no seed settles away from the meat
    "pong": {  # small batches: each is learned from once. Standardised, advantages are mostly noise between two points
        "network": "tiny",
        "critic": "shared",
        "normalize_observations": True,
        "normalize_advantages": False,
        "num_envs": 8,
        "num_steps": 16,
        "gae_lambda": 0.95,
        "learning_rate": 1e-3,
        "learning_rate_end": 0.02,
        "decay_from": 0.5,
        "entropy_coef": 0.01,
        "rewards_end_returns": True,
        "scale_rewards": False,
    },
}


def loss(
    policy: Policy, micro: Batch, whole: Batch, config: Config, entropy_coef: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """-A log pi + value_coef * critic's error - entropy_coef * entropy of a micro-batch, normalised by the whole."""
    assert micro.advantages is not None and micro.returns is not None
    num_tokens, _ = count(whole.mask)
    now = policy.evaluate(micro)
    assert now.values is not None
    surrogate = reinforce(now.log_prob, micro.advantages, micro.mask)
    errors = value_loss(now.values, micro.returns, micro.mask)
    policy_loss, critic_loss = (
        aggregate(numbers, micro.mask, num_tokens=num_tokens) for numbers in (surrogate, errors)
    )
    bonus = entropy_bonus(now.entropy, micro.mask, entropy_coef, num_tokens)
    total = policy_loss + config.value_coef * critic_loss - bonus
    return total, {"policy_loss": policy_loss, "value_loss": critic_loss}


def update(
    policy: Policy, optimiser: torch.optim.Optimizer, batch: Batch, config: Config, entropy_coef: float
) -> tuple[dict[str, Any], Batch]:
    """One gradient step on the whole batch."""
    data = policy.examples(with_advantages(batch, config))
    scaled = standardised(data) if config.normalize_advantages else data
    descended = partial(loss, policy, config=config, entropy_coef=entropy_coef)
    return accumulated_step(optimiser, scaled, descended, config), data


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    run, config = begin(spec, run_dir, Config)
    env = run.make_vec(config.num_envs)
    policy = run.make_policy(env, config)
    optimiser = make_optimiser(policy, config)
    collector = run.segments(env, config.num_steps)
    scaled = RewardScale(config.num_envs, config.gamma)
    run.track(policy=policy, optimiser=optimiser, collector=collector, reward_scale=scaled)
    for batch in run.batches(collector, policy):
        with run.updating(policy):
            entropy_coef = apply_schedules(optimiser, config, run.progress)
            data = config.signal_of(batch)
            data = scaled(data) if config.scale_rewards else data
            if run.progress < config.value_pretraining:
                metrics, learned = fit_values(policy, optimiser, data, config)
            else:
                metrics, learned = update(policy, optimiser, data, config, entropy_coef)
        run.record(policy, batch, metrics, diagnosis(policy, learned))
    return run.finish(policy)

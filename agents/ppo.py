"""Proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347).

Departures from the paper, each a setting: advantages are standardised per minibatch (detail 7 of the 37), the
critic may be separate, shared or detached, the clip range may be wider above than below (DAPO's clip-higher),
bounded for negative advantages (dual clip), the epochs may stop early at `target_kl`, or learn from the most surprising
transitions only (`update_fraction`). Truncated episodes bootstrap from their final observation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.aggregation import aggregate, count
from agents.configuration import ADDED_LATER, refuse_outside
from agents.critic_learning import CriticConfig, fit_values, most_surprising, standardised, with_advantages
from agents.diagnostics import Clip, approx_kl, diagnosis
from agents.entropy import entropy_bonus
from agents.language_presets import CRITIC, LANGUAGE, RESPONSES
from agents.losses import likelihood_of_right, log_ratio, ppo_clip, tokens_of_right, value_loss
from agents.optimisation import accumulated_step, apply_schedules, make_optimiser
from agents.policies import Policy
from agents.reward_scaling import RewardScale
from agents.rollouts.batch import Batch
from agents.run_kinds import begin
from rlenvs.leaderboard.records import RunSpec

VERSION = "1"


@dataclass(frozen=True)
class Config(CriticConfig):
    """PPO's settings; the defaults are tuned on the gridworlds.

    Attributes:
        num_envs: environments played side by side.
        num_steps: length of a segment.
        epochs: passes over a batch.
        minibatches: gradient steps a pass.
        clip_ratio_low: the ratio may fall to 1 - this.
        clip_ratio_high: the ratio may rise to 1 + this.
        dual_clip: upper bound c > 1 of the loss for negative advantages, in units of |A|; None for none.
        target_kl: stop the epochs once the policy has moved this far from the collecting one; None for never.
        normalize_advantages: standardise per minibatch.
        scale_rewards: divide rewards by the running deviation of the discounted return.
        value_clip: clip range of the critic's update; None for none.
        group_size: of language models: responses to one problem; divides `num_envs`. The critic, not the group, is the
            baseline; VAPO asks fewer problems more often.
        likelihood_coef: of language models: weight of the negative log-likelihood of responses that earned more than 0
            (VAPO: 0.1); 0 for none.
        update_fraction: share of a batch's transitions that the epochs learn from, those of the largest |advantage|;
            1 for all. Diagnostics such as entropy and `target_kl` are then of these too. Not for language models, whose
            responses are computed whole.
    """

    num_envs: int = 64
    num_steps: int = 32
    epochs: int = 4
    minibatches: int = 4
    clip_ratio_low: float = 0.2
    clip_ratio_high: float = 0.2
    dual_clip: float | None = None
    target_kl: float | None = None
    normalize_advantages: bool = True
    scale_rewards: bool = True
    value_clip: float | None = None
    group_size: int = 1
    likelihood_coef: float = 0.0
    update_fraction: float = field(default=1.0, metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_envs % self.group_size:
            raise ValueError(f"config group_size={self.group_size}: it does not divide num_envs={self.num_envs}")
        if self.network != "causal_lm" and (self.group_size > 1 or self.likelihood_coef):
            raise ValueError("config group_size, likelihood_coef: they need network=causal_lm; set them to 1 and 0")
        refuse_outside("[0, inf)", self, "clip_ratio_low", "clip_ratio_high", "likelihood_coef")
        refuse_outside("(0, inf)", self, "target_kl", "value_clip")
        refuse_outside("(1, inf)", self, "dual_clip")
        refuse_outside("(0, 1]", self, "update_fraction")
        if self.network == "causal_lm" and self.update_fraction < 1.0:
            raise ValueError(f"config update_fraction={self.update_fraction}: with network=causal_lm it must be 1")

    def clip(self) -> Clip:
        """What the surrogate clips."""
        return Clip(self.clip_ratio_low, self.clip_ratio_high)


PRESETS: dict[str, dict[str, Any]] = {
    "text": {
        **LANGUAGE,
        **CRITIC,
        "num_envs": RESPONSES,
        "gae_lambda": 1.0,
        "epochs": 1,
        "minibatches": 2,
        "scale_rewards": False,
    },
    "tabular": {"hidden": [], "learning_rate": 0.05, "entropy_coef": 0.1},
    # Longer segments credit what was earned long before: with 32 steps one seed in five never finds the cat's meat.
    "gridworld": {"hidden": [], "learning_rate": 0.05, "entropy_coef": 0.1, "num_steps": 64, "gae_lambda": 0.98},
    "fast": {  # to a good policy in the fewest seconds on a small grid, see scripts/bench_training.py
        "hidden": [],
        "learning_rate": 0.2,
        "num_envs": 128,
        "num_steps": 16,
        "epochs": 1,
        "minibatches": 1,
        "gae_lambda": 0.9,
        "entropy_coef": 0.01,
        "scale_rewards": False,
    },
    "clip-higher": {"clip_ratio_high": 0.28, "variant": "clip-higher"},
    "shared": {"critic": "shared", "variant": "shared"},
    "separate": {"critic": "separate", "variant": "separate"},
    "vapo": {  # to be joined to `text`
        "network": "causal_lm",
        "group_size": 16,
        "likelihood_coef": 0.1,
        "clip_ratio_high": 0.28,
        "critic_lambda": 1.0,
        "length_alpha": 1.0,  # the paper's 0.05 is for thousands of tokens: up to 20 of them lambda would be 0
        "value_pretraining": 0.05,
        "pretraining_steps": 25,  # two batches here, so 50 steps, as many as VC-PPO takes
        "variant": "vapo",
    },
    # A small network, returns cut at points, pixels standardised: for seconds, not for frames. Most frames of Pong
    # decide nothing: learning from three in ten of them takes half the time a frame and somewhat more frames.
    "pong": {
        "network": "tiny",
        "critic": "shared",
        "normalize_observations": True,
        "num_envs": 32,
        "num_steps": 64,
        "learning_rate": 1e-3,
        "learning_rate_end": 0.02,
        "decay_from": 0.4,
        "entropy_coef": 0.01,
        "rewards_end_returns": True,
        "scale_rewards": False,
        "update_fraction": 0.3,
    },
    # `pong+sticky` is for rlenvs/Pong-v0. Sticky actions leave no trajectory to learn by heart, so that batches must be
    # large: from 256 environments a policy knows one serve and little else (17.2 to 19.6 over three seeds, entropy lost
    # after half the steps). The score's digits are in the way, and strides of 2 learn from fewer steps than `tiny`'s 3.
    "sticky": {
        "network": "small",
        "crop": [14, 78],
        "shrink": [2, 2],
        "num_envs": 512,
        "minibatches": 8,
    },
    "nature": {"network": "nature"},
}


def loss(
    policy: Policy, micro: Batch, whole: Batch, config: Config, entropy_coef: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """The clipped surrogate, the critic's error and the entropy bonus (eq. 9), with VAPO's likelihood where asked for.

    Of a micro-batch, normalised by the whole minibatch.
    """
    assert micro.advantages is not None and micro.returns is not None
    num_tokens, _ = count(whole.mask)
    now = policy.evaluate(micro)
    assert now.values is not None
    ratio = log_ratio(now.log_prob, micro.old_log_prob, micro.mask)
    surrogate = ppo_clip(ratio, micro.advantages, config.clip_ratio_low, config.clip_ratio_high, config.dual_clip)
    errors = value_loss(now.values, micro.returns, micro.mask, micro.values, config.value_clip)
    policy_loss, critic_loss = (
        aggregate(numbers, micro.mask, num_tokens=num_tokens) for numbers in (surrogate, errors)
    )
    bonus = entropy_bonus(now.entropy, micro.mask, entropy_coef, num_tokens)
    total = policy_loss + config.value_coef * critic_loss - bonus
    metrics = {"policy_loss": policy_loss, "value_loss": critic_loss}
    if config.likelihood_coef:
        num_right = tokens_of_right(whole.rewards.sum(1), whole.mask).sum().clamp(min=1)
        metrics["likelihood_loss"] = likelihood_of_right(
            now.log_prob, micro.rewards.sum(1), micro.mask, num_tokens=num_right
        )
        total = total + config.likelihood_coef * metrics["likelihood_loss"]
    return total, metrics


def update(
    policy: Policy,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    config: Config,
    generator: torch.Generator,
    entropy_coef: float,
) -> tuple[dict[str, Any], Batch]:
    """Several epochs of minibatch ascent on one batch; returns the last minibatch and its metrics."""
    data = policy.examples(most_surprising(with_advantages(batch, config), config.update_fraction))
    descended = partial(loss, policy, config=config, entropy_coef=entropy_coef)
    epochs = 0
    while epochs < config.epochs:
        for part in data.minibatches(config.minibatches, generator, policy.keeps_groups):
            scaled = standardised(part) if config.normalize_advantages else part
            metrics = accumulated_step(optimiser, scaled, descended, config)
        epochs += 1
        if config.target_kl is not None and float(approx_kl(policy, part)) > config.target_kl:
            break
    return metrics | {"epochs": float(epochs)}, part


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    run, config = begin(spec, run_dir, Config)
    is_grouped, size = config.group_size > 1, config.group_size
    env = run.make_groups(config.num_envs // size, size) if is_grouped else run.make_vec(config.num_envs)
    policy = run.make_policy(env, config)
    optimiser = make_optimiser(policy, config)
    collector = run.episodes(env, size) if is_grouped else run.segments(env, config.num_steps)
    scaled = RewardScale(config.num_envs, config.gamma)
    run.track(policy=policy, optimiser=optimiser, collector=collector, reward_scale=scaled)
    for batch in run.batches(collector, policy):
        with run.updating(policy):
            entropy_coef = apply_schedules(optimiser, config, run.progress)
            data = config.signal_of(batch)
            data = scaled(data) if config.scale_rewards else data
            if run.progress < config.value_pretraining:
                metrics, part = fit_values(policy, optimiser, data, config)
            else:
                metrics, part = update(policy, optimiser, data, config, run.generator, entropy_coef)
        run.record(policy, batch, metrics, diagnosis(policy, part, config.clip()))
    return run.finish(policy)

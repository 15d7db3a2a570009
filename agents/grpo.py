"""Group relative policy optimisation (DeepSeekMath, arXiv 2402.03300), with Clip-Cov and KL-Cov (arXiv 2505.22617).

Episodes of one group begin in the same state, so that their mean stands in for a critic. In language models a group
answers one prompt and every token gets the response's advantage (`signal="outcome"`); in environments with many
steps the reward-to-go against the group's mean at the same time step, or against the mean over visits of the same
state, credits better (arXiv 2505.10978; measured in the README). Without the division by the deviation, and with a
constant in place of the number of tokens, it is Dr.GRPO (arXiv 2503.20783).

Clip-Cov and KL-Cov mark tokens once per gradient step on the whole minibatch, before it is cut into micro-batches.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.advantages import reinforce_plus_plus, reward_to_go
from agents.aggregation import aggregate, count
from agents.covariance import (
    KLCov,
    clip_cov,
    clip_cov_metrics,
    kl_cov,
    select_clip_cov,
    select_kl_cov,
    selection_metrics,
)
from agents.diagnostics import diagnosis
from agents.entropy import entropy_bonus
from agents.group_advantages import (
    anchor_state,
    dr_grpo,
    group_reward_to_go,
    grpo,
    grpo_passk,
    lite_ppo,
    opo,
    per_token,
    reinforce_plus_plus_baseline,
    rloo,
)
from agents.grpo_config import Config
from agents.grpo_presets import PRESETS
from agents.kl import kl
from agents.losses import cispo, log_ratio, ppo_clip, reinforce, sapo
from agents.optimisation import accumulated_step, apply_schedules, make_optimiser
from agents.policies import Policy
from agents.reward_shaping import soft_overlong
from agents.rollouts.batch import Batch
from agents.rollouts.dynamic_sampling import DynamicSampling, live_groups
from agents.rollouts.keys import observation_keys
from agents.run_kinds import begin
from agents.sequence_losses import gspo_token
from rlenvs.leaderboard.records import RunSpec

__all__ = ["PRESETS", "VERSION", "Config", "train"]

VERSION = "1"


def group_advantages(batch: Batch, config: Config) -> Tensor:
    """Advantages `[B, T]` relative to the rows of the same group."""
    returns = reward_to_go(batch.rewards, batch.mask, config.gamma, reset=config.signal_of(batch).done)
    if config.signal == "reward_to_go":
        return group_reward_to_go(returns, batch.mask, batch.group, config.normalize_by_std)
    if config.signal == "anchor_state":
        return anchor_state(returns, batch.mask, observation_keys(batch.observations))
    outcome, group = returns[:, 0], batch.group
    if config.advantage == "reinforce_plus_plus":
        return reinforce_plus_plus(batch.rewards, batch.mask, config.gamma)[0]
    if config.advantage == "reinforce_plus_plus_baseline":
        return reinforce_plus_plus_baseline(outcome, group, batch.mask)
    if config.advantage == "opo":
        return per_token(opo(outcome, batch.mask.sum(1), group), batch.mask)
    plain = grpo if config.normalize_by_std else dr_grpo
    estimators = {"grpo": plain, "rloo": rloo, "lite_ppo": lite_ppo, "grpo_passk": grpo_passk}
    return per_token(estimators[config.advantage](outcome, group), batch.mask)


def select(policy: Policy, part: Batch, config: Config, generator: torch.Generator) -> tuple[Batch, dict[str, Tensor]]:
    """The minibatch with the tokens that Clip-Cov, KL-Cov or a control marks in it, and what to log about them."""
    assert part.advantages is not None
    if config.selection == "none":
        return part, {}
    with torch.no_grad():
        log_prob = policy.evaluate(part).log_prob
    if config.selection == "kl_cov":
        selected = select_kl_cov(log_prob, part.advantages, part.mask, KLCov(config.selection_ratio))
        return part.with_(selected=selected), selection_metrics(log_prob, part.advantages, part.mask, selected)
    tokens = (log_prob, part.advantages, part.mask, part.old_log_prob)
    selected = select_clip_cov(*tokens, config.clip_cov(), generator)
    return part.with_(selected=selected), clip_cov_metrics(*tokens, selected, config.clip_cov())


def surrogate_of(log_prob: Tensor, ratio: Tensor, advantages: Tensor, mask: Tensor, config: Config) -> Tensor:
    """The loss a token `[B, T]` of the plain methods; `ratio` is the logarithm of the importance ratio."""
    low, high = config.clip_ratio_low, config.clip_ratio_high
    if config.surrogate == "reinforce":
        return reinforce(log_prob, advantages, mask)
    if config.surrogate == "cispo":
        return cispo(log_prob, ratio, advantages, mask, low, high)
    if config.surrogate == "gspo":
        return gspo_token(log_prob, ratio, advantages, mask, low, high)
    if config.surrogate == "sapo":
        return sapo(ratio, advantages)
    return ppo_clip(ratio, advantages, low, high, config.dual_clip)


def bonus_divisor(config: Config, num_tokens: Tensor, num_sequences: Tensor) -> Tensor:
    """Of the sum of entropies: the tokens, or Dr.GRPO's constant, whose surrogate a mean of tokens would outweigh."""
    if config.aggregation != "seq-mean-token-sum-norm" or config.loss_scale_factor is None:
        return num_tokens
    return num_sequences * config.loss_scale_factor


def loss(
    policy: Policy, micro: Batch, whole: Batch, config: Config, entropy_coef: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """What a micro-batch adds to the minibatch's surrogate - entropy_coef * mean entropy, and what to log of it."""
    assert micro.advantages is not None
    now = policy.evaluate(micro)
    ratio = log_ratio(now.log_prob, micro.old_log_prob, micro.mask)
    if micro.selected is None:
        surrogate = surrogate_of(now.log_prob, ratio, micro.advantages, micro.mask, config)
    elif config.selection == "kl_cov":
        surrogate = kl_cov(ratio, micro.advantages, micro.selected, config.kl_cov_coef)
    else:
        low, high = config.clip_ratio_low, config.clip_ratio_high
        surrogate = clip_cov(ratio, micro.advantages, micro.selected, low, high)
    if micro.ref_log_prob is not None:
        away = log_ratio(now.log_prob, micro.ref_log_prob, micro.mask)
        surrogate = surrogate + config.kl_coef * kl(away, config.kl_estimator)
    num_tokens, num_sequences = count(whole.mask)
    bonus = entropy_bonus(now.entropy, micro.mask, entropy_coef, bonus_divisor(config, num_tokens, num_sequences))
    policy_loss = aggregate(
        surrogate,
        micro.mask,
        config.aggregation,
        loss_scale_factor=config.loss_scale_factor,
        num_tokens=num_tokens,
        num_sequences=num_sequences,
    )
    return policy_loss - bonus, {"policy_loss": policy_loss}


def update(
    policy: Policy,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    config: Config,
    generator: torch.Generator,
    selection_generator: torch.Generator,
    entropy_coef: float,
) -> tuple[dict[str, Any], Batch]:
    """Several epochs of minibatch steps on one batch; returns the last minibatch and its metrics."""
    # Deviations and whitening over a batch are those of all that was played: groups are left out afterwards.
    whole = batch.with_(advantages=group_advantages(batch, config))
    learned = live_groups(whole) if config.skip_equal_groups else whole
    if not len(learned):
        return {}, whole
    descended = partial(loss, policy, config=config, entropy_coef=entropy_coef)
    for _ in range(config.epochs):
        for part in learned.minibatches(config.minibatches, generator, policy.keeps_groups):
            part, selection = select(policy, part, config, selection_generator)
            metrics = accumulated_step(optimiser, part, descended, config)
    return metrics | {f"selection/{name}": value for name, value in selection.items()}, part


def without_overlong(batch: Batch, share: float, max_tokens: int) -> Batch:
    """Responses that reach into the last `share` of the token limit earn less, those at the limit 1 less."""
    punishment = soft_overlong(batch.mask.sum(1), max_tokens, max(1, int(share * max_tokens)))
    return batch.with_(rewards=batch.rewards + punishment.unsqueeze(1) * batch.terminated)


def token_limit(env: Any) -> int:
    """The most tokens of a response in an environment of tokens."""
    return env.unwrapped.rules.max_tokens


def with_scale(config: Config, env: Any) -> Config:
    """Fills in Dr.GRPO's divisor: the most tokens or steps of an episode, the same in the whole run.

    Raises:
        ValueError: the environment has no limit.
    """
    if config.aggregation != "seq-mean-token-sum-norm" or config.loss_scale_factor is not None:
        return config
    steps = getattr(env.unwrapped, "step_limit", None) or env.spec.max_episode_steps
    limit = token_limit(env) if config.network == "causal_lm" else steps
    if limit is None:
        raise ValueError("config loss_scale_factor=none: this environment has no step limit; set it to a number")
    return replace(config, loss_scale_factor=float(limit))


def with_reference(batch: Batch, reference: Policy) -> Batch:
    """Fills in the log-probabilities under the frozen reference policy."""
    with torch.no_grad():
        return batch.with_(ref_log_prob=reference.evaluate(batch).log_prob)


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    run, config = begin(spec, run_dir, Config)
    env = run.make_groups(config.groups, config.group_size)
    config = with_scale(config, env)
    policy = run.make_policy(env, config)
    reference = run.make_policy(env, config) if config.kl_coef > 0 else None
    optimiser = make_optimiser(policy, config)
    selection_generator = torch.Generator().manual_seed(spec.seed)
    collector = run.episodes(env, config.group_size)
    run.track(policy=policy, optimiser=optimiser, collector=collector, selection=selection_generator)
    plain = replace(config, selection="none")
    sampled = DynamicSampling(collector, config.groups, config.sampling_rounds)
    for batch in run.batches(sampled if config.sampling_rounds > 1 else collector, policy):
        with run.updating(policy):
            entropy_coef = apply_schedules(optimiser, config, run.progress)
            if reference is not None:
                batch = with_reference(batch, reference)
            if config.overlong_share:
                batch = without_overlong(batch, config.overlong_share, token_limit(env))
            rules = config if run.progress < config.selection_until else plain
            metrics, part = update(policy, optimiser, batch, rules, run.generator, selection_generator, entropy_coef)
        run.record(policy, batch, metrics, diagnosis(policy, part, rules.clip()))
    return run.finish(policy)

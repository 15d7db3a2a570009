"""REINFORCE (Williams 1992): whole episodes, Monte-Carlo returns, one gradient step a batch.

The signal is the reward-to-go or the whole return; the baseline is nothing, the batch's mean at the same step, the
mean of all transitions (return batch normalisation, ReBN of GEM, arXiv 2510.01051; Karpathy's standardised returns), or
a critic learned beside the policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from agents.advantages import rebn, remax, reward_to_go
from agents.aggregation import AggregationMode, aggregate, count
from agents.configuration import refuse_outside
from agents.diagnostics import diagnosis
from agents.entropy import entropy_bonus
from agents.group_advantages import group_reward_to_go, per_token
from agents.language_presets import LANGUAGE, RESPONSES
from agents.losses import reinforce, value_loss
from agents.masking import whiten
from agents.optimisation import OptimiserConfig, accumulated_step, apply_schedules, make_optimiser
from agents.policies import Policy
from agents.rollouts.batch import Batch
from agents.run_kinds import begin
from rlenvs.leaderboard.records import RunSpec

VERSION = "1"


@dataclass(frozen=True)
class Config(OptimiserConfig):
    """REINFORCE's settings; the defaults are tuned on the gridworlds.

    Attributes:
        episodes: episodes a batch, each from a start of its own.
        signal: `reward_to_go`, or `outcome`: the whole return at every step.
        baseline: `step` subtracts the batch's mean at the same step of the episode and divides by the deviation;
            `batch` standardises over all transitions, which sets early steps against late ones; `outcome` standardises
            whole returns, one an episode (ReBN of GEM, arXiv 2510.01051, for which a response is one transition);
            `episode` standardises over the steps of one episode (Karpathy 2016); `critic` subtracts V(s) and
            standardises; `greedy` (language models) subtracts what the likeliest response to the same prompt earned,
            which costs a response (ReMax, arXiv 2310.10505); `none`.
        aggregation: how steps become one loss, see `agents.aggregation`.
        value_coef: weight of the critic's loss, if there is one.
    """

    episodes: int = 16
    signal: Literal["reward_to_go", "outcome"] = "reward_to_go"
    baseline: Literal["none", "batch", "outcome", "episode", "step", "critic", "greedy"] = "step"
    aggregation: AggregationMode = "token-mean"
    value_coef: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_outside("[0, inf)", self, "value_coef")
        if (self.baseline == "critic") != (self.critic != "none"):
            raise ValueError(
                f"config baseline={self.baseline!r}, critic={self.critic!r}: set both "
                "(baseline=critic critic=separate) or neither"
            )
        if self.signal == "outcome" and self.rewards_end_returns:
            raise ValueError("config rewards_end_returns=true: an outcome is the whole return; set signal=reward_to_go")
        if self.aggregation == "seq-mean-token-sum-norm":
            raise ValueError("config aggregation='seq-mean-token-sum-norm': it needs a constant; choose another")


# The strong bonus brings exploration back once every episode returns the same: on the cliff walk, waiting at the start.
PRESETS: dict[str, dict[str, Any]] = {
    "text": {**LANGUAGE, "episodes": RESPONSES, "baseline": "outcome"},
    "tabular": {"hidden": [], "learning_rate": 0.1, "entropy_coef": 0.3},
    "remax": {
        "baseline": "greedy",
        "episodes": RESPONSES // 2,
        "variant": "remax",
    },  # on top of `text`; as many responses
    "critic": {"baseline": "critic", "critic": "separate", "variant": "critic"},
    "karpathy": {  # the agent of "Pong from Pixels" (2016), for rlenvs/PongDifference-v0
        "network": "mlp",
        "hidden": [200],
        "activation": "relu",
        "init": "xavier",
        "bias": False,
        "signed_pixels": True,
        "episodes": 10,
        "baseline": "episode",
        "aggregation": "token-sum",
        "rewards_end_returns": True,
        "optimiser": "rmsprop",
        "learning_rate": 1e-4,
        "max_grad_norm": 0.0,
        "entropy_coef": 0.0,
        "variant": "karpathy",
    },
    "pong": {
        "network": "tiny",
        "normalize_observations": True,
        "episodes": 4,
        "baseline": "batch",
        "rewards_end_returns": True,
        "learning_rate": 1e-3,
        "entropy_coef": 0.01,
    },
}


def monte_carlo(batch: Batch, config: Config) -> tuple[Tensor, Tensor]:
    """Advantages and returns `[B, T]` of whole episodes."""
    returns = reward_to_go(batch.rewards, batch.mask, config.gamma, reset=config.signal_of(batch).done)
    if config.signal == "outcome":
        returns = per_token(returns[:, 0], batch.mask)
    if config.baseline == "greedy":
        assert batch.greedy_rewards is not None
        return remax(batch.rewards, batch.greedy_rewards, batch.mask)
    if config.baseline == "step":
        return group_reward_to_go(returns, batch.mask, torch.zeros_like(batch.group), norm_by_std=True), returns
    if config.baseline == "batch":
        return rebn(returns, batch.mask), returns
    if config.baseline == "outcome":
        return per_token(rebn(returns[:, :1], batch.mask[:, :1]).squeeze(1), batch.mask), returns
    if config.baseline == "episode":
        rows = zip(returns, batch.mask, strict=True)
        return torch.stack([whiten(row, mask) for row, mask in rows]), returns
    if config.baseline == "critic":
        assert batch.values is not None
        return whiten(returns - batch.values, batch.mask), returns
    return returns, returns


def loss(
    policy: Policy, micro: Batch, whole: Batch, config: Config, entropy_coef: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """-A log pi - entropy_coef * entropy (+ the critic's error) of a micro-batch, normalised by the whole batch."""
    assert micro.advantages is not None and micro.returns is not None
    num_tokens, num_sequences = count(whole.mask)
    now = policy.evaluate(micro)
    bonus = entropy_bonus(now.entropy, micro.mask, entropy_coef, num_tokens)
    surrogate = reinforce(now.log_prob, micro.advantages, micro.mask)
    metrics = {
        "policy_loss": aggregate(
            surrogate, micro.mask, config.aggregation, num_tokens=num_tokens, num_sequences=num_sequences
        )
    }
    total = metrics["policy_loss"] - bonus
    if now.values is not None:
        errors = value_loss(now.values, micro.returns, micro.mask)
        metrics["value_loss"] = aggregate(errors, micro.mask, num_tokens=num_tokens)
        total = total + config.value_coef * metrics["value_loss"]
    return total, metrics


def update(
    policy: Policy, optimiser: torch.optim.Optimizer, batch: Batch, config: Config, entropy_coef: float
) -> tuple[dict[str, Any], Batch]:
    """One gradient step on the whole batch."""
    advantages, returns = monte_carlo(batch, config)
    data = batch.with_(advantages=advantages, returns=returns)
    descended = partial(loss, policy, config=config, entropy_coef=entropy_coef)
    return accumulated_step(optimiser, data, descended, config), data


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    run, config = begin(spec, run_dir, Config)
    env = run.make_groups(config.episodes, group_size=1)
    policy = run.make_policy(env, config)
    optimiser = make_optimiser(policy, config)
    collector = run.episodes(env, group_size=1, greedy_baseline=config.baseline == "greedy")
    run.track(policy=policy, optimiser=optimiser, collector=collector)
    for batch in run.batches(collector, policy):
        with run.updating(policy):
            entropy_coef = apply_schedules(optimiser, config, run.progress)
            metrics, learned = update(policy, optimiser, batch, config, entropy_coef)
        run.record(policy, batch, metrics, diagnosis(policy, learned))
    return run.finish(policy)

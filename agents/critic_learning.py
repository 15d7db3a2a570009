"""What A2C and PPO do with a critic: advantages, its targets, and a critic that learns before the policy does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from agents.advantages import length_adaptive_lambda
from agents.aggregation import aggregate, count
from agents.configuration import ADDED_LATER, refuse_outside
from agents.losses import value_loss
from agents.masking import whiten
from agents.optimisation import OptimiserConfig, accumulated_step
from agents.policies import Policy
from agents.policies.build import Critic
from agents.rollouts.batch import Batch


@dataclass(frozen=True)
class CriticConfig(OptimiserConfig):
    """Settings of agents that learn a critic.

    Attributes:
        gae_lambda: of the advantages: 1 for Monte-Carlo ones, 0 for one-step temporal differences.
        critic_lambda: of the critic's targets; None for `gae_lambda`. Decoupled GAE takes 1 (VC-PPO, arXiv 2503.01491).
        length_alpha: of responses: lambda is 1 - 1/(alpha l) for one of l tokens, at least 0, in the place of
            `gae_lambda`; None for one lambda for all. VAPO (arXiv 2504.05118) has 0.05 for thousands of tokens; up to
            20 tokens that is lambda 0, by which an untrained critic misleads the policy.
        value_pretraining: share of the budget in which only the critic learns, from Monte-Carlo returns (VC-PPO).
        pretraining_steps: gradient steps on each of those batches.
        value_coef: weight of the critic's loss.
    """

    critic: Critic = "separate"
    gae_lambda: float = 0.95
    critic_lambda: float | None = None
    length_alpha: float | None = None
    value_pretraining: float = 0.0
    pretraining_steps: int = field(default=1, metadata=ADDED_LATER)
    value_coef: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.critic == "none":
            raise ValueError("config critic='none': this agent needs a critic; choose separate, shared or detached")
        if self.length_alpha is not None and (self.network != "causal_lm" or self.length_alpha <= 0):
            raise ValueError(f"config length_alpha={self.length_alpha}: choose none, or for causal_lm a number above 0")
        refuse_outside("[0, 1]", self, "gae_lambda", "critic_lambda")
        refuse_outside("[0, 1)", self, "value_pretraining")
        refuse_outside("[0, inf)", self, "value_coef")
        if self.value_pretraining and self.critic == "shared":
            raise ValueError("config critic='shared': value_pretraining would move the policy; set critic=detached")


def with_advantages(batch: Batch, config: CriticConfig) -> Batch:
    """Fills in advantages and the critic's targets as `config` says."""
    if config.length_alpha is None:
        return batch.with_gae(config.gamma, config.gae_lambda, config.critic_lambda)
    lengths = batch.mask.sum(1, keepdim=True)
    gae_lambda = length_adaptive_lambda(lengths, config.length_alpha).clamp(min=0.0)
    critic_lambda = config.gae_lambda if config.critic_lambda is None else config.critic_lambda
    return batch.with_gae(config.gamma, gae_lambda, critic_lambda)


def standardised(batch: Batch) -> Batch:
    """The batch with its advantages at mean 0 and deviation 1."""
    assert batch.advantages is not None
    return batch.with_(advantages=whiten(batch.advantages, batch.mask))


def most_surprising(batch: Batch, fraction: float) -> Batch:
    """The batch with a mask for the `fraction` of its valid steps whose |advantage| is largest; at least one of them.

    Where the critic was right, neither loss has a gradient to speak of: the policy's is proportional to the advantage,
    and so is the critic's (its targets are advantages + values). Leaving those steps out costs little and saves their
    share of every epoch. It is biased all the same: the mean of what is left is another one. The idea is that of
    selective backpropagation (Jiang et al. 2019, arXiv 1910.00762), which draws by loss.

    Args:
        batch: with advantages.
        fraction: above 0, at most 1.
    """
    assert batch.advantages is not None
    if fraction == 1.0:
        return batch
    size = batch.advantages.abs().masked_fill(~batch.mask, -1.0).flatten()
    kept = size.topk(max(1, round(fraction * int(batch.mask.sum()))), sorted=False).indices
    mask = torch.zeros_like(size, dtype=torch.bool).index_fill(0, kept, True)
    return batch.with_(mask=mask.view(batch.mask.shape) & batch.mask)


def fit_values(
    policy: Policy, optimiser: torch.optim.Optimizer, batch: Batch, config: CriticConfig
) -> tuple[dict[str, Any], Batch]:
    """Gradient steps of the critic alone towards the returns (lambda 1); parameters without a gradient stay."""
    data = policy.examples(batch.with_gae(config.gamma, 1.0))

    def loss(micro: Batch, whole: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        values = policy.evaluate(micro).values
        assert values is not None and micro.returns is not None
        errors = value_loss(values, micro.returns, micro.mask)
        critic_loss = aggregate(errors, micro.mask, num_tokens=count(whole.mask)[0])
        return config.value_coef * critic_loss, {"value_loss": critic_loss}

    for _ in range(config.pretraining_steps):
        metrics = accumulated_step(optimiser, data, loss, config)
    return metrics, data

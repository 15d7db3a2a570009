"""Optimiser, schedules and the one way in which every agent takes a gradient step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import torch
from torch import Tensor, nn

from agents.configuration import ADDED_LATER, refuse_outside
from agents.policies import PolicyConfig
from agents.rollouts.batch import Batch

CRITIC = ("value_head.", "value_body.")  # where every policy has what is the critic's alone


@dataclass(frozen=True)
class OptimiserConfig(PolicyConfig):
    """Settings that all agents share, beside those of the policy. Whole numbers count things: they are at least 1.

    Attributes:
        optimiser: `adam` (its eps is detail 3 of the 37) or `rmsprop` (decay 0.99, eps 1e-5).
        adam_beta2: decay of Adam's squared gradients.
        adam_eps: what Adam adds to their root.
        learning_rate: at the start.
        learning_rate_end: share of it that is left at the end of the budget, reached linearly; 1 keeps it constant.
        critic_rate: multiple of the learning rate at which the critic's own parameters learn: its head and, where it is
            separate, its layers.
        micro_batches: parts of what a gradient step is on that are in memory one after the other; their gradients add
            up to that of the whole, whatever the aggregation.
        max_grad_norm: the gradient's global norm is cut to this; 0 switches it off.
        entropy_coef: weight of the entropy bonus at the start.
        entropy_coef_end: share of it that is left at the end of the budget, reached linearly.
        decay_from: share of the budget after which both begin to fall.
        gamma: discount factor of the learning signal; scores are undiscounted.
        rewards_end_returns: no return passes a reward, as in games of points; scores are not touched.
        device: `auto`, `cpu`, `cuda`, ...
        variant: a word that tables add to the agent's name.
    """

    optimiser: Literal["adam", "rmsprop"] = "adam"
    adam_beta2: float = 0.999
    adam_eps: float = 1e-5
    learning_rate: float = 2e-3
    learning_rate_end: float = 1.0
    critic_rate: float = field(default=1.0, metadata=ADDED_LATER)
    micro_batches: int = 1
    max_grad_norm: float = 0.5
    entropy_coef: float = 0.05
    entropy_coef_end: float = 0.0
    decay_from: float = 0.0
    gamma: float = 0.99
    rewards_end_returns: bool = False
    device: str = "auto"
    variant: str = ""

    def __post_init__(self) -> None:
        for name in (one.name for one in fields(self) if isinstance(getattr(self, one.name), float)):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"config {name}={getattr(self, name)}: it must be a finite number")
        rates = ("learning_rate", "learning_rate_end", "max_grad_norm", "entropy_coef", "entropy_coef_end")
        refuse_outside("[0, inf)", self, *rates)
        refuse_outside("(0, inf)", self, "critic_rate", "adam_eps")
        refuse_outside("[0, 1)", self, "decay_from", "adam_beta2")
        refuse_outside("[0, 1]", self, "gamma")
        counts = [(field.name, getattr(self, field.name)) for field in fields(self) if field.type in ("int", int)]
        for name, count in [*counts, *(("hidden", units) for units in self.hidden)]:
            if count < 1:
                raise ValueError(f"config {name}={count}: it must be at least 1")
        self.check_language()

    def signal_of(self, batch: Batch) -> Batch:
        """The batch as returns are to see it."""
        return batch.ended_by_rewards() if self.rewards_end_returns else batch


def refuse_divergence(metrics: Mapping[str, float | Tensor], rate: Any, when: str, policy: Any = None) -> None:
    """Stops a training of which no more can come; reads the metrics, so that a GPU is waited for.

    Args:
        metrics: of updates; gradient norms, losses and entropies have to be finite.
        rate: the learning rate, as the error names it.
        when: as the error names it.
        policy: parameters of a network have to be finite too.

    Raises:
        ValueError: one is not.
    """
    for name, value in metrics.items():
        if name.endswith(("gradient_norm", "loss", "entropy")) and not math.isfinite(value):
            raise ValueError(f"config learning_rate={rate}: {name} is {float(value)} {when}; lower learning_rate")
    if isinstance(policy, nn.Module) and not is_finite(policy):
        raise ValueError(f"config learning_rate={rate}: weights are not finite {when}; lower learning_rate")


def is_finite(module: nn.Module) -> bool:
    """Whether all of its parameters are; waits for a GPU once."""
    checks = [parameter.detach().isfinite().all() for parameter in module.parameters()]
    return not checks or bool(torch.stack(checks).all())


def make_optimiser(policy: nn.Module, config: OptimiserConfig) -> torch.optim.Optimizer:
    """Adam in its fused form (one kernel for all parameters), or RMSProp."""
    parameters = policy.parameters() if config.critic_rate == 1.0 else parameter_groups(policy, config.critic_rate)
    if config.optimiser == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=config.learning_rate, alpha=0.99, eps=1e-5)
    betas = (0.9, config.adam_beta2)
    return torch.optim.Adam(parameters, config.learning_rate, betas, config.adam_eps, fused=True)


def parameter_groups(policy: nn.Module, critic_rate: float) -> list[dict[str, Any]]:
    """The policy's parameters and the critic's own, each with its multiple of the learning rate."""
    own: dict[bool, list[nn.Parameter]] = {False: [], True: []}
    for name, parameter in policy.named_parameters():
        own[name.startswith(CRITIC)].append(parameter)
    groups = [{"params": own[False], "rate": 1.0}, {"params": own[True], "rate": critic_rate}]
    return [group for group in groups if group["params"]]


def scheduled(start: float, end_share: float, progress: float, decay_from: float = 0.0) -> float:
    """`start` until progress `decay_from`, then linear to `end_share * start` at progress 1."""
    decayed = (progress - decay_from) / (1.0 - decay_from)
    return start * (1.0 + (end_share - 1.0) * min(max(decayed, 0.0), 1.0))


def apply_schedules(optimiser: torch.optim.Optimizer, config: OptimiserConfig, progress: float) -> float:
    """Sets the learning rate and returns the entropy coefficient for the share `progress` of the budget used."""
    for parameters in optimiser.param_groups:
        rate = config.learning_rate * parameters.get("rate", 1.0)
        parameters["lr"] = scheduled(rate, config.learning_rate_end, progress, config.decay_from)
    return scheduled(config.entropy_coef, config.entropy_coef_end, progress, config.decay_from)


def gradient_step(optimiser: torch.optim.Optimizer, loss: Tensor, max_grad_norm: float) -> Tensor:
    """Descends `loss` once and returns the gradient's norm before it was cut."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    return apply_gradient(optimiser, max_grad_norm)


def accumulated_step(
    optimiser: torch.optim.Optimizer,
    whole: Batch,
    loss: Callable[[Batch, Batch], tuple[Tensor, dict[str, Tensor]]],
    config: OptimiserConfig,
) -> dict[str, Tensor]:
    """One gradient step on a minibatch, of which `config.micro_batches` parts are in memory one after the other.

    Args:
        optimiser: takes the step.
        whole: the minibatch.
        loss: of a micro-batch and the whole minibatch: what to descend and what to record, both normalised by the
            whole, so that they add up.
        config: `micro_batches` and `max_grad_norm`.

    Returns:
        What `loss` records, summed over micro-batches, and `gradient_norm`.
    """
    optimiser.zero_grad(set_to_none=True)
    sums: dict[str, Tensor] = {}
    for micro in whole.micro_batches(config.micro_batches):
        total, metrics = loss(micro, whole)
        total.backward()
        sums = {name: sums.get(name, 0.0) + value.detach() for name, value in metrics.items()}
    return sums | {"gradient_norm": apply_gradient(optimiser, config.max_grad_norm)}


def apply_gradient(optimiser: torch.optim.Optimizer, max_grad_norm: float) -> Tensor:
    """Takes the step of the gradient that is there, its norm cut to `max_grad_norm`; returns the norm before."""
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    norm = nn.utils.clip_grad_norm_(parameters, max_grad_norm if max_grad_norm > 0 else float("inf"))
    optimiser.step()
    return norm.detach()

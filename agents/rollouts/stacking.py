"""From the steps of a vector environment (time-major lists) to a Batch (row-major tensors)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.policies.actor_critic import ActorCritic
from agents.rollouts.batch import Batch


@dataclass
class Steps:
    """What T steps of N environments left behind, one list entry a step.

    Attributes:
        observations: `[N, ...]` tensors, before the step.
        actions: `[N]` tensors.
        log_policy: `[N, A]` tensors, log pi of every action.
        values: `[N]` tensors, V(observation), where they are known already.
        numbers: tuples of NumPy `[N]`: rewards, terminated, truncated, mask.
    """

    observations: list[Tensor] = field(default_factory=list)
    actions: list[Tensor] = field(default_factory=list)
    log_policy: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)
    numbers: list[tuple[NDArray, NDArray, NDArray, NDArray]] = field(default_factory=list)

    def batch(self, policy: ActorCritic, final_observations: Tensor, group: Tensor) -> Batch:
        """Stacks the steps and lets the critic, if there is one, value the observations it has not yet valued."""
        observations = torch.stack(self.observations)
        columns = (torch.from_numpy(np.stack(column)) for column in zip(*self.numbers, strict=True))
        rewards, terminated, truncated, mask = (column.to(observations.device).t() for column in columns)
        actions = torch.stack(self.actions)
        log_prob = torch.stack(self.log_policy).gather(-1, actions.unsqueeze(-1)).squeeze(-1)
        values = None
        if policy.has_critic:
            known = torch.stack(self.values) if self.values else policy.values(observations)
            values = torch.cat([known, policy.values(final_observations).unsqueeze(0)]).t()
        return Batch(
            observations=observations.transpose(0, 1),
            actions=actions.t(),
            old_log_prob=log_prob.t(),
            rewards=rewards.float(),
            terminated=terminated,
            truncated=truncated,
            mask=mask,
            group=group,
            values=None if values is None else values[:, :-1],
            next_values=None if values is None else values[:, 1:],
            final_observations=final_observations,
        )

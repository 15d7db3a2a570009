"""The one data structure every agent learns from: `[B, T]` tensors and a mask.

A row is an episode, a segment of one, or a response. Slots with mask 0 (padding, or the transition that only resets an
environment) never touch a mean, a standard deviation, a quota or a gradient: every function that takes a Batch masks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from agents.advantages import gae

OF_ROWS = ("group", "final_observations", "greedy_rewards")  # fields without a slot for each step


@dataclass(frozen=True)
class Batch:
    """Transitions of B rows of T slots.

    Attributes:
        observations: `[B, T, ...]`, as the environment gave them; of responses the prompts, `[B, L]`.
        actions: `[B, T]` integers.
        old_log_prob: `[B, T]`, log pi_old(action | observation) of the policy that collected the batch.
        rewards: `[B, T]`.
        terminated: `[B, T]` bool, the task ended at this transition.
        truncated: `[B, T]` bool, a limit outside the observed state ended the episode here.
        mask: `[B, T]` bool, the slot is a real transition.
        group: `[B]` integers, rows of one group began in the same state; or in states of their own (`group[i] = i`).
        values: `[B, T]`, V(observation) of the collecting critic, where there is one.
        next_values: `[B, T]`, V of the observation *after* the transition: the final one where the episode ended.
        final_observations: `[B, ...]`, what each row saw after its last slot; for critics evaluated later.
        advantages: `[B, T]`, filled in by the algorithm.
        returns: `[B, T]`, the critic's targets, filled in by the algorithm.
        greedy_rewards: `[B]`, what the likeliest response to the same prompt earned, where it was asked for.
        ref_log_prob: `[B, T]`, under a frozen reference policy, where the algorithm uses one.
        selected: `[B, T]` bool, the steps that Clip-Cov or its kind marked in the minibatch, where one does.
    """

    observations: Tensor
    actions: Tensor
    old_log_prob: Tensor
    rewards: Tensor
    terminated: Tensor
    truncated: Tensor
    mask: Tensor
    group: Tensor
    values: Tensor | None = None
    next_values: Tensor | None = None
    final_observations: Tensor | None = None
    advantages: Tensor | None = None
    returns: Tensor | None = None
    greedy_rewards: Tensor | None = None
    ref_log_prob: Tensor | None = None
    selected: Tensor | None = None

    def __len__(self) -> int:
        return self.actions.shape[0]

    @property
    def done(self) -> Tensor:
        """`[B, T]` bool: the episode ended at this transition, for either reason."""
        return self.terminated | self.truncated

    def with_(self, **tensors: Any) -> Batch:
        """Returns a copy with these fields replaced."""
        return replace(self, **tensors)

    def with_gae(self, gamma: float, gae_lambda: float | Tensor, critic_lambda: float | None = None) -> Batch:
        """Fills in generalised advantage estimates and, as the critic's targets, advantages + values.

        Args:
            gamma: discount factor.
            gae_lambda: of the advantages; a number, or `[B, 1]`.
            critic_lambda: of the targets; None for the same.

        Raises:
            ValueError: the policy that collected the batch had no critic.
        """
        if self.values is None or self.next_values is None:
            raise ValueError("batch has no values: collect it with a policy that has a critic")
        steps = (self.rewards, self.values, self.next_values, self.terminated, self.done, self.mask)
        advantages, returns = gae(*steps, gamma, gae_lambda)
        if critic_lambda is not None:
            _, returns = gae(*steps, gamma, critic_lambda)
        return self.with_(advantages=advantages, returns=returns)

    def ended_by_rewards(self) -> Batch:
        """Every reward ends what led to it, as a point does in Pong (Karpathy 2016): returns never pass one."""
        return self.with_(terminated=self.terminated | (self.rewards != 0))

    def to(self, device: torch.device) -> Batch:
        """Returns the batch on a device."""
        tensors = ((field.name, getattr(self, field.name)) for field in fields(self))
        moved: dict[str, Any] = {name: None if tensor is None else tensor.to(device) for name, tensor in tensors}
        return Batch(**moved)

    def rows(self, index: Tensor) -> Batch:
        """Returns the rows named by `index` (`[b]` integers): whole episodes, segments or responses."""
        tensors = ((field.name, getattr(self, field.name)) for field in fields(self))
        picked: dict[str, Any] = {name: None if tensor is None else tensor[index] for name, tensor in tensors}
        return Batch(**picked)

    def transitions(self) -> Batch:
        """Returns the n real transitions as n rows of one slot: for losses that do not look along a row."""
        index = self.mask.flatten().nonzero().squeeze(1)
        group = self.group.index_select(0, index.div(self.mask.shape[1], rounding_mode="floor"))
        flat = {
            field.name: tensor.flatten(0, 1).index_select(0, index).unsqueeze(1)
            for field in fields(self)
            if field.name not in OF_ROWS and (tensor := getattr(self, field.name)) is not None
        }
        return Batch(**flat, group=group)

    def minibatches(self, count: int, generator: torch.Generator, keep_groups: bool = False) -> Iterator[Batch]:
        """Yields the rows in `count` nearly equal parts, in an order drawn from `generator`; a single part as it is.

        Args:
            count: of parts.
            generator: draws the order.
            keep_groups: order and divide whole groups.
        """
        if count == 1:
            yield self
            return
        device = self.mask.device
        names, group = torch.unique(self.group, return_inverse=True) if keep_groups else (self.group, None)
        order = torch.randperm(len(names), generator=generator, device=generator.device).to(device)
        for part in order.tensor_split(min(count, len(names))):
            yield self.rows(part if group is None else torch.isin(group, part).nonzero().squeeze(1))

    def micro_batches(self, count: int) -> Iterator[Batch]:
        """Yields the rows in order, in `count` nearly equal parts (no more than rows); a single part as it is."""
        if count == 1:
            yield self
            return
        for part in torch.arange(len(self), device=self.mask.device).tensor_split(min(count, len(self))):
            yield self.rows(part)

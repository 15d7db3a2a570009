"""Rewards divided by the running deviation of the discounted return, so that a critic learns numbers near one.

Without it a critic must reach values of -1,000 on a cliff walk with steps of 1e-3 a parameter. The scale only grows
more certain: it is computed from all batches so far (details 7 and 8 of the nine for continuous control in Huang et
al. 2022; Gymnasium's `NormalizeReward`). Scores are never scaled.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from agents.rollouts.batch import Batch


class RewardScale:
    """Running deviation of the discounted sums of rewards in N environments that are played on and on.

    Args:
        num_envs: N.
        gamma: discount factor.
    """

    def __init__(self, num_envs: int, gamma: float) -> None:
        self.gamma = gamma
        self.running = torch.zeros(num_envs)
        self.count = torch.zeros(())
        self.mean = torch.zeros(())
        self.squares = torch.zeros(())

    def __call__(self, batch: Batch) -> Batch:
        """Counts the batch's rewards, then divides them by the deviation so far (1 while that is zero)."""
        sums = self._discounted_sums(batch)
        self._count(sums[batch.mask.cpu()])
        deviation = (self.squares / self.count).sqrt()
        scale = torch.where(deviation > 1e-8, deviation, torch.ones(()))
        return batch.with_(rewards=batch.rewards / scale.to(batch.rewards.device))

    def _discounted_sums(self, batch: Batch) -> Tensor:
        """R_t = gamma R_(t-1) + r_t within an episode, `[B, T]`."""
        rewards, going = batch.rewards.cpu().t(), (batch.mask & ~batch.done).cpu().t().float()
        sums = torch.empty_like(rewards)
        for step in range(rewards.shape[0]):
            self.running = self.running * self.gamma + rewards[step]
            sums[step] = self.running
            self.running = self.running * going[step]
        return sums.t()

    def _count(self, sums: Tensor) -> None:
        """Merges a batch's mean and squared deviations into the running ones (Chan et al. 1979)."""
        added = sums.numel()
        difference = sums.mean() - self.mean
        total = self.count + added
        self.squares = self.squares + (sums - sums.mean()).square().sum() + difference**2 * self.count * added / total
        self.mean = self.mean + difference * added / total
        self.count = total

    def checkpoint(self) -> dict[str, Any]:
        """The running numbers."""
        return {"running": self.running, "count": self.count, "mean": self.mean, "squares": self.squares}

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from `checkpoint()`."""
        for name, value in state.items():
            setattr(self, name, value)

"""What an update did to a policy, in the same words for every agent: divergence, clipping, entropy's covariance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from agents.covariance import covariance
from agents.entropy import covariance_tails, entropy_metrics
from agents.kl import kl
from agents.losses import capped_fractions, clip_fractions, log_ratio
from agents.masking import masked_mean
from agents.policies import Policy
from agents.rollouts.batch import Batch
from agents.sequence_losses import mean_log_ratio


@dataclass(frozen=True)
class Clip:
    """Where a loss clips the importance ratio, so that what it clips can be counted.

    Attributes:
        low: below 1 - this; infinite where it does not.
        high: above 1 + this.
        of: `tokens` as in PPO, which lets a token go where the advantage would take it further; `sequences`, GSPO's
            ratio of a whole row; `weights`, CISPO's, which are cut whatever the advantage.
    """

    low: float = math.inf
    high: float = math.inf
    of: Literal["tokens", "sequences", "weights"] = "tokens"

    def fractions(self, ratio: Tensor, advantages: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Shares of the valid tokens that are clipped below and above, of `ratio`, the logarithm `[B, T]`."""
        if self.of == "weights":
            return capped_fractions(ratio, mask, self.low, self.high)
        ratio = mean_log_ratio(ratio, mask) if self.of == "sequences" else ratio
        return clip_fractions(ratio, advantages, mask, self.low, self.high)


NO_CLIP = Clip()


def diagnosis(policy: Policy, part: Batch, clip: Clip = NO_CLIP) -> Callable[[], dict[str, Tensor]]:
    """`diagnose`, to be called when somebody wants to know: it costs as much as a quarter of a small update."""
    return partial(diagnose, policy, part, clip)


@torch.no_grad()
def approx_kl(policy: Policy, part: Batch) -> Tensor:
    """Mean k3 estimate of KL(collecting policy || policy) over a batch's transitions."""
    away = log_ratio(policy.evaluate(part).log_prob, part.old_log_prob, part.mask)
    return masked_mean(kl(-away, "k3"), part.mask)


@torch.no_grad()
def diagnose(policy: Policy, part: Batch, clip: Clip = NO_CLIP) -> dict[str, Tensor]:
    """Measures the policy after an update, on transitions that it learned from.

    Args:
        policy: after the update.
        part: a batch or its last minibatch, with advantages.
        clip: what the loss clips.

    Returns:
        `entropy` (mean over steps) and `entropy/seq` (mean over rows), `approx_kl` (of the collecting policy to this
        one, k3), `covariance/mean` of log pi and advantage and its tails `covariance/top_...` (arXiv 2505.22617,
        table 1), and `clip_fraction_low` and `_high`.
    """
    assert part.advantages is not None
    now = policy.evaluate(part)
    ratio = log_ratio(now.log_prob, part.old_log_prob, part.mask)
    shares = covariance(now.log_prob, part.advantages, part.mask)
    low, high = clip.fractions(ratio, part.advantages, part.mask)
    entropies = entropy_metrics(now.entropy, part.mask)
    return {
        "entropy": entropies["entropy/token"],
        "entropy/seq": entropies["entropy/seq"],
        "approx_kl": masked_mean(kl(-ratio, "k3"), part.mask),
        **covariance_tails(shares, part.mask),
        "clip_fraction_low": low,
        "clip_fraction_high": high,
    }

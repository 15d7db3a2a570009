"""What an update did to a policy, in the same words for every agent: divergence, clipping, entropy's covariance."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from agents.covariance import covariance
from agents.entropy import covariance_tails, entropy_metrics
from agents.kl import kl
from agents.losses import clip_fractions, log_ratio
from agents.masking import masked_mean
from agents.policies import Policy
from agents.rollouts.batch import Batch
from agents.sequence_losses import mean_log_ratio

NO_CLIP = float("inf")


def diagnosis(
    policy: Policy,
    part: Batch,
    clip_ratio_low: float = NO_CLIP,
    clip_ratio_high: float = NO_CLIP,
    of_sequences: bool = False,
) -> Callable[[], dict[str, Tensor]]:
    """`diagnose`, to be called when somebody wants to know: it costs as much as a quarter of a small update."""
    return partial(diagnose, policy, part, clip_ratio_low, clip_ratio_high, of_sequences)


@torch.no_grad()
def approx_kl(policy: Policy, part: Batch) -> Tensor:
    """Mean k3 estimate of KL(collecting policy || policy) over a batch's transitions."""
    away = log_ratio(policy.evaluate(part).log_prob, part.old_log_prob, part.mask)
    return masked_mean(kl(-away, "k3"), part.mask)


@torch.no_grad()
def diagnose(
    policy: Policy,
    part: Batch,
    clip_ratio_low: float = NO_CLIP,
    clip_ratio_high: float = NO_CLIP,
    of_sequences: bool = False,
) -> dict[str, Tensor]:
    """Measures the policy after an update, on transitions that it learned from.

    Args:
        policy: after the update.
        part: a batch or its last minibatch, with advantages.
        clip_ratio_low: PPO's lower clip, to count what it holds back; infinite where there is none.
        clip_ratio_high: the upper one.
        of_sequences: it is GSPO's ratio of a whole row that they clip, not a token's.

    Returns:
        `entropy` (mean over steps) and `entropy/seq` (mean over rows), `approx_kl` (of the collecting policy to this
        one, k3), `covariance/mean` of log pi and advantage and its tails `covariance/top_...` (arXiv 2505.22617,
        table 1), and `clip_fraction_low` and `_high`.
    """
    assert part.advantages is not None
    now = policy.evaluate(part)
    ratio = log_ratio(now.log_prob, part.old_log_prob, part.mask)
    shares = covariance(now.log_prob, part.advantages, part.mask)
    clipped = mean_log_ratio(ratio, part.mask) if of_sequences else ratio
    low, high = clip_fractions(clipped, part.advantages, part.mask, clip_ratio_low, clip_ratio_high)
    entropies = entropy_metrics(now.entropy, part.mask)
    return {
        "entropy": entropies["entropy/token"],
        "entropy/seq": entropies["entropy/seq"],
        "approx_kl": masked_mean(kl(-ratio, "k3"), part.mask),
        **covariance_tails(shares, part.mask),
        "clip_fraction_low": low,
        "clip_fraction_high": high,
    }

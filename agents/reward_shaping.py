"""Changes to rewards before advantages are taken: KL penalties and penalties on length."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.losses import log_ratio


@torch.no_grad()
def subtract_kl(
    rewards: Tensor, old_log_prob: Tensor, ref_log_prob: Tensor, mask: Tensor, kl_coef: float
) -> Tensor:
    """Token reward with the penalty of PPO-RLHF: r_t - beta (log pi_old - log pi_ref)_t.

    Source: Ziegler et al. 2019 (arXiv 1909.08593); verl `compute_rewards` (k1). beta is 0.001 in verl's
    scripts for RLOO, ReMax and REINFORCE++.

    Args:
        rewards: `[B, T]`.
        old_log_prob: `[B, T]`, of the policy that sampled.
        ref_log_prob: `[B, T]`, of the frozen reference.
        mask: `[B, T]`.
        kl_coef: beta.
    """
    return rewards - kl_coef * log_ratio(old_log_prob, ref_log_prob, mask)


def adapt_kl_coef(
    kl_coef: float, kl: float, num_steps: int, target: float = 0.1, horizon: float = 10_000
) -> float:
    """One step of the adaptive KL controller: beta (1 + clip(KL/target - 1, -0.2, 0.2) num_steps/horizon).

    Source: Ziegler et al. 2019; verl `AdaptiveKLController`, target 0.1 and horizon 10000.

    Args:
        kl_coef: beta so far.
        kl: Measured KL divergence, in nats.
        num_steps: Steps (in verl: responses) since the last call.
        target: Desired KL, positive.
        horizon: Steps over which beta changes by at most 20 %, positive.
    """
    if not target > 0 or not horizon > 0:
        raise ValueError(f"target and horizon are {target} and {horizon}: both must be positive")
    error = min(max(kl / target - 1, -0.2), 0.2)
    return kl_coef * (1 + error * num_steps / horizon)


def soft_overlong(
    lengths: Tensor, max_length: int, cache: int, factor: float = 1.0, floor: float | None = -1.0
) -> Tensor:
    """DAPO's soft punishment of long responses (arXiv 2503.14476, eq. 13), to be added to the outcome reward.

        0 for l <= L_max - L_cache,   factor (L_max - L_cache - l)/L_cache above,   at least `floor`

    Args:
        lengths: `[B]`, tokens of each response.
        max_length: L_max (DAPO: 20480, of which the cache takes 4096).
        cache: L_cache, between 1 and L_max.
        factor: verl's `penalty_factor`.
        floor: -1 in the paper and TRL; None in verl, where longer responses go on losing.
    """
    if not 0 < cache <= max_length:
        raise ValueError(f"cache is {cache}: it must be between 1 and max_length ({max_length})")
    punishment = (factor * (max_length - cache - lengths) / cache).clamp(max=0)
    return punishment if floor is None else punishment.clamp(min=floor)

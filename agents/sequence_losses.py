"""Surrogates whose importance ratio belongs to a whole sequence: GSPO, GMPO, and RLOO as TRL trains it.

`log_ratio` comes from `losses.log_ratio` and is 0 at padding. GSPO returns `[B, T]`, always to be aggregated
by `seq-mean-token-mean`; GMPO and RLOO return one loss a sequence, `[B]`, for `aggregation.sequence_mean`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from agents.losses import ppo_clip
from agents.masking import check_shapes, masked, masked_mean, masked_sum


def gspo_token(
    log_prob: Tensor,
    log_ratio: Tensor,
    advantages: Tensor,
    mask: Tensor,
    clip_ratio_low: float = 3e-4,
    clip_ratio_high: float = 4e-4,
    max_log_ratio: float | None = 10.0,
) -> Tensor:
    """GSPO in its token form (arXiv 2507.18071; verl `compute_policy_loss_gspo`).

        s_i = exp((1/l_i) sum_t d_it),   s_it = sg[s_i] pi_it / sg[pi_it],   L_it = ppo_clip(s_it, A_it)

    Where A is constant in a sequence, value and gradient equal the sequence form's: dL/dlog pi_it = -A s/(l_i
    N). Token advantages may differ here.

    Args:
        log_prob: `[B, T]`, carries the gradient.
        log_ratio: `[B, T]`.
        advantages: `[B, T]`.
        mask: `[B, T]`.
        clip_ratio_low: Default 3e-4 (paper).
        clip_ratio_high: Default 4e-4 (paper).
        max_log_ratio: Cap on log s_it; 10 in verl, None for none.
    """
    check_shapes(mask, log_prob=log_prob, log_ratio=log_ratio, advantages=advantages)
    score = masked(log_prob - log_prob.detach(), mask)
    log_s = mean_log_ratio(log_ratio, mask).detach() + score
    log_s = log_s if max_log_ratio is None else log_s.clamp(max=max_log_ratio)
    return ppo_clip(log_s, masked(advantages, mask), clip_ratio_low, clip_ratio_high)


def gspo_sequence(
    log_ratio: Tensor,
    advantages: Tensor,
    mask: Tensor,
    clip_ratio_low: float = 3e-4,
    clip_ratio_high: float = 4e-4,
) -> Tensor:
    """GSPO in its sequence form, L_it = ppo_clip(s_i, A_it), unclamped (TRL: level "sequence").

    Arguments as in `gspo_token`; the gradient flows through the mean log-ratio of the row.
    """
    check_shapes(mask, log_ratio=log_ratio, advantages=advantages)
    log_s = mean_log_ratio(log_ratio, mask)
    return ppo_clip(log_s, masked(advantages, mask), clip_ratio_low, clip_ratio_high)


def mean_log_ratio(log_ratio: Tensor, mask: Tensor) -> Tensor:
    """Log s_i = (1/l_i) sum_t d_it on every slot of row i, `[B, T]`: the log of GSPO's sequence ratio."""
    return masked_mean(log_ratio, mask, dim=-1).unsqueeze(-1).expand(mask.shape)


def gmpo(
    log_ratio: Tensor,
    advantages: Tensor,
    mask: Tensor,
    clip_ratio_low: float = 0.4,
    clip_ratio_high: float = 0.4,
) -> Tensor:
    """GMPO (arXiv 2507.20673; verl `compute_policy_loss_geo_mean`): a geometric mean of clipped token ratios.

        L_i = -mean_t(A) exp(mean_t(d')),   d' = sign(A) min(sign(A) d, sign(A) clip(d, -low, high))

    Args:
        log_ratio: `[B, T]`.
        advantages: `[B, T]`, meant to be constant in a row.
        mask: `[B, T]`.
        clip_ratio_low: On the *log*-ratio, default 0.4 (paper).
        clip_ratio_high: As above.

    Returns:
        `[B]`.
    """
    check_shapes(mask, log_ratio=log_ratio, advantages=advantages)
    sign = masked(advantages, mask).sign()
    clipped = log_ratio.clamp(-clip_ratio_low, clip_ratio_high)
    pessimistic = sign * torch.minimum(sign * log_ratio, sign * clipped)
    return -masked_mean(advantages, mask, dim=-1) * masked_mean(pessimistic, mask, dim=-1).exp()


def rloo_sequence(
    log_ratio: Tensor,
    advantages: Tensor,
    mask: Tensor,
    clip_ratio_low: float = 0.2,
    clip_ratio_high: float = 0.2,
) -> Tensor:
    """RLOO's surrogate in TRL (`RLOOTrainer`): the sequence is one action, its ratio exp(sum_t d).

    No root of the length is taken, so that long sequences leave the clip range quickly. The advantage of a
    row is the mean over its tokens.

    Returns:
        `[B]`.
    """
    check_shapes(mask, log_ratio=log_ratio, advantages=advantages)
    row_advantage = masked_mean(advantages, mask, dim=-1)
    return ppo_clip(masked_sum(log_ratio, mask, dim=-1), row_advantage, clip_ratio_low, clip_ratio_high)

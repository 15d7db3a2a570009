"""Policy-gradient surrogates and value losses, one number per token.

Every surrogate maps `[B, T]` tensors to a loss `[B, T]` that is to be minimised; `aggregation.aggregate`
makes a scalar of it. With d = log pi - log pi_old (`log_ratio`) and r = exp(d), PPO is

    d = clamp_log_ratio(log_ratio(log_prob, old_log_prob, mask))
    loss = aggregate(ppo_clip(d, advantages, 0.2, 0.2), mask, "token-mean")

Two rules keep padding out: whatever enters the graph enters through a function that takes the mask
(`log_ratio`, `reinforce`, `cispo`, `value_loss`), and the aggregation selects. Values at padding are
therefore arbitrary, and their gradients exactly zero. Advantages must not require gradients.

Clamping d is the caller's decision and its own function: verl clamps in `vanilla`, `cispo` and `sapo`, not in
`clip_cov` and `kl_cov`; TRL never does. Losses over whole sequences (GSPO, GMPO, RLOO) are in
`sequence_losses`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from agents.masking import check_shapes, masked, masked_mean, masked_sum


def log_ratio(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    """Log of the importance ratio, d = log pi - log pi_old; 0 at padding.

    Args:
        log_prob: `[B, T]`, of the action taken, under the current policy; carries the gradient.
        old_log_prob: `[B, T]`, under the policy that acted (or a reference policy, for `kl`).
        mask: `[B, T]`.
    """
    check_shapes(mask, log_prob=log_prob, old_log_prob=old_log_prob)
    return masked(log_prob - old_log_prob, mask)


def clamp_log_ratio(log_ratio: Tensor, limit: float = 20.0) -> Tensor:
    """Clamp d to [-limit, limit], with zero gradient outside (verl: 20), so that exp(d) cannot overflow."""
    return log_ratio.clamp(-limit, limit)


def reinforce(log_prob: Tensor, advantages: Tensor, mask: Tensor) -> Tensor:
    """L = -A log pi, the score-function surrogate (Williams 1992); also the loss of GPG (verl `gpg`).

    Its value means nothing; its gradient is the policy gradient.
    """
    check_shapes(mask, log_prob=log_prob, advantages=advantages)
    return -masked(advantages, mask) * masked(log_prob, mask)


def likelihood_of_right(
    log_prob: Tensor, outcome: Tensor, mask: Tensor, *, num_tokens: Tensor | None = None
) -> Tensor:
    """VAPO's term on positive examples (arXiv 2504.05118): -sum log pi / sum l over rows that earned more than 0.

    A mean over the tokens of the right rows alone, however many rows are wrong; 0 where none is right.

    Args:
        log_prob: `[B, T]`, carries the gradient.
        outcome: `[B]`, what each row earned.
        mask: `[B, T]`.
        num_tokens: those of the right rows of the whole minibatch, where this is a part of it; default: counted here.

    Returns:
        A scalar.
    """
    check_shapes(mask, log_prob=log_prob)
    right = tokens_of_right(outcome, mask)
    return -masked_mean(log_prob, right) if num_tokens is None else -masked_sum(log_prob, right) / num_tokens


def tokens_of_right(outcome: Tensor, mask: Tensor) -> Tensor:
    """`[B, T]` bool: the valid tokens of rows that earned more than 0."""
    return mask.bool() & (outcome > 0).unsqueeze(1)


def ppo_clip(
    log_ratio: Tensor,
    advantages: Tensor,
    clip_ratio_low: float = 0.2,
    clip_ratio_high: float = 0.2,
    clip_ratio_c: float | None = None,
    delta: float | None = None,
) -> Tensor:
    """PPO's clipped surrogate, with separate bounds, dual clip and TRL's delta.

        L = max(-A r, -A clip(r, 1 - low, 1 + high));    with dual clip, where A < 0:  L = min(L, -A c)

    Source: Schulman et al. 2017, eq. 7; Clip-Higher: DAPO (arXiv 2503.14476; 0.2 and 0.28); dual clip: Ye et
    al. 2020 (arXiv 1912.09729). verl `compute_policy_loss_vanilla`, TRL `GRPOTrainer`.

    Args:
        log_ratio: `[B, T]` from `log_ratio`.
        advantages: `[B, T]`.
        clip_ratio_low: Lower half-width, default 0.2.
        clip_ratio_high: Upper half-width, default 0.2.
        clip_ratio_c: Cap on the ratio where A < 0, above 1. None: no dual clip, as in the PPO paper. verl:
            3.0.
        delta: TRL's two-sided clipping: caps r in the first term only. None: off, TRL's default.

    Raises:
        ValueError: A negative half-width, or c not above 1.
    """
    _check_clip(clip_ratio_low, clip_ratio_high, clip_ratio_c)
    ratio = log_ratio.exp()
    capped = ratio if delta is None else ratio.clamp(max=delta)
    clipped = ratio.clamp(1 - clip_ratio_low, 1 + clip_ratio_high)
    loss = torch.maximum(-advantages * capped, -advantages * clipped)
    if clip_ratio_c is None:
        return loss
    return torch.where(advantages < 0, torch.minimum(loss, -advantages * clip_ratio_c), loss)


def cispo(
    log_prob: Tensor,
    log_ratio: Tensor,
    advantages: Tensor,
    mask: Tensor,
    clip_ratio_low: float = 10.0,
    clip_ratio_high: float = 0.2,
) -> Tensor:
    """CISPO (arXiv 2506.13585), verl's parameters: L = -sg[clip(r, 1 - low, 1 + high)] A log pi.

    The clipped ratio is only a weight: every token keeps a gradient. Defaults of verl's example script; a
    lower half-width of 10 clips nothing from below.
    """
    weight = log_ratio.detach().exp().clamp(1 - clip_ratio_low, 1 + clip_ratio_high)
    return weight * reinforce(log_prob, advantages, mask)


def cispo_trl(
    log_prob: Tensor, log_ratio: Tensor, advantages: Tensor, mask: Tensor, ratio_max: float = 5.0
) -> Tensor:
    """CISPO, TRL's parameter: L = -sg[min(r, ratio_max)] A log pi.

    TRL calls it `epsilon_high` and recommends 5.0: a bound on the ratio itself, not on its distance from 1.
    """
    return log_ratio.detach().exp().clamp(max=ratio_max) * reinforce(log_prob, advantages, mask)


def sapo(log_ratio: Tensor, advantages: Tensor, tau_pos: float = 1.0, tau_neg: float = 1.05) -> Tensor:
    """SAPO (arXiv 2511.20347): L = -A (4/tau) sigmoid(tau (r - 1)), tau = tau_pos where A > 0, else tau_neg.

    A smooth gate instead of a clip; its slope at r = 1 is 1. Paper and verl aggregate by
    `seq-mean-token-mean`.
    """
    tau = torch.full_like(advantages, tau_neg).masked_fill(advantages > 0, tau_pos)
    return -advantages * 4 / tau * torch.sigmoid(tau * (log_ratio.exp() - 1))


@torch.no_grad()
def clip_fractions(
    log_ratio: Tensor,
    advantages: Tensor,
    mask: Tensor,
    clip_ratio_low: float = 0.2,
    clip_ratio_high: float = 0.2,
) -> tuple[Tensor, Tensor]:
    """Shares of the valid tokens that PPO's clip holds back at its lower (A < 0) and upper (A > 0) bound.

    Their sum is verl's `pg_clipfrac`.
    """
    check_shapes(mask, log_ratio=log_ratio, advantages=advantages)
    ratio = log_ratio.exp()
    low = (ratio < 1 - clip_ratio_low) & (advantages < 0)
    high = (ratio > 1 + clip_ratio_high) & (advantages > 0)
    return masked_mean(low.to(ratio.dtype), mask), masked_mean(high.to(ratio.dtype), mask)


@torch.no_grad()
def capped_fractions(
    log_ratio: Tensor, mask: Tensor, clip_ratio_low: float = 10.0, clip_ratio_high: float = 0.2
) -> tuple[Tensor, Tensor]:
    """Shares of the valid tokens whose weight CISPO raises to its lower and cuts to its upper bound, whatever A is."""
    check_shapes(mask, log_ratio=log_ratio)
    ratio = log_ratio.exp()
    low, high = ratio < 1 - clip_ratio_low, ratio > 1 + clip_ratio_high
    return masked_mean(low.to(ratio.dtype), mask), masked_mean(high.to(ratio.dtype), mask)


def value_loss(
    values: Tensor,
    returns: Tensor,
    mask: Tensor,
    old_values: Tensor | None = None,
    clip_range: float | None = None,
) -> Tensor:
    """Half the squared error of the critic, optionally clipped around the values that the actor saw.

        L = 1/2 (V - R)^2;    clipped:  L = 1/2 max((V - R)^2, (clip(V, V_old - c, V_old + c) - R)^2)

    Source: OpenAI baselines `ppo2`; verl `compute_value_loss` (c = 0.5, factor 0.5 included). The benefit of
    clipping is doubtful (Andrychowicz et al. 2021); None, the default, is the plain loss.

    Args:
        values: `[B, T]`, carries the gradient.
        returns: `[B, T]`, the targets.
        mask: `[B, T]`.
        old_values: `[B, T]`, needed with `clip_range`.
        clip_range: c above, positive, in units of the return.

    Raises:
        ValueError: `clip_range` without `old_values`, or not positive.
    """
    check_shapes(mask, values=values, returns=returns)
    values, returns = masked(values, mask), masked(returns, mask)
    loss = (values - returns).square()
    if clip_range is None:
        return 0.5 * loss
    clipped = _clip_values(values, old_values, mask, clip_range)
    return 0.5 * torch.maximum(loss, (clipped - returns).square())


def _clip_values(values: Tensor, old_values: Tensor | None, mask: Tensor, clip_range: float) -> Tensor:
    if old_values is None:
        raise ValueError("old_values is None: value clipping needs the values of the rollout")
    if not clip_range > 0:
        raise ValueError(f"clip_range is {clip_range}: it must be positive, or None for no clipping")
    old_values = masked(old_values.detach(), mask)
    return values.clamp(old_values - clip_range, old_values + clip_range)


def _check_clip(low: float, high: float, c: float | None) -> None:
    if low < 0 or high < 0:
        raise ValueError(f"clip_ratio_low and clip_ratio_high are {low} and {high}: neither may be negative")
    if c is not None and not c > 1:
        raise ValueError(f"clip_ratio_c is {c}: it must be above 1, or None for no dual clip")

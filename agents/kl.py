"""Estimators of KL(pi || ref) from samples of pi, one number per token.

All take u = log pi - log ref, from `losses.log_ratio(log_prob, ref_log_prob, mask)`. Expectations are over
actions drawn from pi; the gradients below are those with respect to log pi of the sampled action.

| estimator | value           | gradient    | note                                                     |
|-----------|-----------------|-------------|----------------------------------------------------------|
| `k1`      | u               | 1           | unbiased; as a *loss* its expected gradient is zero      |
| `k2`      | u^2 / 2         | u           | biased; its expected gradient is that of the reverse KL  |
| `k3`      | exp(-u) + u - 1 | 1 - exp(-u) | unbiased and never negative; biased as a gradient        |
| `abs`     | abs(u)          | sign(u)     | the penalty of KL-Cov                                    |
| `k1+`     | that of k1      | that of k2  | straight-through (verl)                                  |
| `k3+`     | that of k3      | that of k2  | straight-through (verl)                                  |

Source: Schulman, "Approximating KL divergence" (2020); verl `kl_penalty`. verl saturates k3 (`k3_saturated`),
TRL does not. TRL's `use_bias_correction_kl` multiplies k3 by the ratio pi/pi_old: `kl(u, "k3") *
log_ratio.exp()`.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

KLEstimator = Literal["k1", "k2", "k3", "abs", "k1+", "k3+"]


def kl(log_ratio: Tensor, estimator: KLEstimator = "k3") -> Tensor:
    """The estimator of that name (see the module), same shape as `log_ratio`; exact, nothing clamped."""
    if estimator == "k1":
        return log_ratio
    if estimator == "k2":
        return log_ratio.square() / 2
    if estimator == "k3":
        return torch.expm1(-log_ratio) + log_ratio
    if estimator == "abs":
        return log_ratio.abs()
    if estimator == "k1+":
        return straight_through(log_ratio, log_ratio)
    if estimator == "k3+":
        return straight_through(kl(log_ratio, "k3"), log_ratio)
    raise ValueError(f"estimator is {estimator!r}: choose one of {', '.join(get_args(KLEstimator))}")


def kl_of_distributions(log_p: Tensor, log_q: Tensor) -> Tensor:
    """KL(p || q), exactly, in nats.

    Args:
        log_p: `[..., V]`; minus infinity where p is 0.
        log_q: `[..., V]`; minus infinity at most where p is 0 too.

    Returns:
        `[...]`.
    """
    possible = log_p.isfinite()
    log_p, log_q = (part.masked_fill(~possible, 0.0) for part in (log_p, log_q))
    return (possible * log_p.exp() * (log_p - log_q)).sum(-1)


def k3_saturated(log_ratio: Tensor) -> Tensor:
    """k3 with u clamped to +-20 and the result to at most 10, with zero gradient beyond, as in verl."""
    return kl(log_ratio.clamp(-20, 20), "k3").clamp(-10, 10)


def straight_through(value: Tensor, log_ratio: Tensor) -> Tensor:
    """The given value with the gradient of k2."""
    k2 = kl(log_ratio, "k2")
    return k2 - k2.detach() + value.detach()

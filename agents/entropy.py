"""Entropy of policies, in nats."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.masking import masked


def entropy_of_logits(logits: Tensor, mask: Tensor | None = None) -> Tensor:
    """H = -sum_a pi(a) log pi(a) of the categorical distribution over the last dimension.

    Exact, over the full distribution: dH/dz_a = -pi_a (log pi_a + H). Logits of -inf (forbidden actions) are
    allowed.

    Args:
        logits: `[..., V]`.
        mask: `[...]` or None; where 0 the entropy is 0 and the logits get no gradient, whatever they hold.

    Returns:
        `[...]`.
    """
    if mask is not None:
        logits = masked(logits, mask.unsqueeze(-1))
    log_prob = logits.log_softmax(-1)
    # p log p -> 0 as p -> 0: a finite stand-in for log 0 keeps the product and its gradient from being nan.
    finite = log_prob.clamp(min=torch.finfo(log_prob.dtype).min)
    entropy = -(log_prob.exp() * finite).sum(-1)
    return entropy if mask is None else masked(entropy, mask)

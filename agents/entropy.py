"""Entropy of policies in nats: measured, and predicted from the covariance of log pi and advantage.

For a softmax policy pi = softmax(z) in one state (arXiv 2505.22617, section 3), a step dz changes the entropy by

    H(z + dz) - H(z) ~= -Cov_{a~pi}(log pi(a), dz_a)                                 (Lemma 1)
    dz = eta pi A  (policy gradient):           ~= -eta Cov(log pi, pi A)            (Theorem 1)
    dz = eta A     (natural policy gradient):   ~= -eta Cov(log pi, A)               (Theorem 2)

to first order. The error is second order in eta; at eta = 1 with natural gradients the prediction is useless.
At the uniform policy the covariance vanishes and -Var_pi(dz)/2 is what remains. The statements are per state:
the entropy of a batch also moves because the visited states change, which no covariance sees.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from agents.aggregation import aggregate
from agents.masking import check_shapes, masked, masked_mean

LOG_OF_ZERO = -1e4  # exp of it is 0 also in float64; times any gradient it is far from infinite


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
    finite = log_prob.clamp(min=LOG_OF_ZERO)
    entropy = -(log_prob.exp() * finite).sum(-1)
    return entropy if mask is None else masked(entropy, mask)


def entropy_bonus(entropy: Tensor, mask: Tensor, coef: float, num_tokens: Tensor) -> Tensor:
    """Coef * H, the mean over `num_tokens` tokens, to be taken from a loss.

    With coef 0 it is a constant: through the entropies over a vocabulary the gradient costs as much as through the
    loss.

    Args:
        entropy: `[B, T]`.
        mask: `[B, T]`.
        coef: weight of the bonus.
        num_tokens: that the mean is over; of the whole where the rows are a part of it.
    """
    return coef * aggregate(entropy if coef else entropy.detach(), mask, num_tokens=num_tokens)


def entropy_metrics(entropy: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """`entropy/token`, the mean over tokens, and `entropy/seq`, the mean over rows of row means (eq. 5).

    Of the *sampling* distribution: temperature 1, before top-p. Not to be mixed with the estimate -mean log
    pi.

    Args:
        entropy: `[B, T]` from `entropy_of_logits`.
        mask: `[B, T]`.
    """
    return {
        "entropy/token": aggregate(entropy, mask, "token-mean"),
        "entropy/seq": aggregate(entropy, mask, "seq-mean-token-mean"),
    }


@torch.no_grad()
def covariance_tails(
    covariance: Tensor, mask: Tensor, shares: Sequence[float] = (0.0002, 0.002, 0.02)
) -> dict[str, Tensor]:
    """Mean of C over all valid tokens and over the largest ones, `covariance/mean`, `covariance/top_0.2%` ...

    The shares of the paper's Table 1, by default 0.02, 0.2 and 2 percent, each of at least one token. The
    paper's Qwen2.5-7B at step 1: 5.65, 3.11, 1.39, and 0.003 on average.

    Args:
        covariance: `[B, T]` from `covariance.covariance`.
        mask: `[B, T]`, with a valid token.
        shares: Fractions in (0, 1].
    """
    check_shapes(mask, covariance=covariance)
    ordered = covariance[mask.bool()].sort(descending=True).values
    tails = {"covariance/mean": masked_mean(covariance, mask)}
    for share in shares:
        tails[f"covariance/top_{100 * share:g}%"] = ordered[: max(1, int(share * len(ordered)))].mean()
    return tails


def policy_covariance(log_policy: Tensor, x: Tensor) -> Tensor:
    """Cov_{a~pi}(log pi(a), x(a)) in each state, exact.

    Args:
        log_policy: `[..., A]`, log pi, finite.
        x: `[..., A]`.

    Returns:
        `[...]`.
    """
    policy = log_policy.exp()
    centred = log_policy - (policy * log_policy).sum(-1, keepdim=True)
    return (policy * centred * x).sum(-1)


def predicted_change(log_policy: Tensor, logit_change: Tensor) -> Tensor:
    """Lemma 1: the first-order change of entropy, -Cov(log pi, dz), `[..., A]` to `[...]`."""
    return -policy_covariance(log_policy, logit_change)


def predicted_change_policy_gradient(log_policy: Tensor, advantages: Tensor, eta: float) -> Tensor:
    """Theorem 1, -eta Cov(log pi, pi A): after the exact policy-gradient step dz = eta pi A.

    Args:
        log_policy: `[..., A]`.
        advantages: `[..., A]`, of *every* action, with mean 0 under pi: the gradient step is pi A only then.
        eta: Step size.
    """
    return predicted_change(log_policy, eta * log_policy.exp() * advantages)


def predicted_change_natural_gradient(log_policy: Tensor, advantages: Tensor, eta: float) -> Tensor:
    """Theorem 2, -eta Cov(log pi, A): after the natural-gradient step dz = eta A. Arguments as above."""
    return predicted_change(log_policy, eta * advantages)


def second_order_change_at_uniform(logit_change: Tensor) -> Tensor:
    """-Var(dz)/2 under the uniform policy, where the first order vanishes; `[..., A]` to `[...]`.

    A fresh agent with few actions is in this regime. The error is third order.
    """
    return -logit_change.var(-1, correction=0) / 2


def exact_change(logits: Tensor, logit_change: Tensor) -> Tensor:
    """H(softmax(z + dz)) - H(softmax(z)), `[..., A]` to `[...]`."""
    return entropy_of_logits(logits + logit_change) - entropy_of_logits(logits)

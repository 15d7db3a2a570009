"""Returns and advantages along time, `[B, T]` with time along dimension 1.

None of them carries a gradient, and all are 0 at padding. A mask-0 slot is one of two things, and the
functions say which they mean: a *reset* of a classic vector environment (`gae` cuts there), or *observation
tokens* between two turns of a dialogue (`gae_masked` and `reward_to_go` skip them, as if the row were
shorter). Estimators that compare responses of one group are in `group_advantages`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from agents.masking import check_shapes, masked, masked_mean, masked_var, whiten


@torch.no_grad()
def gae(
    rewards: Tensor,
    values: Tensor,
    next_values: Tensor,
    terminated: Tensor,
    done: Tensor,
    mask: Tensor,
    gamma: float = 0.99,
    gae_lambda: float | Tensor = 0.95,
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation in classic environments (Schulman et al. 2016, eq. 16).

        delta_t = r_t + gamma V(s_{t+1}) (1 - terminated_t) - V(s_t)
        A_t     = delta_t + gamma lambda (1 - done_t) A_{t+1},        R_t = A_t + V(s_t)

    Truncation is not termination: it ends the recursion but keeps the bootstrap. Mask-0 slots (transitions
    that only reset) contribute nothing and end the recursion too. Past the last column A is 0: the segment
    ends with the bootstrap of `next_values[:, -1]`.

    Args:
        rewards: `[B, T]`.
        values: `[B, T]`, V of the observation acted on.
        next_values: `[B, T]`, V of the observation that followed, the final one where the episode ended.
        terminated: `[B, T]`, bool or 0/1: the task ended, no bootstrap.
        done: `[B, T]`: terminated or truncated.
        mask: `[B, T]`.
        gamma: Discount, default 0.99 (SB3).
        gae_lambda: 0: one-step TD error; 1: return minus value. Default 0.95 (SB3). Number, or `[B, 1]`.

    Returns:
        `advantages` and `returns`, `[B, T]`, both 0 at padding.
    """
    check_shapes(
        mask, rewards=rewards, values=values, next_values=next_values, terminated=terminated, done=done
    )
    _check_discount("gamma", gamma)
    lowest, highest = torch.as_tensor(gae_lambda).aminmax()
    _check_discount("gae_lambda", float(lowest))
    _check_discount("gae_lambda", float(highest))
    bootstrap = masked(next_values, ~terminated.bool())
    delta = masked(rewards + gamma * bootstrap - values, mask)
    decay = torch.as_tensor(gamma * gae_lambda, dtype=delta.dtype, device=delta.device).expand_as(delta)
    decay = masked(decay, mask.bool() & ~done.bool())
    advantages = _scan_backward(delta, decay)
    return advantages, masked(advantages + values, mask)


@torch.no_grad()
def gae_masked(
    rewards: Tensor,
    values: Tensor,
    mask: Tensor,
    gamma: float = 1.0,
    gae_lambda: float | Tensor = 1.0,
) -> tuple[Tensor, Tensor]:
    """GAE over responses whose mask may have holes: mask-0 slots are skipped.

    The successor of a valid slot is the next valid slot, and the last one has none (value 0). Source: verl
    `compute_gae_advantage_return`, which then whitens the advantages, `whiten(advantages, mask)`, but not the
    returns, and leaves numbers at masked slots, which are 0 here.

    Args:
        rewards: `[B, T]`.
        values: `[B, T]`.
        mask: `[B, T]`.
        gamma: Discount, default 1 (verl).
        gae_lambda: Number, or `[B, 1]` (`length_adaptive_lambda`). Default 1 (verl).

    Returns:
        `advantages` (not whitened) and `returns` = advantages + values.
    """
    check_shapes(mask, rewards=rewards, values=values)
    valid = mask.bool()
    own_values = masked(values, mask)
    value_at_or_after = _scan_backward(own_values, (~valid).to(values.dtype))
    next_values = torch.nn.functional.pad(value_at_or_after[:, 1:], (0, 1))
    delta = masked(rewards + gamma * next_values - own_values, mask)
    decay = torch.where(
        valid, torch.as_tensor(gamma * gae_lambda, dtype=delta.dtype, device=delta.device), 1.0
    )
    advantages = masked(_scan_backward(delta, decay), mask)
    return advantages, masked(advantages + own_values, mask)


@torch.no_grad()
def reward_to_go(rewards: Tensor, mask: Tensor, gamma: float = 1.0, reset: Tensor | None = None) -> Tensor:
    """Discounted return from each step on: G_t = r_t + gamma G_{t+1}, mask-0 slots skipped.

    Args:
        rewards: `[B, T]`.
        mask: `[B, T]`.
        gamma: Discount, default 1.
        reset: `[B, T]`, bool or 0/1: nothing after such a step flows back to it. The ends of episodes in a
            segment; or the points of Pong (Karpathy 2016).

    Returns:
        `[B, T]`, 0 at padding.
    """
    check_shapes(mask, rewards=rewards)
    _check_discount("gamma", gamma)
    if not rewards.is_floating_point():
        raise TypeError(f"rewards has dtype {rewards.dtype}: convert it to a floating-point type")
    decay = torch.full_like(rewards, gamma)
    if reset is not None:
        check_shapes(mask, reset=reset)
        decay = masked(decay, ~reset.bool())
    decay = torch.where(mask.bool(), decay, 1.0)
    return masked(_scan_backward(masked(rewards, mask), decay), mask)


def length_adaptive_lambda(length: Tensor, alpha: float = 0.05) -> Tensor:
    """VAPO's lambda = 1 - 1/(alpha l), chosen so that sum_t lambda^t ~ alpha l (arXiv 2504.05118).

    Exactly the formula: for l <= 1/alpha (20 tokens at the default) it is not positive. Clamp to [0, 1)
    before use: `length_adaptive_lambda(mask.sum(-1, keepdim=True)).clamp(min=0)`.
    """
    return 1 - 1 / (alpha * length)


@torch.no_grad()
def reinforce_plus_plus(rewards: Tensor, mask: Tensor, gamma: float = 1.0) -> tuple[Tensor, Tensor]:
    """REINFORCE++ (arXiv 2501.03262): the return of each token, whitened over all valid tokens of the batch.

    A penalty on the KL divergence belongs into `rewards` beforehand (`reward_shaping.subtract_kl`; verl's
    script 0.001).

    Returns:
        `advantages` and `returns`, `[B, T]`.
    """
    returns = reward_to_go(rewards, mask, gamma)
    return whiten(returns, mask), returns


@torch.no_grad()
def remax(rewards: Tensor, greedy_rewards: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """ReMax (arXiv 2310.10505): A_t = sum_{s >= t} r_s - R(greedy response to the same prompt), undiscounted.

    Args:
        rewards: `[B, T]`.
        greedy_rewards: `[B]`, reward of one greedy response a prompt.
        mask: `[B, T]`.

    Returns:
        `advantages` and `returns`, `[B, T]`.
    """
    returns = reward_to_go(rewards, mask)
    return masked(returns - greedy_rewards.unsqueeze(-1), mask), returns


@torch.no_grad()
def rebn(returns: Tensor, mask: Tensor, eps: float = 1e-9) -> Tensor:
    """Return batch normalisation (GEM, arXiv 2510.01051): (G - mean) / (std + eps) over all transitions.

    For classic environments and multi-turn text alike: no groups, no critic. Statistics belong to the whole
    batch, before any subsampling; the standard deviation is unbiased.
    """
    check_shapes(mask, returns=returns)
    return masked((returns - masked_mean(returns, mask)) / (masked_var(returns, mask).sqrt() + eps), mask)


def _scan_backward(x: Tensor, decay: Tensor) -> Tensor:
    """y_t = x_t + decay_t y_{t+1} along dimension 1, with y_T = 0."""
    x, decay = x.t().contiguous(), decay.t().contiguous()
    y = torch.empty_like(x)
    following = x.new_zeros(x.shape[1])
    for t in reversed(range(x.shape[0])):
        following = torch.addcmul(x[t], decay[t], following, out=y[t])
    return y.t()


def _check_discount(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value}: it must be between 0 and 1")

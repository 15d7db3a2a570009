"""Advantages relative to a group: the responses to one prompt, or the episodes from one start.

Outcome estimators take one reward a row, `rewards [B]`, and the group of each row, `group [B]` (any
integers), and return one advantage a row, `[B]`; `per_token` spreads it over the row's valid slots. Rows with
`valid` 0 (an empty row, a verifier's own failure) count in no mean, no deviation and no group size, and get
advantage 0.

Groups of one have no baseline, and the references disagree. verl's estimators return the raw reward (`"raw"`,
the default here): a trap, since such a row is then trained on its uncentred reward. TRL and verl's vectorised
RLOO return 0 (`"zero"`). Standard deviations are unbiased (ddof 1) everywhere.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from agents.grouping import Groups
from agents.masking import check_shapes, masked, masked_var, whiten

Singleton = Literal["raw", "zero"]


@torch.no_grad()
def grpo(
    rewards: Tensor,
    group: Tensor,
    valid: Tensor | None = None,
    eps: float = 1e-6,
    singleton: Singleton = "raw",
) -> Tensor:
    """GRPO (DeepSeekMath, arXiv 2402.03300): A_i = (R_i - mean_g) / (std_g + eps).

    A group of equal rewards gets 0. Nearly solved groups are blown up by their small deviation.

    Args:
        rewards: `[B]`, the outcome of each row.
        group: `[B]`.
        valid: `[B]` or None (all).
        eps: 1e-6 in verl, the default; 1e-4 in TRL.
        singleton: See the module; "raw" divides the raw reward by 1 + eps, as verl does.

    Returns:
        `[B]`.
    """
    groups = Groups.of(group, valid)
    centred = _centre(rewards, groups, singleton)
    std = torch.where(groups.size(rewards) == 1, 1.0, groups.std(rewards))
    return masked(centred / (std + eps), groups.valid)


@torch.no_grad()
def dr_grpo(
    rewards: Tensor, group: Tensor, valid: Tensor | None = None, singleton: Singleton = "raw"
) -> Tensor:
    """Dr.GRPO (arXiv 2503.20783): A_i = R_i - mean_g, no division.

    verl `norm_adv_by_std_in_grpo=False`, TRL `scale_rewards="none"`. To be aggregated with a constant
    divisor.
    """
    groups = Groups.of(group, valid)
    return masked(_centre(rewards, groups, singleton), groups.valid)


@torch.no_grad()
def lite_ppo(
    rewards: Tensor,
    group: Tensor,
    valid: Tensor | None = None,
    eps: float = 1e-4,
    singleton: Singleton = "zero",
) -> Tensor:
    """Lite PPO (arXiv 2508.08221): A_i = (R_i - mean_g) / (std_batch + eps), std over all rewards.

    TRL `scale_rewards="batch"`, eps 1e-4. To be aggregated by `token-mean`.
    """
    groups = Groups.of(group, valid)
    std = masked_var(rewards, groups.valid).sqrt()
    return masked(_centre(rewards, groups, singleton) / (std + eps), groups.valid)


@torch.no_grad()
def rloo(rewards: Tensor, group: Tensor, valid: Tensor | None = None, singleton: Singleton = "raw") -> Tensor:
    """REINFORCE leave-one-out (arXiv 2402.14740): A_i = R_i - mean of the others = k/(k-1) (R_i - mean_g).

    verl `rloo` with `singleton="raw"`, `rloo_vectorized` and TRL with "zero".
    """
    groups = Groups.of(group, valid)
    k = groups.size(rewards)
    return masked(_centre(rewards, groups, singleton) * torch.where(k > 1, k / (k - 1), 1.0), groups.valid)


@torch.no_grad()
def opo(
    rewards: Tensor,
    lengths: Tensor,
    group: Tensor,
    valid: Tensor | None = None,
    singleton: Singleton = "raw",
) -> Tensor:
    """OPO (arXiv 2505.23585): A_i = R_i - sum_g(l_j R_j) / sum_g l_j, the variance-optimal baseline.

    It is E[|grad log pi|^2 R] / E[|grad log pi|^2] with |grad log pi|^2 proportional to the length l. Meant
    for exactly on-policy training, without KL penalty and entropy bonus.

    Args:
        rewards: `[B]`.
        lengths: `[B]`, number of valid tokens.
        group: `[B]`.
        valid: `[B]` or None (all).
        singleton: See the module.
    """
    groups = Groups.of(group, valid)
    lengths = lengths.to(rewards.dtype)
    baseline = groups.sum(lengths * rewards) / groups.sum(lengths).clamp(min=1)
    return masked(rewards - _without_singletons(baseline, groups, singleton), groups.valid)


@torch.no_grad()
def gpg(
    rewards: Tensor,
    group: Tensor,
    valid: Tensor | None = None,
    f_norm: float = 1.0,
    singleton: Singleton = "raw",
) -> Tensor:
    """GPG (arXiv 2504.02546): A_i = alpha (R_i - mean_g) / f_norm, alpha = B / #{R != 0}.

    alpha makes up for groups without signal; verl counts the rows with a non-zero reward. Loss:
    `losses.reinforce`.
    """
    groups = Groups.of(group, valid)
    nonzero = (masked(rewards, groups.valid) != 0).sum().clamp(min=1)
    alpha = groups.valid.sum() / nonzero
    return masked(alpha * _centre(rewards, groups, singleton) / f_norm, groups.valid)


@torch.no_grad()
def grpo_passk(
    rewards: Tensor,
    group: Tensor,
    valid: Tensor | None = None,
    norm_by_std: bool = True,
    eps: float = 1e-6,
) -> Tensor:
    """Pass@k GRPO (arXiv 2503.19595): the best of a group gets (R_max - R_second) / (std_g + eps), others 0.

    Raises:
        ValueError: A group of one: it has no second best.
    """
    groups = Groups.of(group, valid)
    if bool((groups.size(rewards) < 2)[groups.valid].any()):
        raise ValueError(
            "group has a group of one row: pass@k needs at least two, remove the others beforehand"
        )
    candidates = torch.where(groups.valid, rewards, -torch.inf)
    is_best = _first_best(candidates, groups)
    second = _group_max(candidates.masked_fill(is_best, -torch.inf), groups)
    scale = groups.std(rewards) + eps if norm_by_std else 1.0
    return masked((rewards - second) / scale, is_best)


@torch.no_grad()
def reinforce_plus_plus_baseline(
    rewards: Tensor, group: Tensor, mask: Tensor, singleton: Singleton = "raw"
) -> Tensor:
    """REINFORCE++-baseline (arXiv 2501.03262): R_i - mean_g on every token, whitened over all valid tokens.

    Rows of different length shift the mean of the tokens, so that a solved group's tokens are not 0.

    Args:
        rewards: `[B]`.
        group: `[B]`.
        mask: `[B, T]`; rows without a valid token do not count.
        singleton: See the module.

    Returns:
        `[B, T]`.
    """
    valid = mask.bool().any(-1)
    return whiten(per_token(dr_grpo(rewards, group, valid, singleton), mask), mask)


@torch.no_grad()
def group_reward_to_go(
    returns: Tensor, mask: Tensor, group: Tensor, norm_by_std: bool = False, eps: float = 1e-6
) -> Tensor:
    """GRPO with reward-to-go: A_it = G_it - mean of G_jt over the group's rows that are alive at time t.

    For groups of episodes from one start: the mean estimates V only as far as episodes of one group are in
    similar states at equal times. Alone at time t, a row gets 0. No reference implementation exists; with
    `norm_by_std` the result is divided by the group's root mean square advantage over all its valid slots
    (ddof 1), not by a deviation at each time, which two survivors would make arbitrary.

    Args:
        returns: `[B, T]` from `advantages.reward_to_go`.
        mask: `[B, T]`.
        group: `[B]`.
        norm_by_std: Default False, as in Dr.GRPO.
        eps: Added to the deviation.

    Returns:
        `[B, T]`.
    """
    check_shapes(mask, returns=returns)
    groups, valid = Groups.of(group, None), mask.to(returns.dtype)
    returns = masked(returns, mask)
    centred = masked(returns - groups.sum(returns) / groups.sum(valid).clamp(min=1), mask)
    if not norm_by_std:
        return centred
    slots = groups.sum(valid.sum(-1))
    std = (groups.sum(centred.square().sum(-1)) / (slots - 1).clamp(min=1)).sqrt()
    return centred / (std + eps).unsqueeze(-1)


@torch.no_grad()
def anchor_state(returns: Tensor, mask: Tensor, state: Tensor) -> Tensor:
    """A_it = G_it - mean of G over all visits of the same state in the batch (GiGPO's anchor states).

    Source: arXiv 2505.10978, without its episode-level term. Needs no critic and no repeated starts:
    on a goal-conditioned gridworld it reaches 86-91 % of the signal-to-noise ratio of the exact V. A state
    seen once gets 0, so the estimator is silent where states hardly repeat.

    Args:
        returns: `[B, T]` from `advantages.reward_to_go`.
        mask: `[B, T]`.
        state: `[B, T]`, an integer key; equal observations (goal and time included, if they matter) share
            one.
    """
    check_shapes(mask, returns=returns, state=state)
    visits = Groups.of(state.reshape(-1), mask.reshape(-1))
    return masked(returns - visits.mean(returns.reshape(-1)).reshape(returns.shape), mask)


@torch.no_grad()
def per_token(advantages: Tensor, mask: Tensor) -> Tensor:
    """Spread one advantage a row `[B]` over the valid slots of the row, `[B, T]`."""
    return masked(advantages.unsqueeze(-1).expand(mask.shape), mask)


def _centre(rewards: Tensor, groups: Groups, singleton: Singleton) -> Tensor:
    return rewards - _without_singletons(groups.mean(rewards), groups, singleton)


def _without_singletons(baseline: Tensor, groups: Groups, singleton: Singleton) -> Tensor:
    if singleton not in ("raw", "zero"):
        raise ValueError(f"singleton is {singleton!r}: choose raw or zero")
    return baseline if singleton == "zero" else baseline.masked_fill(groups.size(baseline) == 1, 0.0)


def _group_max(x: Tensor, groups: Groups) -> Tensor:
    best = torch.full_like(x, -torch.inf).scatter_reduce(0, groups.index, x, "amax")
    return best[groups.index]


def _first_best(candidates: Tensor, groups: Groups) -> Tensor:
    """Mark one row a group: the first of those with the largest reward."""
    rows = torch.arange(len(candidates), device=candidates.device)
    later = torch.where(candidates == _group_max(candidates, groups), rows, len(candidates))
    first = torch.full_like(rows, len(candidates)).scatter_reduce(0, groups.index, later, "amin")
    return rows == first[groups.index]

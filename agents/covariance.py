"""Clip-Cov and KL-Cov: leave out, or hold back, the tokens whose covariance collapses the entropy.

Source: Cui et al., "The Entropy Mechanism" (arXiv 2505.22617), eq. 10-14; code of PRIME-RL and verl
(`compute_policy_loss_clip_cov`, `compute_policy_loss_kl_cov`). Over the N valid tokens of a batch

    C_i = (log pi(y_i) - mean log pi) (A_i - mean A)

is each token's share of the covariance that drives the entropy down. Both methods are two functions:
`select_*` marks tokens, once per optimiser step on the whole mini-batch, and the loss takes the mark. Cut
into micro-batches afterwards, the loss stays the same; selecting in each micro-batch, as the references do,
makes the method depend on a memory setting.

We keep to the code where it differs from the paper: the floor of one token, open bounds, a PPO clip at [0, 2]
whose clipped tokens are not eligible, and value 0 (not only gradient 0) for a selected token, which stays in
the denominator of `token-mean`. Know before use: on a uniform policy all C are 0; the covariance must come
from baselined advantages, since V(s) confounds that of returns, even in sign; the absolute bounds are
calibrated on language models, with few actions use quantiles; below about 0.4 nats no token with A > 0 can
reach C = 1, and Clip-Cov mostly spares rare tokens of *wrong* answers (`frac_selected_negative` shows it).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from agents.kl import KLEstimator, kl
from agents.losses import clip_fractions, log_ratio, ppo_clip
from agents.masking import check_shapes, masked, masked_mean


@dataclass(frozen=True)
class ClipCov:
    """Which tokens Clip-Cov takes out.

    Attributes:
        ratio: r, the share of the valid tokens to select, in (0, 1]. Default 2e-4 (paper).
        lower: omega_low, exclusive. Default 1 (paper).
        upper: omega_high, exclusive, or None for none. Default 5 (paper).
        bounds: Whether the bounds are values of C, or quantiles of C over the batch's eligible tokens.
        floor: Fewest tokens to select, where eligible: 1 in the code, 0 in the paper. With few tokens the
            floor is the rate: report `effective_rate`.
        rule: "covariance" draws at random between the bounds. The rest are controls without bounds: "top"
            takes the largest C, "random" any tokens, "random_positive" any with A > 0.
        clip_ratio_low: PPO clip of the loss; its clipped tokens are not eligible. Default 1 (the authors'
            scripts).
        clip_ratio_high: As above.
    """

    ratio: float = 2e-4
    lower: float = 1.0
    upper: float | None = 5.0
    bounds: Literal["absolute", "quantile"] = "absolute"
    floor: int = 1
    rule: Literal["covariance", "top", "random", "random_positive"] = "covariance"
    clip_ratio_low: float = 1.0
    clip_ratio_high: float = 1.0

    def __post_init__(self) -> None:
        _check_ratio(self.ratio, self.floor)
        if self.upper is not None and not self.lower < self.upper:
            raise ValueError(f"lower is {self.lower} and upper {self.upper}: lower must be below upper")
        if self.bounds not in ("absolute", "quantile"):
            raise ValueError(f"bounds is {self.bounds!r}: choose absolute or quantile")
        if self.bounds == "quantile" and not (0 <= self.lower < 1 and (self.upper is None or self.upper <= 1)):
            raise ValueError(f"lower is {self.lower} and upper {self.upper}: quantiles are between 0 and 1")
        if self.rule not in ("covariance", "top", "random", "random_positive"):
            raise ValueError(f"rule is {self.rule!r}: choose covariance, top, random or random_positive")


@dataclass(frozen=True)
class KLCov:
    """Which tokens KL-Cov penalises: those with the largest C.

    Attributes:
        ratio: k, a fraction (not a percentage) in (0, 1]. Default 2e-4 (paper for 32B, verl); 2e-3 for 7B.
        floor: Fewest tokens to select. Default 1 (code).
    """

    ratio: float = 2e-4
    floor: int = 1

    def __post_init__(self) -> None:
        _check_ratio(self.ratio, self.floor)


@torch.no_grad()
def covariance(log_prob: Tensor, advantages: Tensor, mask: Tensor) -> Tensor:
    """C = (log pi - mean log pi)(A - mean A) over the valid tokens, `[B, T]`, 0 at padding (eq. 10).

    A centred product, not a covariance; its mean is the (biased) covariance. `log_prob` is the *current*
    policy's.
    """
    check_shapes(mask, log_prob=log_prob, advantages=advantages)
    centred_log_prob = log_prob - masked_mean(log_prob, mask)
    return masked(centred_log_prob * (advantages - masked_mean(advantages, mask)), mask)


@torch.no_grad()
def eligible(log_prob: Tensor, advantages: Tensor, mask: Tensor, old_log_prob: Tensor, config: ClipCov) -> Tensor:
    """The tokens from which Clip-Cov chooses, `[B, T]` bool: valid, not PPO-clipped, lower < C < upper."""
    ratio = log_ratio(log_prob, old_log_prob, mask).exp()
    clipped = ratio.clamp(1 - config.clip_ratio_low, 1 + config.clip_ratio_high)
    candidates = mask.bool() & ~(-advantages * clipped > -advantages * ratio)
    if config.rule == "random_positive":
        return candidates & (advantages > 0)
    if config.rule in ("top", "random"):
        return candidates
    cov = covariance(log_prob, advantages, mask)
    lower, upper = _bounds(cov[candidates], config)
    return candidates & (cov > lower) & (cov < upper)


@torch.no_grad()
def select_clip_cov(
    log_prob: Tensor,
    advantages: Tensor,
    mask: Tensor,
    old_log_prob: Tensor,
    config: ClipCov,
    generator: torch.Generator,
) -> Tensor:
    """Choose the tokens that Clip-Cov takes out of the loss, once per optimiser step.

    Draws min(max(int(r n), floor), eligible) of the eligible tokens without replacement.

    Args:
        log_prob: `[B, T]`, of the current policy.
        advantages: `[B, T]`, baselined.
        mask: `[B, T]`.
        old_log_prob: `[B, T]`.
        config: What is eligible, and how many.
        generator: On the CPU; the same seed gives the same selection, on any device.

    Returns:
        `[B, T]` bool.
    """
    index = eligible(log_prob, advantages, mask, old_log_prob, config).flatten().nonzero().squeeze(-1)
    quota = min(_quota(config.ratio, config.floor, mask), len(index))
    if config.rule == "top":
        order = covariance(log_prob, advantages, mask).flatten()[index].topk(quota).indices
    else:
        order = torch.randperm(len(index), generator=generator)[:quota].to(index.device)
    return _mark(index[order], mask)


@torch.no_grad()
def select_kl_cov(log_prob: Tensor, advantages: Tensor, mask: Tensor, config: KLCov) -> Tensor:
    """Choose the tokens that KL-Cov penalises: the max(int(k n), floor) largest C, `[B, T]` bool.

    Ties go as `torch.topk` breaks them. There is no bound: with all advantages equal the choice is arbitrary.
    """
    index = mask.bool().flatten().nonzero().squeeze(-1)
    quota = min(_quota(config.ratio, config.floor, mask), len(index))
    return _mark(index[covariance(log_prob, advantages, mask).flatten()[index].topk(quota).indices], mask)


def clip_cov(
    log_ratio: Tensor,
    advantages: Tensor,
    selected: Tensor,
    clip_ratio_low: float = 1.0,
    clip_ratio_high: float = 1.0,
) -> Tensor:
    """Clip-Cov's loss per token (eq. 12): PPO's clipped surrogate, without dual clip, and 0 where selected.

    Aggregate by `token-mean`. Give the clip ratios of the `ClipCov` that selected.
    """
    return masked(ppo_clip(log_ratio, advantages, clip_ratio_low, clip_ratio_high), ~selected)


def kl_cov(
    log_ratio: Tensor,
    advantages: Tensor,
    selected: Tensor,
    beta: float = 1.0,
    penalty: KLEstimator = "abs",
) -> Tensor:
    """KL-Cov's loss per token (eq. 14): -A r, plus beta times a KL penalty to the old policy where selected.

    No PPO clip, no dual clip. On the first update after a rollout d = 0 and the penalty has neither value nor
    gradient (`warn_if_inert`). Where A r < beta it *reverses* the gradient of a token that has moved with its
    advantage: a restoring force, not a damping.

    Args:
        log_ratio: `[B, T]`, d.
        advantages: `[B, T]`.
        selected: `[B, T]` bool.
        beta: Default 1 (paper, scripts); verl's configuration says 0.1.
        penalty: The code's |d| ("abs", the default), "k2" or "k3"; the paper writes KL(pi_old || pi).
    """
    return -advantages * log_ratio.exp() + beta * masked(kl(log_ratio, penalty), selected)


@torch.no_grad()
def clip_cov_metrics(
    log_prob: Tensor,
    advantages: Tensor,
    mask: Tensor,
    old_log_prob: Tensor,
    selected: Tensor,
    config: ClipCov,
) -> dict[str, Tensor]:
    """What to log beside a selection, as scalar tensors: counts, rates and the mean of C.

    `effective_rate` is selected/n, to be read beside the ratio asked for; `clip_fraction_low` and `_high` are
    PPO's own clipping, which the reference implementations hide. Tails of C: `entropy.covariance_tails`.
    """
    open_tokens = eligible(log_prob, advantages, mask, old_log_prob, config)
    ratio = log_ratio(log_prob, old_log_prob, mask)
    low, high = clip_fractions(ratio, advantages, mask, config.clip_ratio_low, config.clip_ratio_high)
    return selection_metrics(log_prob, advantages, mask, selected) | {
        "eligible": open_tokens.sum(),
        "clip_fraction_low": low,
        "clip_fraction_high": high,
    }


@torch.no_grad()
def selection_metrics(log_prob: Tensor, advantages: Tensor, mask: Tensor, selected: Tensor) -> dict[str, Tensor]:
    """The part that KL-Cov shares: n, selected, effective_rate, frac_selected_negative (A < 0), mean C."""
    n, chosen = mask.bool().sum(), selected.sum()
    return {
        "n": n,
        "selected": chosen,
        "effective_rate": chosen / n.clamp(min=1),
        "frac_selected_negative": masked_mean((advantages < 0).to(advantages.dtype), selected),
        "covariance": masked_mean(covariance(log_prob, advantages, mask), mask),
    }


def warn_if_inert(updates_per_rollout: int) -> None:
    """Warn that KL-Cov does nothing with a single update per rollout: its penalty is 0 and flat at d = 0."""
    if updates_per_rollout < 2:
        message = f"updates_per_rollout is {updates_per_rollout}: KL-Cov is inert on the first update of a rollout"
        warnings.warn(message, stacklevel=2)


def _bounds(candidates: Tensor, config: ClipCov) -> tuple[Tensor | float, Tensor | float]:
    lower, upper = config.lower, torch.inf if config.upper is None else config.upper
    if config.bounds == "absolute" or not len(candidates):
        return lower, upper
    return candidates.quantile(lower), upper if config.upper is None else candidates.quantile(upper)


def _quota(ratio: float, floor: int, mask: Tensor) -> int:
    return max(int(ratio * int(mask.bool().sum())), floor)


def _mark(index: Tensor, mask: Tensor) -> Tensor:
    marked = torch.zeros(mask.numel(), dtype=torch.bool, device=mask.device)
    marked[index] = True
    return marked.view(mask.shape)


def _check_ratio(ratio: float, floor: int) -> None:
    if not 0 < ratio <= 1:
        raise ValueError(f"ratio is {ratio}: it must be above 0 and at most 1 (a fraction, not a percentage)")
    if floor < 0:
        raise ValueError(f"floor is {floor}: it must not be negative")

"""How much performance an amount of entropy buys: R = -a exp(H) + b (arXiv 2505.22617, eq. 6).

The law is an observation, not a theorem. In tabular bandits it holds (R2 0.99) where a third of the actions
are rewarded, and loses to a straight line where only one is. So the fit never comes without the line as null
model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Fit:
    """R = -a x + b by least squares, and the share of the variance of R that it explains."""

    a: float
    b: float
    r2: float


@dataclass(frozen=True)
class EntropyFit:
    """The two models of the same points: x = exp(H), and x = H."""

    exponential: Fit
    linear: Fit


def fit_entropy_performance(entropy: Tensor, reward: Tensor) -> EntropyFit:
    """Fit reward against entropy along a training run.

    Args:
        entropy: `[N]`, policy entropy in nats.
        reward: `[N]`, mean reward at the same times.

    Raises:
        ValueError: Fewer than three points, unequal shapes, or a constant entropy or reward.
    """
    if entropy.shape != reward.shape or entropy.dim() != 1 or len(entropy) < 3:
        shapes = f"entropy has shape {tuple(entropy.shape)} and reward {tuple(reward.shape)}"
        raise ValueError(f"{shapes}: give two vectors of equal length, three or more")
    for name, x in (("entropy", entropy), ("reward", reward)):
        if not bool((x != x[0]).any()):
            raise ValueError(f"{name} is {x[0].item()} throughout: a fit needs a run in which it changes")
    entropy, reward = entropy.double(), reward.double()
    return EntropyFit(_least_squares(entropy.exp(), reward), _least_squares(entropy, reward))


def fit_of_run(curve: Sequence[tuple[float, float]]) -> dict[str, Any] | None:
    """Both models of a run's (entropy, reward) pairs in JSON's types; None where too little changed for a fit."""
    if len(curve) < 3 or any(len(set(values)) < 2 for values in zip(*curve, strict=True)):
        return None
    entropy, reward = torch.tensor(curve, dtype=torch.float64).T
    return {**asdict(fit_entropy_performance(entropy, reward)), "points": len(curve)}


def _least_squares(x: Tensor, y: Tensor) -> Fit:
    dx, dy = x - x.mean(), y - y.mean()
    slope = (dx @ dy) / (dx @ dx)
    r2 = 1 - (dy - slope * dx).square().sum() / dy.square().sum()
    return Fit(a=-slope.item(), b=(y.mean() - slope * x.mean()).item(), r2=r2.item())

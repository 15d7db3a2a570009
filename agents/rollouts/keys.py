"""Integer keys for observations: equal observations, equal keys."""

from __future__ import annotations

import torch
from torch import Tensor


def observation_keys(observations: Tensor) -> Tensor:
    """Numbers the distinct observations of a batch.

    Args:
        observations: `[B, T]` integers, or `[B, T, ...]`.

    Returns:
        `[B, T]` integers; two slots have the same one where their observations are equal.
    """
    rows, slots = observations.shape[:2]
    if observations.dim() == 2:
        return observations
    flat = observations.reshape(rows * slots, -1)
    return torch.unique(flat, dim=0, return_inverse=True)[1].reshape(rows, slots)

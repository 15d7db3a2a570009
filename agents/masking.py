"""Sums, means and variances over the valid slots of a `[B, T]` batch.

A mask is boolean or 0/1; 1 marks a slot that counts. Every function selects with `torch.where` instead of
multiplying, because `0 * inf` and `0 * nan` are `nan`: padding may hold anything without touching a value or
a gradient. The functions never leave the device; none of them calls `.item()`.
"""

from __future__ import annotations

import torch
from torch import Tensor


def check_shapes(mask: Tensor, **tensors: Tensor) -> None:
    """Raise a ValueError that names the first tensor whose shape is not that of `mask`."""
    for name, tensor in tensors.items():
        if tensor.shape != mask.shape:
            shapes = f"{name} has shape {tuple(tensor.shape)}, expected {tuple(mask.shape)}"
            raise ValueError(f"{shapes}: give all tensors one shape")


def masked(x: Tensor, mask: Tensor) -> Tensor:
    """`x` where the mask is 1, else 0, with exactly zero gradient there."""
    return torch.where(mask.bool(), x, 0)


def masked_sum(x: Tensor, mask: Tensor, dim: int | None = None) -> Tensor:
    """Sum of the valid entries, over everything or along `dim`."""
    selected = masked(x, mask)
    return selected.sum() if dim is None else selected.sum(dim)


def masked_mean(x: Tensor, mask: Tensor, dim: int | None = None) -> Tensor:
    """Mean of the valid entries, over everything or along `dim`; 0 where there is none."""
    count = mask.bool().sum() if dim is None else mask.bool().sum(dim)
    return masked_sum(x, mask, dim) / count.clamp(min=1)


def masked_var(x: Tensor, mask: Tensor) -> Tensor:
    """Unbiased variance (ddof 1) of the valid entries; 0 where there are fewer than two."""
    return _centred_and_var(x, mask)[1]


def _centred_and_var(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """`x` minus its mean, 0 at padding, and the unbiased variance."""
    valid = mask.bool().sum()
    centred = masked(x - masked_sum(x, mask) / valid.clamp(min=1), mask)
    return centred, centred.square().sum() / (valid - 1).clamp(min=1)


def whiten(x: Tensor, mask: Tensor, eps: float = 1e-8) -> Tensor:
    """Standardise the valid entries: `(x - mean) / sqrt(var + eps)`, and 0 at padding.

    The variance is unbiased. `eps` stands under the root, as in verl's `masked_whiten` (1e-8); GEM's ReBN
    adds its own to the standard deviation (`advantages.rebn`). A single valid entry becomes 0.

    Args:
        x: Values, any shape.
        mask: Same shape.
        eps: Added to the variance.
    """
    check_shapes(mask, x=x)
    centred, var = _centred_and_var(x, mask)
    return centred * torch.rsqrt(var + eps)


def spread(numbers: Tensor, mask: Tensor) -> Tensor:
    """One number a valid slot, `[n]` in the order of the mask, to its place in `[B, T]`; zeros elsewhere."""
    if numbers.numel() == mask.numel():
        return numbers.view(mask.shape)
    return torch.zeros(mask.shape, dtype=numbers.dtype, device=mask.device).masked_scatter(mask, numbers)

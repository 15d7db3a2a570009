"""From a loss per token `[B, T]` to one number, in the five ways the literature uses.

With M the mask, l_i the length of row i, n the number of valid tokens, N the number of rows that have any:

| mode                      | value                             | used by                                |
|---------------------------|-----------------------------------|----------------------------------------|
| `token-mean`              | sum M L / n                       | DAPO, Clip-Cov, KL-Cov; verl's default |
| `token-sum`               | sum M L                           | verl                                   |
| `seq-mean-token-sum`      | (1/N) sum_i sum_t M L             | verl                                   |
| `seq-mean-token-mean`     | (1/N) sum_i (sum_t M L / l_i)     | GRPO, GSPO, SAPO                       |
| `seq-mean-token-sum-norm` | (1/N) sum_i (sum_t M L) / C       | Dr.GRPO (arXiv 2503.20783)             |

Micro-batches: hand in `num_tokens` and `num_sequences` of the *whole* batch (`count(mask)`); the losses of
the parts then add up to the loss of the whole, and so do their gradients. Left out, they are counted in the
part itself, and `token-mean` over parts becomes a mean of means.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from agents.masking import check_shapes, masked, masked_mean, masked_sum

AggregationMode = Literal[
    "token-mean", "token-sum", "seq-mean-token-sum", "seq-mean-token-mean", "seq-mean-token-sum-norm"
]
Count = int | float | Tensor


def count(mask: Tensor) -> tuple[Tensor, Tensor]:
    """Normalisers of a batch: the number of valid tokens and of rows with at least one, as scalar tensors."""
    valid = mask.bool()
    return valid.sum(), valid.any(-1).sum()


def aggregate(
    loss: Tensor,
    mask: Tensor,
    mode: AggregationMode = "token-mean",
    *,
    loss_scale_factor: float | None = None,
    num_tokens: Count | None = None,
    num_sequences: Count | None = None,
) -> Tensor:
    """Reduce a loss per token to a scalar (verl `agg_loss`; module docstring).

    Args:
        loss: `[B, T]`.
        mask: `[B, T]`.
        mode: One of the five; `token-mean` is verl's default.
        loss_scale_factor: C of `seq-mean-token-sum-norm`, required there. verl falls back to the padded width
            T, which changes with the longest response of the batch; we refuse to guess.
        num_tokens: n of the whole batch; default: counted here.
        num_sequences: N of the whole batch; default: counted here. TRL counts empty rows too: pass B for
            that.

    Raises:
        ValueError: Unknown mode, unequal shapes, or no C where one is needed.
    """
    check_shapes(mask, loss=loss)
    if mode == "token-mean":
        return masked_mean(loss, mask) if num_tokens is None else masked_sum(loss, mask) / num_tokens
    if mode == "token-sum":
        return masked_sum(loss, mask)
    num_sequences = count(mask)[1].clamp(min=1) if num_sequences is None else num_sequences
    if mode == "seq-mean-token-sum":
        return masked_sum(loss, mask) / num_sequences
    if mode == "seq-mean-token-mean":
        return masked_mean(loss, mask, dim=-1).sum() / num_sequences
    if mode == "seq-mean-token-sum-norm":
        return masked_sum(loss, mask) / num_sequences / _positive_scale(loss_scale_factor)
    raise ValueError(f"mode is {mode!r}: choose one of {', '.join(get_args(AggregationMode))}")


def sequence_mean(loss: Tensor, mask: Tensor, *, num_sequences: Count | None = None) -> Tensor:
    """Mean over rows of a loss per sequence `[B]`; rows without a valid token do not count.

    Args:
        loss: `[B]`, as `sequence_losses.gmpo` and `rloo_sequence` return it.
        mask: `[B, T]`, of the tokens.
        num_sequences: N of the whole batch; default: counted here. verl's GMPO and TRL divide by B.
    """
    row_mask = mask.bool().any(-1)
    check_shapes(row_mask, loss=loss)
    num_sequences = row_mask.sum().clamp(min=1) if num_sequences is None else num_sequences
    return masked(loss, row_mask).sum() / num_sequences


def _positive_scale(loss_scale_factor: float | None) -> float:
    if loss_scale_factor is None or not loss_scale_factor > 0 or loss_scale_factor == torch.inf:
        raise ValueError(
            f"loss_scale_factor is {loss_scale_factor}: seq-mean-token-sum-norm needs a positive constant, "
            "for example the longest response allowed"
        )
    return loss_scale_factor

"""Drawing actions from logits with a generator of one's own."""

from __future__ import annotations

import torch
from torch import Tensor


def sample_actions(logits: Tensor, generator: torch.Generator) -> Tensor:
    """Draws one action per row from softmax(logits).

    An exponential race (the Gumbel-max trick without its logarithms): argmax_a p_a / E_a with E_a ~ Exp(1) is
    distributed as p. It costs three kernels where `torch.multinomial` costs several and checks its input on the way.

    Args:
        logits: `[..., A]`.
        generator: on the logits' device.

    Returns:
        `[...]` int64.
    """
    race = torch.empty_like(logits).exponential_(generator=generator)
    return (logits.softmax(dim=-1) / race).argmax(dim=-1)


def log_prob_of(logits: Tensor, actions: Tensor) -> Tensor:
    """Log softmax(logits)[action]: `[..., A]` and `[...]` to `[...]`."""
    return logits.log_softmax(dim=-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)

"""Drawing actions from logits with a generator of one's own."""

from __future__ import annotations

from torch import Tensor


def sample_actions(log_policy: Tensor, uniforms: Tensor) -> Tensor:
    """One action per row from exp(log_policy), by inversion: the first whose cumulative probability exceeds u.

    Drawing the uniforms is the caller's, so that one call can draw those of a whole batch. An action of probability 0
    is never chosen (up to rounding at the last one).

    Args:
        log_policy: `[..., A]`, normalised.
        uniforms: `[...]` in [0, 1), on the same device.

    Returns:
        `[...]` int64.
    """
    cumulative = log_policy.exp().cumsum(-1)[..., :-1]
    return (cumulative <= uniforms.unsqueeze(-1)).sum(-1)


def log_prob_of(logits: Tensor, actions: Tensor) -> Tensor:
    """Log softmax(logits)[action]: `[..., A]` and `[...]` to `[...]`."""
    return logits.log_softmax(dim=-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)

"""Entropy minimisation: learning, or sampling, from the model's own confidence, without any reward.

Sources: "The Unreasonable Effectiveness of Entropy Minimization" (arXiv 2505.15134; EM-RL, EM-INF and its
code EM_PT) and one-shot EM (arXiv 2505.20282). A control arm: it shows how much of a gain is mere sharpening,
and helps only where confidence goes with correctness. EM-FT's loss is `entropy.entropy_of_logits`,
aggregated.
"""

from __future__ import annotations

import torch
from torch import Tensor

from agents.entropy import LOG_OF_ZERO, entropy_of_logits
from agents.masking import masked_sum


@torch.no_grad()
def em_rl_sequence_reward(log_prob: Tensor, mask: Tensor) -> Tensor:
    """EM-RL-sequence: r(y) = sum_t log pi(y_t), `[B, T]` to `[B]`; for RLOO with N = 4."""
    return masked_sum(log_prob, mask, dim=-1)


@torch.no_grad()
def em_rl_token_reward(entropy: Tensor, mask: Tensor) -> Tensor:
    """EM-RL-token: r(y) = -sum_t H_t with the entropy of the full distribution, `[B, T]` to `[B]`."""
    return -masked_sum(entropy, mask, dim=-1)


@torch.no_grad()
def em_inf(
    logits: Tensor,
    learning_rate: float = 0.1,
    num_steps: int = 5,
    kl_weight: float = 0.001,
    threshold: float = 0.3,
) -> Tensor:
    """EM-INF as coded (EM_PT `ent_sample`): Adam on the logits of one decoding step, before sampling.

    Minimises H(softmax z) + kl_weight KL(p0 || softmax z); a row whose entropy is below the threshold stays
    as it is. With Adam nearly a sign step: tokens with log p > -H go up by the learning rate, the others
    down. Unlike the code, which sums H over the batch, each row has its own stop.

    Args:
        logits: `[..., V]`, float32 or wider; minus infinity stays.
        learning_rate: Default 0.1.
        num_steps: Default 5 (class); the evaluation script 3.
        kl_weight: Default 0.001 (class); the evaluation script 0.05.
        threshold: In nats, tested before each step. Default 0.3.

    Returns:
        Adjusted logits, same shape.
    """
    initial = logits.softmax(-1)
    mean, square = torch.zeros_like(logits), torch.zeros_like(logits)
    for step in range(1, num_steps + 1):
        log_p, entropy = logits.log_softmax(-1).clamp(min=LOG_OF_ZERO), entropy_of_logits(logits).unsqueeze(-1)
        gradient = -log_p.exp() * (log_p + entropy) + kl_weight * (log_p.exp() - initial)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient.square()
        update = mean / (1 - 0.9**step) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
        logits = torch.where(entropy < threshold, logits, logits - learning_rate * update)
    return logits


@torch.no_grad()
def adaptive_temperature(
    logits: Tensor,
    target_ratio: float = 0.2,
    threshold: float = 1e-5,
    tmin: float = 0.01,
    tmax: float = 1.0,
    tol: float = 0.1,
    max_iter: int = 100,
) -> Tensor:
    """The temperature tau with H(softmax(z/tau)) = max(target_ratio H(softmax z), threshold), by bisection.

    EM_PT `AdaptiveTemperatureProcessor`, the baseline of EM-INF. `tol` is absolute, in nats: the search stops
    at the first midpoint that close, far from the target where H is small. Rows below the threshold keep tau
    = tmax.

    Args:
        logits: `[..., V]`.
        target_ratio: Share of the entropy to keep: 0.2 (class), 0.85 (script), paper 0.4-0.6.
        threshold: In nats.
        tmin: Lower end of the search.
        tmax: Upper end.
        tol: Accepted distance, in nats.
        max_iter: Halvings.

    Returns:
        `[..., 1]`, to divide the logits by.
    """
    entropy = entropy_of_logits(logits).unsqueeze(-1)
    target = (target_ratio * entropy).clamp(min=threshold)
    low, high = torch.full_like(entropy, tmin), torch.full_like(entropy, tmax)
    temperature, done = torch.full_like(entropy, tmax), entropy < threshold
    for _ in range(max_iter):
        temperature = torch.where(done, temperature, (low + high) / 2)
        excess = entropy_of_logits(logits / temperature).unsqueeze(-1) - target
        done = done | (excess.abs() < tol)
        high = torch.where(excess > 0, temperature, high)
        low = torch.where(excess > 0, low, temperature)
    return temperature

"""Batches small enough to check with pencil and paper, and the gradients that they must give a tabular policy."""

from __future__ import annotations

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from agents.policies import ActorCritic, PolicyConfig, build_policy
from agents.rollouts.batch import Batch

STATES, ACTIONS = 3, 2
GAMMA = 0.5
UNUSED = 1e6  # stands wherever nothing may look

# Row 0 terminates at its second step, row 1 is truncated at its first; the slot after each only resets.
OBSERVATIONS = [[0, 1, 2, 0], [2, 0, 1, 1]]
ACTED = [[1, 0, 0, 1], [0, 1, 0, 1]]
REWARDS = [[1.0, 2.0, UNUSED, 3.0], [1.0, UNUSED, 0.0, 1.0]]
VALUES = [[0.1, 0.2, UNUSED, 0.3], [0.4, UNUSED, 0.5, 0.6]]
NEXT_VALUES = [[0.2, 100.0, UNUSED, 0.7], [4.0, UNUSED, 0.6, 0.8]]
TERMINATED = [[0, 1, 0, 0], [0, 0, 0, 0]]
TRUNCATED = [[0, 0, 0, 0], [1, 0, 0, 0]]
MASK = [[1, 1, 0, 1], [1, 0, 1, 1]]
# With gamma 1/2 and lambda 1: r + gamma r' + ... + gamma^k V(last) - V, worked out by hand.
ADVANTAGES = [[1 + 0.5 * 2 - 0.1, 2 - 0.2, 0, 3 + 0.5 * 0.7 - 0.3], [1 + 0.5 * 4 - 0.4, 0, 0.5 * 1.4 - 0.5, 1.4 - 0.6]]


def table(critic: str = "separate", hidden: tuple[int, ...] = ()) -> ActorCritic:
    """A policy over the three states, its logits moved away from zero."""
    space = spaces.Discrete(STATES), spaces.Discrete(ACTIONS)
    policy = build_policy(*space, PolicyConfig(hidden, critic), seed=0)  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter += torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    return policy


def on_policy(policy: ActorCritic) -> Batch:
    """The batch above, its log-probabilities those of `policy`."""
    flags = {"terminated": TERMINATED, "truncated": TRUNCATED, "mask": MASK}
    numbers = {"rewards": REWARDS, "values": VALUES, "next_values": NEXT_VALUES}
    batch = Batch(
        observations=torch.tensor(OBSERVATIONS),
        actions=torch.tensor(ACTED),
        old_log_prob=torch.zeros(2, 4),
        group=torch.arange(2),
        **{name: torch.tensor(value, dtype=torch.bool) for name, value in flags.items()},
        **{name: torch.tensor(value) for name, value in numbers.items()},
    )
    with torch.no_grad():
        return batch.with_(old_log_prob=policy.evaluate(batch).log_prob)


def policy_gradient(policy: ActorCritic, batch: Batch, advantages: Tensor, entropy_coef: float = 0.0) -> np.ndarray:
    """d/dlogits `[S, A]` of -mean(A log pi) - entropy_coef * mean(H), from the derivatives of the softmax.

    d log pi(a) / d z_i = 1[i = a] - pi_i and d H / d z_i = -pi_i (log pi_i + H).
    """
    probabilities = policy.logits(torch.arange(STATES)).detach().double().softmax(-1).numpy()
    gradient, count = np.zeros((STATES, ACTIONS)), int(batch.mask.sum())
    for row, slot in zip(*np.nonzero(batch.mask.numpy()), strict=True):
        state, action = int(batch.observations[row, slot]), int(batch.actions[row, slot])
        pi = probabilities[state]
        entropy = -(pi * np.log(pi)).sum()
        gradient[state] -= float(advantages[row, slot]) * (np.eye(ACTIONS)[action] - pi) / count
        gradient[state] += entropy_coef * pi * (np.log(pi) + entropy) / count
    return gradient


def gradient_of(parameters: torch.nn.Module) -> Tensor:
    """The gradient that an update left behind, as one vector; zero where nothing flowed."""
    parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters.parameters()]
    return torch.cat([part.flatten() for part in parts])

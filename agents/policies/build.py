"""From an environment's spaces to a policy: the one place that decides which network acts where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from gymnasium import spaces

from agents.policies.mlp import MLPPolicy

Critic = Literal["none", "separate", "shared", "detached"]


@dataclass(frozen=True)
class PolicyConfig:
    """What a policy is made of; every agent's Config has these fields.

    Attributes:
        hidden: units per hidden layer; `()` is the tabular softmax policy (one logit per state and action).
        critic: `separate` networks for policy and value; `shared` layers with two heads; `detached`: shared layers
            through which the value's gradient does not flow; `none`.
    """

    hidden: tuple[int, ...] = (64, 64)
    critic: Critic = "none"


def build_policy(
    observation_space: spaces.Space, action_space: spaces.Space, config: PolicyConfig, seed: int
) -> MLPPolicy:
    """Builds a policy for one environment's (not the vector's) spaces, initialised from `seed`.

    Raises:
        ValueError: the spaces are none of those that a network here can read or act in.
    """
    if not isinstance(action_space, spaces.Discrete):
        raise ValueError(f"action_space={action_space}: agents act in Discrete spaces only; wrap the environment")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MLPPolicy(observation_space, int(action_space.n), tuple(config.hidden), config.critic)

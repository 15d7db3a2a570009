"""Settings that all agents share on text: the embedded model, warmed up on demonstrations that are mostly wrong."""

from __future__ import annotations

from typing import Any

RESPONSES = 512  # a batch

LANGUAGE: dict[str, Any] = {
    "network": "causal_lm",
    "warm_up_steps": 500,
    "wrong_share": 0.65,
    "learning_rate": 3e-4,
    "adam_beta2": 0.99,
    "adam_eps": 1e-8,
    "max_grad_norm": 1.0,
    "entropy_coef": 0.0,
    "gamma": 1.0,
}

# A critic's head starts at zero: at the policy's rate it is worse than a constant for most of a training.
CRITIC: dict[str, Any] = {"critic": "detached", "critic_rate": 10.0}

PRETRAINED: dict[str, Any] = {  # on top, where a model by name is trained: it can write, and large steps would spoil it
    "warm_up_steps": None,
    "learning_rate": 1e-6,
}

"""Networks with a distribution over actions and an optional critic; `build_policy` chooses one by the spaces."""

from __future__ import annotations

from agents.policies.actor_critic import ActorCritic, Evaluation
from agents.policies.build import build_policy
from agents.policies.causal_lm import CausalLM
from agents.policies.config import PolicyConfig

__all__ = ["ActorCritic", "CausalLM", "Evaluation", "Policy", "PolicyConfig", "build_policy"]

Policy = ActorCritic | CausalLM
"""What every agent trains: a network that reads observations, or a language model."""

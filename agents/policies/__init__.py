"""Networks with a distribution over actions and an optional critic; `build_policy` chooses one by the spaces."""

from __future__ import annotations

from agents.policies.actor_critic import ActorCritic, Evaluation
from agents.policies.build import build_policy
from agents.policies.config import PolicyConfig

__all__ = ["ActorCritic", "Evaluation", "PolicyConfig", "build_policy"]

"""Networks with a distribution over actions and an optional critic; `build_policy` chooses one by the spaces."""

from __future__ import annotations

from agents.policies.build import PolicyConfig, build_policy
from agents.policies.mlp import Evaluation, MLPPolicy

__all__ = ["Evaluation", "MLPPolicy", "PolicyConfig", "build_policy"]

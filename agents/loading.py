"""From a finished run back to its policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from agents import checkpoints
from agents.configuration import make_config
from agents.examination import ActionProbabilities, Probabilities
from agents.policies import PolicyConfig, build_policy
from agents.policies.language_build import CPU, build_language_policy
from agents.registry import load_agent
from agents.runs import POLICY
from rlenvs.leaderboard.evaluation import make_evaluation_env
from rlenvs.leaderboard.records import RunRecord


def load_probabilities(record: RunRecord) -> Probabilities:
    """The trained policy as a function of observations `[n, ...]` to action probabilities `[n, A]`.

    An agent whose networks are not ours brings `load_policy(run_dir)` in its module.

    Raises:
        ValueError: the run has no policy that can be read.
    """
    module = load_agent(record.spec.agent).module
    if hasattr(module, "load_policy"):
        return module.load_policy(record.path)
    return ActionProbabilities(load_policy(record))


def load_policy(record: RunRecord, device: torch.device = CPU) -> Any:
    """The trained policy of one of our own agents; on the CPU, but for language models where `device` says otherwise.

    Raises:
        ValueError: the run has no policy, or one of another make.
    """
    path = Path(record.path) / POLICY
    if not path.is_file():
        raise ValueError(f"{path} is missing: finish the run, or give the agent's module load_policy(run_dir)")
    state = checkpoints.load(path)
    if not isinstance(state, dict) or set(state) != {"config", "state_dict"}:
        raise ValueError(f"{path} holds no policy of this version; train it again with --force")
    env = make_evaluation_env(record.spec)
    config = make_config(PolicyConfig, state["config"])
    if config.network == "causal_lm":
        rules = env.unwrapped.rules  # type: ignore[attr-defined]
        policy: Any = build_language_policy(rules, config, record.spec.seed, device)
    else:
        policy = build_policy(env.observation_space, env.action_space, config, record.spec.seed)
    policy.resume(state)
    env.close()
    return policy

"""Reinforcement learning from preferences: a reward model first, then PPO on it (InstructGPT, arXiv 2203.02155).

In the first share of the budget the policy stays, and a reward model learns from pairs of its responses of which the
verifier prefers one; it stands in for people. Then PPO never sees the verifier again: a response earns the model's
score, and each token pays for leaving the first policy. Scores of the record are the verifier's, so that exploitation
of the reward model shows. Departures: one set of problems for both stages, preferences without noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from agents import ppo, reward_model
from agents.configuration import refuse_outside
from agents.diagnostics import diagnosis
from agents.optimisation import apply_schedules, make_optimiser
from agents.policies import CausalLM
from agents.reward_shaping import subtract_kl
from agents.rollouts.batch import Batch
from agents.run_kinds import begin_language
from rlenvs.leaderboard.records import RunSpec

VERSION = "2"


@dataclass(frozen=True)
class Config(ppo.Config):
    """PPO's settings and those of the reward model.

    Attributes:
        group_size: responses to one problem, which are compared: at least 2 (the preset has 8); divides `num_envs`.
        preference_share: of the budget, in which the reward model learns.
        micro_batches: of PPO's steps; the reward model compares all responses of a batch at once.
        reward_learning_rate: of the reward model.
        kl_coef: weight of the divergence from the first policy, paid token by token.
    """

    preference_share: float = 0.2
    reward_learning_rate: float = 1e-3
    kl_coef: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.network == "causal_lm" and self.group_size < 2:
            raise ValueError(f"config group_size={self.group_size}: responses are compared; set 2 or more")
        ignored = {"scale_rewards": False, "rewards_end_returns": False, "value_pretraining": 0.0}
        for name, only in ignored.items():
            if self.network == "causal_lm" and getattr(self, name) != only:
                raise ValueError(f"config {name}={getattr(self, name)}: not with a reward model; set it to {only}")
        refuse_outside("(0, 1)", self, "preference_share")
        refuse_outside("(0, inf)", self, "reward_learning_rate")
        refuse_outside("[0, inf)", self, "kl_coef")


PRESETS: dict[str, dict[str, Any]] = {"text": {**ppo.PRESETS["text"], "group_size": 8}}


def preferred(batch: Batch, model: CausalLM, reference: CausalLM, kl_coef: float) -> Batch:
    """The batch with the reward model's scores in the place of the verifier's rewards, less the divergence."""
    with torch.no_grad():
        made = reward_model.scores(model, batch).unsqueeze(1) * batch.terminated
        ref_log_prob = reference.evaluate(batch).log_prob
    return batch.with_(rewards=subtract_kl(made, batch.old_log_prob, ref_log_prob, batch.mask, kl_coef))


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    run, config = begin_language(spec, run_dir, Config)
    env = run.make_groups(config.num_envs // config.group_size, config.group_size)
    policy = run.make_policy(env, config)
    reference = run.make_policy(env, config)
    model = run.make_policy(env, replace(config, critic="shared", value_pretraining=0.0))
    optimiser = make_optimiser(policy, config)
    at_its_rate = replace(config, learning_rate=config.reward_learning_rate, critic_rate=1.0)
    model_optimiser = make_optimiser(model, at_its_rate)
    collector = run.episodes(env, config.group_size)
    run.track(
        policy=policy, optimiser=optimiser, collector=collector, reward_model=model, model_optimiser=model_optimiser
    )
    for batch in run.batches(collector, policy):
        with run.updating(policy):
            entropy_coef = apply_schedules(optimiser, config, run.progress)
            if run.progress < config.preference_share:
                metrics = reward_model.fit(model, model_optimiser, batch, config.max_grad_norm)
                part = batch.with_(advantages=torch.zeros_like(batch.rewards))
            else:
                scored = preferred(batch, model, reference, config.kl_coef)
                metrics, part = ppo.update(policy, optimiser, scored, config, run.generator, entropy_coef)
        run.record(policy, batch, metrics, diagnosis(policy, part, config.clip()))
    return run.finish(policy)

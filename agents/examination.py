"""Scores of a policy in fresh environments, by the rules of a run's protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray

from agents.policies import CausalLM, Policy
from agents.response_episodes import write_episodes
from rlenvs.leaderboard import evaluation
from rlenvs.leaderboard.episodes import Episodes, play_episodes, sampled_choices
from rlenvs.leaderboard.records import RunSpec

Probabilities = Callable[[NDArray], NDArray]
"""A policy: NumPy observations `[n, ...]` to probabilities `[n, A]` in float64."""


class Examiner:
    """Examines the policies of one run.

    Args:
        spec: says where and by which rules.

    Raises:
        ValueError: the protocol or the environment does not exist.
    """

    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec
        self.rules = evaluation.protocol(spec.protocol)
        self.env = evaluation.make_evaluation_env(spec)
        self.exact = evaluation.offers_exact_scores(self.env)

    def scores(self, probabilities: Probabilities, env_steps: int) -> dict[str, float]:
        """On the way: exact where states can be enumerated, elsewhere of a tenth of the final episodes, at least 10."""
        if self.exact:
            return evaluation.exact_scores(self.env, probabilities)[0]
        count = max(10, self.rules.eval_episodes // 10)
        seeds = evaluation.evaluation_seeds(f"{self.spec.run_id} {env_steps}", count)
        episodes = play_for(self.spec, probabilities, env_steps, seeds)
        return evaluation.scores_of(self.spec.env_id, episodes.mean_return)

    def final(self, probabilities: Probabilities, env_steps: int) -> tuple[dict[str, Any], Episodes, NDArray | None]:
        """At the end: the scores, the public episodes, and the policy's table where the scores are exact."""
        exact, table = evaluation.exact_scores(self.env, probabilities) if self.exact else ({}, None)
        seeds = evaluation.evaluation_seeds(self.spec.run_id, self.rules.eval_episodes)
        episodes = play_for(self.spec, probabilities, env_steps, seeds)
        return evaluation.scores_of(self.spec.env_id, episodes.mean_return) | exact, episodes, table


def play_for(spec: RunSpec, probabilities: Probabilities, env_steps: int, seeds: Sequence[int]) -> Episodes:
    """Plays one episode for each seed in fresh environments; a language model writes whole responses.

    Args:
        spec: names the run and its environment.
        probabilities: the policy.
        env_steps: how far it was trained.
        seeds: of the episodes.
    """
    envs = evaluation.make_evaluation_envs(spec, len(seeds))
    policy = getattr(probabilities, "policy", None)
    if isinstance(policy, CausalLM):
        episodes = write_episodes(policy, envs, spec.run_id, env_steps, seeds)
    else:
        episodes = play_episodes(envs, sampled_choices(probabilities, spec.run_id, env_steps), seeds)
    envs.close()
    return episodes


@dataclass(frozen=True)
class ActionProbabilities:
    """A policy as a function of observations.

    Attributes:
        policy: that policy.
    """

    policy: Policy

    def __call__(self, observations: NDArray) -> NDArray:
        """Observations `[n, ...]` to probabilities `[n, A]`."""
        with torch.no_grad():
            logits = self.policy.logits(self.policy.observe(observations))
        return logits.double().softmax(dim=-1).cpu().numpy()

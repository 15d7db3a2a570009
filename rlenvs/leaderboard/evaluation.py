"""How every agent is evaluated: protocols, public seeds, fresh environments, exact scores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv

from rlenvs.leaderboard.run_spec import RunSpec

if TYPE_CHECKING:
    from rlenvs.registration import EnvironmentEntry

CHUNK = 4096  # states a policy is asked about at once
SIDE_BY_SIDE = 100


@dataclass(frozen=True)
class Protocol:
    """The rules under which scores may stand in one table.

    Args:
        name: Name and version; a change of any rule is a new version.
        max_budget: The most training steps (`unit`) a run may declare.
        seeds: Training seeds a complete row has.
        unit: What the budget counts.
        evaluations: Evaluations a run, evenly spaced: every 5 % of the budget.
        eval_episodes: Episodes played at the end, one for each public seed.
        policy_mode: ``"stochastic"``: the policy is scored as it acts, never made greedy for the score.
    """

    name: str
    max_budget: int
    seeds: int
    unit: str = "environment steps"
    evaluations: int = 20
    eval_episodes: int = 100
    policy_mode: str = "stochastic"

    def eval_every(self, budget: int) -> int:
        """Training steps between two evaluations: 5 % of `budget`, at least 1."""
        return max(1, budget // self.evaluations)

    def check(self, spec: RunSpec) -> None:
        """Raises ValueError if `spec` asks for more than this protocol allows."""
        if spec.budget > self.max_budget:
            raise ValueError(
                f"budget is {spec.budget:,}: protocol {self.name} allows at most {self.max_budget:,} "
                f"{self.unit}; lower the budget or choose another protocol"
            )


RESPONSES = "responses after the warm-up"
RESPONSE_EPISODES = 500  # right or wrong and a few tokens long: a run's score is then sure to 0.02

PROTOCOLS: dict[str, Protocol] = {
    rules.name: rules
    for rules in (
        Protocol("demo@1", max_budget=50_000, seeds=5),
        Protocol("gridworld@1", max_budget=200_000, seeds=10),
        Protocol("pong-fast@1", max_budget=1_000_000, seeds=5),
        Protocol("pong@1", max_budget=2_500_000, seeds=5),
        Protocol("pong-long@1", max_budget=10_000_000, seeds=3),
        Protocol("token@1", max_budget=3_000_000, seeds=5),
        Protocol("text@1", 100 * 512, seeds=5, unit=RESPONSES, eval_episodes=RESPONSE_EPISODES),
        Protocol("text-long@1", 800 * 512, seeds=5, unit=RESPONSES, eval_episodes=RESPONSE_EPISODES),
    )
}


def protocol(name: str) -> Protocol:
    """The protocol called `name`; ValueError lists the names there are."""
    if name not in PROTOCOLS:
        raise ValueError(f"protocol is {name!r}: choose one of {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def evaluation_seeds(run_id: str, n: int) -> list[int]:
    """The `n` public seeds of a run's evaluation episodes, below 2**31.

    They follow from the run's identifier alone, hence from everything that defines the run: anybody can
    compute them, and no agent can be trained on them without changing them.
    """
    digests = (hashlib.sha256(f"rlenvs evaluation {run_id} {index}".encode()).digest() for index in range(n))
    return [int.from_bytes(digest[:4], "big") >> 1 for digest in digests]


def make_evaluation_env(spec: RunSpec) -> gymnasium.Env:
    """A fresh environment to evaluate `spec` in: its own, with the registry's evaluation arguments on top.

    Made from the registry, so no wrapper an agent trains with can touch its rewards.
    """
    return gymnasium.make(spec.env_id, **{**spec.env_kwargs, **evaluation_kwargs(spec.env_id)})


def make_evaluation_envs(spec: RunSpec, episodes: int) -> VectorEnv:
    """As `make_evaluation_env`, side by side, to play `episodes` in (`SIDE_BY_SIDE` at a time at most).

    Our own vector environment, whose finished members wait, or SyncVectorEnv of anybody else's.
    """
    ours = spec.env_id.startswith("rlenvs/")
    arguments = {**spec.env_kwargs, **evaluation_kwargs(spec.env_id), **({"group_size": 1} if ours else {})}
    mode = None if ours else "sync"
    return gymnasium.make_vec(spec.env_id, min(episodes, SIDE_BY_SIDE), vectorization_mode=mode, **arguments)


def evaluation_kwargs(env_id: str) -> dict[str, Any]:
    """The arguments that the registry adds in evaluation, such as a test split; none for others' environments."""
    entry = _entry(env_id)
    return {} if entry is None else dict(entry.evaluation_kwargs)


def scores_of(env_id: str, mean_return: float) -> dict[str, float]:
    """What a mean return over episodes is worth, where no exact score is to be had.

    Returns:
        `mean_return` and `score`: by the registry's references 0 for random and 1 for perfect play, which then stand
        beside it (`random_return`, `optimal_return` and, where known, `human_return`); the mean return itself where
        there are none, as in others' environments.
    """
    entry = _entry(env_id)
    if entry is None or not entry.references:
        return {"mean_return": mean_return, "score": mean_return}
    random, perfect = entry.references["random"], entry.references["perfect"]
    scores = {"mean_return": mean_return, "score": (mean_return - random) / (perfect - random)}
    scores |= {"random_return": random, "optimal_return": perfect}
    return scores | ({"human_return": entry.references["human"]} if "human" in entry.references else {})


def default_protocol(env_id: str) -> str:
    """The rules under which an environment is trained unless others are asked for."""
    entry = _entry(env_id)
    return "gridworld@1" if entry is None else entry.protocol


def _entry(env_id: str) -> EnvironmentEntry | None:
    from rlenvs.registration import ENVIRONMENTS  # here, for the records must not need the registry

    return {entry.id: entry for entry in ENVIRONMENTS}.get(env_id)


def offers_exact_scores(env: gymnasium.Env) -> bool:
    """Whether `exact_scores` can score policies in `env`: its states can be enumerated."""
    names = ("num_states", "all_observations", "exact_scores")
    return all(hasattr(env.unwrapped, name) for name in names)


def exact_scores(
    env: gymnasium.Env, policy_probabilities: Callable[[np.ndarray], np.ndarray]
) -> tuple[dict[str, float], np.ndarray]:
    """The exact expected return of a stochastic policy, by backward induction in the environment.

    Args:
        env: An environment for which `offers_exact_scores` holds.
        policy_probabilities: Maps a batch of observations ``[B, ...]`` to action probabilities ``[B, A]``;
            the policy must depend on nothing but the observation.

    Returns:
        The scores (``mean_return``, ``random_return``, ``optimal_return`` and ``score``, 0 for the uniformly
        random and 1 for an optimal policy) and the policy's table ``[S, A]`` in float64; its rows sum to one.
    """
    world: Any = env.unwrapped
    starts = range(0, world.num_states, CHUNK)
    batches = (world.all_observations(start, min(start + CHUNK, world.num_states)) for start in starts)
    table = np.concatenate([checked_probabilities(policy_probabilities(batch)) for batch in batches])
    return {name: float(value) for name, value in world.exact_scores(table).items()}, table


def checked_probabilities(probabilities: Any) -> np.ndarray:
    """Action probabilities ``[B, A]`` in float64 with rows that sum to one exactly up to rounding.

    Raises:
        ValueError: Not a table of numbers, or a row is no distribution (beyond float32 rounding, 1e-4).
    """
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"policy probabilities have shape {table.shape}: they must be [states, actions]")
    sums = table.sum(axis=1, keepdims=True)
    if not (np.isfinite(table).all() and (table >= 0).all() and (np.abs(sums - 1) < 1e-4).all()):
        raise ValueError("policy probabilities hold a row that is no distribution: it must be >= 0 and sum to 1")
    return table / sums

"""What `rlenvs list` and `rlenvs info` know of an id: read from the live environment, so that it cannot drift."""

from __future__ import annotations

import difflib
import itertools
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np

from rlenvs.registration import ENVIRONMENTS, EnvironmentEntry


@dataclass(frozen=True)
class Facts:
    """One row of `rlenvs list`; None where an environment does not say, or could not be made.

    Attributes:
        missing: Why the environment cannot be made here, with the remedy; None if it can.
        step_limit: Steps after which an episode is truncated.
        reward_range: Smallest and largest reward of a step.
        random_return: Expected return of the uniformly random policy: exact, or the registry's reference.
        optimal_return: Expected return of the best play, likewise.
    """

    id: str
    family: str
    summary: str
    missing: str | None = None
    observation_space: str | None = None
    action_space: str | None = None
    step_limit: int | None = None
    reward_range: tuple[float, float] | None = None
    random_return: float | None = None
    optimal_return: float | None = None


def find_entry(name: str) -> EnvironmentEntry:
    """The entry called `name`: an id, or its middle part in any case (``cliffwalk`` for rlenvs/CliffWalk-v0).

    Raises:
        ValueError: No such id; the message suggests near ones.
    """
    by_name = {_short(entry.id).lower(): entry for entry in ENVIRONMENTS}
    short = _short(name.removeprefix("rlenvs:")).lower()
    exact = [entry for entry in ENVIRONMENTS if entry.id == name.removeprefix("rlenvs:")]
    if exact or (short in by_name and "-v" not in name):
        return exact[0] if exact else by_name[short]
    near = difflib.get_close_matches(short, by_name, n=2, cutoff=0.4)
    guess = f"did you mean {' or '.join(by_name[match].id for match in near)}? " if near else ""
    raise ValueError(f"id is {name!r}, which is not registered: {guess}`rlenvs list` shows all ids")


def facts(entry: EnvironmentEntry) -> Facts:
    """Makes the environment as it is evaluated and reads its row."""
    try:
        env: Any = gym.make(entry.id, **entry.evaluation_kwargs).unwrapped
    except (ImportError, gym.error.DependencyNotInstalled) as error:
        return Facts(entry.id, entry.family, entry.summary, missing=str(error))
    world = getattr(env, "world", None)
    scores = random_policy_scores(env) or _reference_returns(entry)
    return Facts(
        entry.id,
        entry.family,
        entry.summary,
        observation_space=describe_space(env.observation_space),
        action_space=describe_space(env.action_space),
        step_limit=world.step_limit if world else getattr(env, "step_limit", env.spec.max_episode_steps),
        reward_range=(min(rewards), max(rewards)) if (rewards := step_rewards(env)) else None,
        random_return=scores.get("random_return"),
        optimal_return=scores.get("optimal_return"),
    )


def step_rewards(env: Any) -> list[float]:
    """All rewards that a step can pay, rising; empty where the environment does not say."""
    if not hasattr(env, "world"):
        return list(getattr(env, "step_rewards", ()))
    table = env.world.table
    return np.unique(table.reward[~table.terminal]).tolist()


def random_policy_scores(env: Any) -> dict[str, float]:
    """Exact returns of random and of best play; empty where the states of `env` cannot be enumerated."""
    if not hasattr(env, "exact_scores"):
        return {}
    return env.exact_scores(np.full((env.num_states, env.action_space.n), 1 / env.action_space.n))


def _reference_returns(entry: EnvironmentEntry) -> dict[str, float]:
    names = {"random": "random_return", "perfect": "optimal_return"}
    return {names[name]: value for name, value in entry.references.items() if name in names}


def describe_space(space: gym.Space[Any]) -> str:
    """A space in one short line, such as ``Box(0, 1, (363,), float32)`` or ``MultiDiscrete(15 x 7, 8 x 2)``."""
    if isinstance(space, gym.spaces.MultiDiscrete):
        runs = ", ".join(f"{n} x {len(list(run))}" for n, run in itertools.groupby(space.nvec.ravel().tolist()))
        return f"MultiDiscrete({runs})"
    if isinstance(space, gym.spaces.Text):
        return f"Text({space.min_length}, {space.max_length})"
    if isinstance(space, gym.spaces.Box):
        return f"Box({space.low.min():g}, {space.high.max():g}, {space.shape}, {space.dtype})"
    return str(space)


def _short(env_id: str) -> str:
    return env_id.rpartition("/")[2].partition("-v")[0]

"""How every agent is evaluated: protocols, public seeds, fresh environments, exact scores, episodes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from rlenvs.leaderboard.files import write_atomically
from rlenvs.leaderboard.run_spec import RunSpec

CHUNK = 4096  # states a policy is asked about at once
LONGEST_EPISODE = 200_000


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


PROTOCOLS: dict[str, Protocol] = {
    rules.name: rules
    for rules in (
        Protocol("demo@1", max_budget=50_000, seeds=5),
        Protocol("gridworld@1", max_budget=200_000, seeds=10),
        Protocol("pong-fast@1", max_budget=1_000_000, seeds=5),
        Protocol("pong@1", max_budget=2_500_000, seeds=5),
        Protocol("text@1", max_budget=100 * 512, seeds=5, unit="responses after the warm-up"),
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


def evaluation_kwargs(env_id: str) -> dict[str, Any]:
    """The arguments that the registry adds in evaluation, such as a test split; none for others' environments."""
    from rlenvs.registration import ENVIRONMENTS  # here, for the records must not need the registry

    entries = {entry.id: entry for entry in ENVIRONMENTS}
    return dict(entries[env_id].evaluation_kwargs) if env_id in entries else {}


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


@dataclass
class Episodes:
    """Played episodes: one row of results and one list of actions each."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    actions: list[list[int]] = field(default_factory=list)

    @property
    def mean_return(self) -> float:
        """The mean undiscounted return."""
        return float(np.mean([row["return"] for row in self.rows]))


def play_episodes(env: gymnasium.Env, choose_action: Callable[[np.ndarray], int], seeds: Sequence[int]) -> Episodes:
    """Plays one episode for each seed.

    Args:
        env: The environment; each episode begins with ``reset(seed=...)``, so it can be replayed by itself.
        choose_action: Maps observations with a batch dimension of one to an action. Its randomness is its
            own: what it chose is recorded.
        seeds: The episodes' seeds, see `evaluation_seeds`.
    """
    episodes = Episodes()
    for seed in seeds:
        row, actions = _play(env, choose_action, int(seed))
        episodes.rows.append(row)
        episodes.actions.append(actions)
    return episodes


def _play(
    env: gymnasium.Env, choose_action: Callable[[np.ndarray], int], seed: int
) -> tuple[dict[str, Any], list[int]]:
    observation, _ = env.reset(seed=seed)
    actions: list[int] = []
    total, terminated, truncated = 0.0, False, False
    while not (terminated or truncated):
        if len(actions) == LONGEST_EPISODE:
            raise ValueError(f"the episode of seed {seed} has no end in {LONGEST_EPISODE} steps: set a step limit")
        actions.append(int(choose_action(np.asarray(observation)[np.newaxis])))
        observation, reward, terminated, truncated, _ = env.step(actions[-1])
        total += float(reward)
    row = {"seed": seed, "return": total, "length": len(actions)}
    return row | {"terminated": bool(terminated), "truncated": bool(truncated)}, actions


def replay_episodes(env: gymnasium.Env, seeds: Sequence[int], actions: Sequence[Sequence[int]]) -> Episodes:
    """Plays recorded actions again.

    Raises:
        ValueError: An episode ends before its actions do, or goes on after them.
    """
    episodes = Episodes()
    for seed, planned in zip(seeds, actions, strict=True):
        row, played = _play(env, _recorded_choices(int(seed), planned), int(seed))
        if len(played) != len(planned):
            raise ValueError(f"the recorded actions of seed {seed} go on after the episode's end")
        episodes.rows.append(row)
        episodes.actions.append(played)
    return episodes


def _recorded_choices(seed: int, planned: Sequence[int]) -> Callable[[np.ndarray], int]:
    remaining = iter(planned)

    def choose_action(observation: np.ndarray) -> int:
        action = next(remaining, None)
        if action is None:
            raise ValueError(f"the recorded actions of seed {seed} stop before the episode's end")
        return action

    return choose_action


def save_actions(path: Path, episodes: Episodes, policy: np.ndarray | None = None) -> None:
    """Writes the evaluation's actions, and the scored policy where the score is exact, to an ``.npz`` file.

    The file holds ``actions`` (of all episodes, joined), ``offsets`` (episode ``i`` is
    ``actions[offsets[i]:offsets[i + 1]]``), ``seeds``, and ``policy`` ``[S, A]``. No pickle; equal content
    gives equal bytes.
    """
    lengths = [len(actions) for actions in episodes.actions]
    arrays = {
        "actions": np.array([action for actions in episodes.actions for action in actions], dtype=np.int64),
        "offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "seeds": np.array([row["seed"] for row in episodes.rows], dtype=np.int64),
    }
    if policy is not None:
        arrays["policy"] = np.asarray(policy, dtype=np.float64)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    write_atomically(Path(path), buffer.getvalue())

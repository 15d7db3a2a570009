"""Evaluation episodes: played side by side, recorded action by action, played again.

Episode i begins with `reset(seed=seeds[i])` and ends where it ends; neither the other episodes nor the number of
environments side by side changes it, as long as the policy's probabilities do not depend on the batch they are in (a
network's last bits may).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from rlenvs.leaderboard.files import write_atomically

LONGEST_EPISODE = 200_000

ChooseActions = Callable[[NDArray, NDArray[np.int64]], NDArray]
"""Maps observations `[k, ...]` and the numbers `[k]` of their episodes to actions `[k]`."""


@dataclass
class Episodes:
    """Played episodes: one row of results and one list of actions each."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    actions: list[list[int]] = field(default_factory=list)

    @property
    def mean_return(self) -> float:
        """The mean undiscounted return."""
        return float(np.mean([row["return"] for row in self.rows]))


def play_episodes(env: VectorEnv, choose_actions: ChooseActions, seeds: Sequence[int]) -> Episodes:
    """Plays one episode for each seed, as many at a time as `env` has members.

    Raises:
        ValueError: an episode does not end in `LONGEST_EPISODE` steps.
    """
    episodes = Episodes()
    for first in range(0, len(seeds), env.num_envs):
        _play_together(env, choose_actions, [int(seed) for seed in seeds[first : first + env.num_envs]], episodes)
    return episodes


def _play_together(env: VectorEnv, choose_actions: ChooseActions, seeds: list[int], episodes: Episodes) -> None:
    """Adds the episodes of up to N seeds; members that have ended, or have no seed, wait."""
    first, used = len(episodes.rows), len(seeds)
    observations, _ = env.reset(seed=seeds + seeds[:1] * (env.num_envs - used))  # type: ignore[arg-type]
    playing = np.arange(env.num_envs) < used
    totals = np.zeros(env.num_envs)
    history: list[NDArray] = []
    rows: list[dict[str, Any]] = [{} for _ in seeds]
    idle = np.full(env.num_envs, getattr(env.single_action_space, "start", 0), dtype=np.int64)
    while (members := playing.nonzero()[0]).size:
        if len(history) == LONGEST_EPISODE:
            raise ValueError(
                f"the episode of seed {seeds[members[0]]} has no end in {LONGEST_EPISODE} steps: set a step limit"
            )
        actions = idle.copy()
        actions[members] = choose_actions(np.asarray(observations)[members], members + first)
        history.append(actions)
        observations, rewards, terminated, truncated, _ = env.step(actions)
        totals[members] += rewards[members]
        for member in members[(terminated | truncated)[members]].tolist():
            row = {"seed": seeds[member], "return": float(totals[member]), "length": len(history)}
            rows[member] = row | {"terminated": bool(terminated[member]), "truncated": bool(truncated[member])}
            playing[member] = False
    taken = np.array(history).T
    episodes.rows += rows
    episodes.actions += [taken[member, : row["length"]].tolist() for member, row in enumerate(rows)]


def sampled_choices(probabilities: Callable[[NDArray], NDArray], run_id: str, env_steps: int) -> ChooseActions:
    """Draws actions from a policy; every episode has a generator of its own, and training none of them.

    Args:
        probabilities: maps observations `[k, ...]` to `[k, A]`.
        run_id: of the run, 12 hexadecimal digits.
        env_steps: how far the policy was trained.
    """
    noise: dict[int, Iterator[float]] = {}

    def choose(observations: NDArray, episodes: NDArray[np.int64]) -> NDArray:
        for episode in episodes.tolist():
            if episode not in noise:
                noise[episode] = _uniforms(episode_generator(run_id, env_steps, episode))
        cumulative = np.cumsum(probabilities(observations), axis=1)
        drawn = np.array([next(noise[episode]) for episode in episodes.tolist()])[:, np.newaxis]
        return (cumulative[:, :-1] <= drawn * cumulative[:, -1:]).sum(axis=1)

    return choose


def episode_generator(run_id: str, env_steps: int, episode: int) -> np.random.Generator:
    """Where episode number `episode` of an evaluation takes one uniform number an action from.

    Args:
        run_id: of the run, 12 hexadecimal digits.
        env_steps: how far the policy was trained.
        episode: its number.
    """
    return np.random.default_rng([int(run_id, 16), env_steps, episode])


def _uniforms(generator: np.random.Generator) -> Iterator[float]:
    while True:
        yield from generator.random(256).tolist()


def replay_episodes(env: VectorEnv, seeds: Sequence[int], actions: Sequence[Sequence[int]]) -> Episodes:
    """Plays recorded actions again.

    Raises:
        ValueError: An episode ends before its actions do, or goes on after them.
    """
    remaining = [iter(planned) for planned in actions]

    def choose(_: NDArray, episodes: NDArray[np.int64]) -> NDArray:
        chosen = [next(remaining[episode], None) for episode in episodes.tolist()]
        if None in chosen:
            seed = seeds[episodes[chosen.index(None)]]
            raise ValueError(f"the recorded actions of seed {seed} stop before the episode's end")
        return np.array(chosen)

    played = play_episodes(env, choose, seeds)
    for seed, planned, taken in zip(seeds, actions, played.actions, strict=True):
        if len(planned) != len(taken):
            raise ValueError(f"the recorded actions of seed {seed} go on after the episode's end")
    return played


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

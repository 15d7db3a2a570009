"""Many members stepped together, in this process: the work under the vector environment.

`Crew` is what the vector environment needs of whoever does the work; `workers` shares it out to processes.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from rlenvs.pong.emulator import SCREEN_SHAPE, Bytes
from rlenvs.pong.member import Member
from rlenvs.pong.observers import make_observer, observation_space
from rlenvs.pong.rules import Rules

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """What a crew must know before it starts.

    Attributes:
        rules: of all members.
        autoreset_mode: what happens after an episode's end.
        step_limit: of an episode.
        compiled: make frames with numba.
    """

    rules: Rules
    autoreset_mode: AutoresetMode
    step_limit: int
    compiled: bool


@dataclass(frozen=True)
class Results:
    """What N members did: `observations` `[N, ...]`; `points`, `terminated`, `truncated` `[N]`; and the last
    observations of episodes that ended, `final_observations` `[N, ...]`, elsewhere undefined (SAME_STEP only).
    """

    observations: npt.NDArray[Any]
    points: npt.NDArray[np.int64]
    terminated: BoolArray
    truncated: BoolArray
    final_observations: npt.NDArray[Any] | None


class Crew(Protocol):
    """N members of one vector environment, by number."""

    def seed(self, seeds: dict[int, int]) -> None:
        """Seed members."""

    def reset(self, members: Sequence[int]) -> None:
        """Begin episodes."""

    def snapshots(self, members: Sequence[int]) -> dict[int, bytes]:
        """The members' states, of constant length."""

    def restore(self, snapshots: dict[int, bytes]) -> None:
        """Give members a state."""

    def vary(self, ranks: dict[int, int]) -> None:
        """Let members go on with generators of their own; see `Game.vary`."""

    def views(self, members: Sequence[int]) -> dict[int, tuple[Bytes, Bytes]]:
        """The members' screens and memories, for pictures."""

    def observe(self) -> npt.NDArray[Any]:
        """The present observations of all, fresh."""

    def step(self, actions: npt.NDArray[np.int64]) -> Results:
        """Step all members, by the rules of the autoreset mode; in DISABLED those that are over stand still."""

    def close(self) -> None:
        """Let everything go; may be called twice."""


class LocalCrew:
    """A `Crew` in this process.

    Args:
        plan: what is played.
        count: N.
        numbers: the members that are played here; the others' results are left undefined.
    """

    def __init__(self, plan: Plan, count: int, numbers: Sequence[int]) -> None:
        self._plan = plan
        self._count = count
        self._screens: Bytes = np.zeros((2, *SCREEN_SHAPE), np.uint8)
        self._members = {number: self._new_member() for number in numbers}

    def seed(self, seeds: dict[int, int]) -> None:
        """See `Crew`."""
        for number, seed in seeds.items():
            self._members[number].game.seed(seed)

    def reset(self, members: Sequence[int]) -> None:
        """See `Crew`."""
        for number in members:
            self._members[number].reset()

    def snapshots(self, members: Sequence[int]) -> dict[int, bytes]:
        """See `Crew`."""
        return {number: self._members[number].snapshot() for number in members}

    def restore(self, snapshots: dict[int, bytes]) -> None:
        """See `Crew`."""
        for number, snapshot in snapshots.items():
            self._members[number].restore(snapshot)

    def vary(self, ranks: dict[int, int]) -> None:
        """See `Crew`."""
        for number, rank in ranks.items():
            self._members[number].game.vary(rank)

    def views(self, members: Sequence[int]) -> dict[int, tuple[Bytes, Bytes]]:
        """See `Crew`."""
        return {number: (self._members[number].game.screen(), self._members[number].ram) for number in members}

    def observe(self) -> npt.NDArray[Any]:
        """See `Crew`."""
        observations = empty_results(self._plan, self._count).observations
        self.observe_into(observations)
        return observations

    def step(self, actions: npt.NDArray[np.int64]) -> Results:
        """See `Crew`."""
        results = empty_results(self._plan, self._count)
        self.step_into(results, actions)
        return results

    def close(self) -> None:
        """See `Crew`."""
        for member in self._members.values():
            member.game.machine.close()
        self._members = {}

    def adopt(self, snapshots: dict[int, bytes]) -> None:
        """Play more members from now on."""
        self._members |= {number: self._new_member() for number in snapshots}
        self.restore(snapshots)

    def release(self, members: Sequence[int]) -> dict[int, bytes]:
        """Play members no more; return their states for whoever adopts them."""
        snapshots = self.snapshots(members)
        for number in members:
            self._members.pop(number).game.machine.close()
        return snapshots

    def observe_into(self, observations: npt.NDArray[Any]) -> None:
        """Write the observations of the members that are played here."""
        for number, member in self._members.items():
            member.observer.write(observations[number])

    def step_into(self, results: Results, actions: npt.NDArray[np.int64]) -> None:
        """Step the members that are played here and write their results."""
        mode, chosen = self._plan.autoreset_mode, actions.tolist()
        for number, member in self._members.items():
            point = 0
            if not member.is_over:
                point = member.step(chosen[number])
            elif mode == AutoresetMode.NEXT_STEP:
                member.reset()
            results.points[number] = point
            results.terminated[number] = member.terminated
            results.truncated[number] = member.truncated
            if member.is_over and results.final_observations is not None:
                member.observer.write(results.final_observations[number])
                member.reset()
            member.observer.write(results.observations[number])

    def _new_member(self) -> Member:
        plan = self._plan
        return Member(plan.rules, make_observer(plan.rules, plan.compiled), plan.step_limit, self._screens)


def empty_results(plan: Plan, count: int) -> Results:
    """Room for the results of `count` members."""
    shape, dtype = _form(plan.rules)
    keeps_final = plan.autoreset_mode == AutoresetMode.SAME_STEP
    return Results(
        observations=np.empty((count, *shape), dtype),
        points=np.empty(count, np.int64),
        terminated=np.empty(count, np.bool_),
        truncated=np.empty(count, np.bool_),
        final_observations=np.empty((count, *shape), dtype) if keeps_final else None,
    )


@functools.cache
def _form(rules: Rules) -> tuple[tuple[int, ...], Any]:
    """Shape and dtype of single observations; making a space takes longer than stepping many native games."""
    space = observation_space(rules)
    return space.shape, space.dtype

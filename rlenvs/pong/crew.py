"""Many members stepped together, in this process: the work under the vector environment.

`Crew` is what the vector environment needs of whoever does the work; `workers` shares it out to processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from rlenvs.pong.emulator import Bytes
from rlenvs.pong.member import Member
from rlenvs.pong.observers import make_observer
from rlenvs.pong.rules import Rules

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """What a crew must know before it starts.

    Attributes:
        rules: of all members.
        autoreset_mode: what happens after an episode's end.
        step_limit: of an episode.
    """

    rules: Rules
    autoreset_mode: AutoresetMode
    step_limit: int


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

    def snapshots(self, members: Sequence[int]) -> list[bytes]:
        """The members' states, of constant length."""

    def restore(self, snapshots: dict[int, bytes]) -> None:
        """Give members a state."""

    def vary(self, ranks: dict[int, int]) -> None:
        """Let members go on with generators of their own; see `Game.vary`."""

    def observe(self) -> npt.NDArray[Any]:
        """The present observations, fresh."""

    def views(self) -> list[tuple[Bytes, Bytes]]:
        """Every member's screen and memory, for pictures."""

    def step(self, actions: npt.NDArray[np.int64]) -> Results:
        """Step all members, by the rules of the autoreset mode; in DISABLED those that are over stand still."""

    def close(self) -> None:
        """Let everything go; may be called twice."""


class LocalCrew:
    """A `Crew` in this process."""

    def __init__(self, plan: Plan, count: int) -> None:
        self.members = [Member(plan.rules, make_observer(plan.rules), plan.step_limit) for _ in range(count)]
        self._mode = plan.autoreset_mode
        self._space = make_observer(plan.rules).space

    def seed(self, seeds: dict[int, int]) -> None:
        """See `Crew`."""
        for member, seed in seeds.items():
            self.members[member].game.seed(seed)

    def reset(self, members: Sequence[int]) -> None:
        """See `Crew`."""
        for member in members:
            self.members[member].reset()

    def snapshots(self, members: Sequence[int]) -> list[bytes]:
        """See `Crew`."""
        return [self.members[member].snapshot() for member in members]

    def restore(self, snapshots: dict[int, bytes]) -> None:
        """See `Crew`."""
        for member, snapshot in snapshots.items():
            self.members[member].restore(snapshot)

    def vary(self, ranks: dict[int, int]) -> None:
        """See `Crew`."""
        for member, rank in ranks.items():
            self.members[member].game.vary(rank)

    def observe(self) -> npt.NDArray[Any]:
        """See `Crew`."""
        observations = self._empty()
        for member, out in zip(self.members, observations, strict=True):
            member.observer.write(out)
        return observations

    def views(self) -> list[tuple[Bytes, Bytes]]:
        """See `Crew`."""
        return [(member.game.current, member.ram) for member in self.members]

    def step(self, actions: npt.NDArray[np.int64]) -> Results:
        """See `Crew`."""
        results = empty_results(len(self.members), self._space.shape, self._space.dtype, self._mode)
        self.step_some(range(len(self.members)), actions.tolist(), results)
        return results

    def step_some(self, places: Iterable[int], actions: Sequence[int], results: Results) -> None:
        """Step the members at `places`; their actions stand, and their results go, there."""
        for place in places:
            member = self.members[place]
            point = 0
            if not member.is_over:
                point = member.step(actions[place])
            elif self._mode == AutoresetMode.NEXT_STEP:
                member.reset()
            results.points[place] = point
            results.terminated[place] = member.terminated
            results.truncated[place] = member.truncated
            if member.is_over and results.final_observations is not None:
                member.observer.write(results.final_observations[place])
                member.reset()
            member.observer.write(results.observations[place])

    def close(self) -> None:
        """See `Crew`."""
        self.members = []

    def _empty(self) -> npt.NDArray[Any]:
        return np.empty((len(self.members), *self._space.shape), self._space.dtype)


def empty_results(count: int, shape: tuple[int, ...], dtype: Any, mode: AutoresetMode) -> Results:
    """Room for the results of `count` members."""
    keeps_final = mode == AutoresetMode.SAME_STEP
    return Results(
        observations=np.empty((count, *shape), dtype),
        points=np.empty(count, np.int64),
        terminated=np.empty(count, np.bool_),
        truncated=np.empty(count, np.bool_),
        final_observations=np.empty((count, *shape), dtype) if keeps_final else None,
    )

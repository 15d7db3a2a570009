"""Members shared out to processes: this one and some it starts.

The emulator holds Python's global lock while it runs, so a second core needs a second process. Each process keeps its
members; actions and results pass through shared memory, everything else through a socket.
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.foundation.checks import integer_from
from rlenvs.pong.balance import Balance
from rlenvs.pong.crew import Crew, LocalCrew, Plan, Results, empty_results
from rlenvs.pong.emulator import Bytes
from rlenvs.pong.helper import Helper
from rlenvs.pong.shared import SharedArrays, copy_results
from rlenvs.pong.worker import OBSERVE, STEP

MEMBERS_PER_WORKER = 4
"""A process for fewer than this costs more to start than it saves."""


def make_crew(plan: Plan, count: int, workers: int) -> Crew:
    """`count` members in `workers` processes, this one included; in this one alone if the native engine is compiled."""
    if plan.rules.backend == "native" and plan.compiled:
        from rlenvs.pong.native.crew import NativeCrew  # here, for importing numba takes half a second

        return NativeCrew(plan, count)
    return LocalCrew(plan, count, range(count)) if workers == 1 else SharedCrew(plan, count, workers)


def number_of_workers(workers: int | None, num_envs: int) -> int:
    """Check the argument `workers`; None means a process a core, but at least four members for each.

    Raises:
        TypeError: not an integer.
        ValueError: negative, or above 1 on a system without inherited file descriptors (Windows).
    """
    if workers is None:
        return max(1, min(_cores(), num_envs // MEMBERS_PER_WORKER)) if os.name == "posix" else 1
    asked = integer_from(0, workers, "workers")
    if asked > 1 and os.name != "posix":
        raise ValueError(f"workers must be 0 or 1 on this system, got {asked}")
    return min(max(1, asked), num_envs)


class SharedCrew:
    """A `Crew` in several processes, this one first; members move from slower to faster ones."""

    def __init__(self, plan: Plan, count: int, workers: int) -> None:
        self._plan, self._count = plan, count
        self._shared = SharedArrays(plan, count)
        self._parts = [part.tolist() for part in np.array_split(np.arange(count), workers)]
        self._helpers = [Helper(plan, count, part, self._shared.descriptor) for part in self._parts[1:]]
        os.close(self._shared.descriptor)
        self._local = LocalCrew(plan, count, self._parts[0])
        self._balance = Balance(workers)
        for helper in self._helpers:
            helper.answer()

    def seed(self, seeds: dict[int, int]) -> None:
        """See `Crew`."""
        self._each("seed", seeds)

    def reset(self, members: Sequence[int]) -> None:
        """See `Crew`."""
        self._each("reset", members)

    def snapshots(self, members: Sequence[int]) -> dict[int, bytes]:
        """See `Crew`."""
        return self._each("snapshots", members)

    def restore(self, snapshots: dict[int, bytes]) -> None:
        """See `Crew`."""
        self._each("restore", snapshots)

    def vary(self, ranks: dict[int, int]) -> None:
        """See `Crew`."""
        self._each("vary", ranks)

    def views(self, members: Sequence[int]) -> dict[int, tuple[Bytes, Bytes]]:
        """See `Crew`."""
        return self._each("views", members)

    def observe(self) -> npt.NDArray[Any]:
        """See `Crew`."""
        observations = empty_results(self._plan, self._count).observations
        for helper in self._helpers:
            helper.ask(OBSERVE)
        self._local.observe_into(observations)
        for helper, part in zip(self._helpers, self._parts[1:], strict=True):
            helper.answer()
            observations[part] = self._shared.results.observations[part]
        return observations

    def step(self, actions: npt.NDArray[np.int64]) -> Results:
        """See `Crew`."""
        began = time.perf_counter()
        self._shared.actions[...] = actions
        for helper in self._helpers:
            helper.ask(STEP)
        results = empty_results(self._plan, self._count)
        self._local.step_into(results, actions)
        seconds = [time.perf_counter() - began]
        for helper, part in zip(self._helpers, self._parts[1:], strict=True):
            seconds.append(pickle.loads(helper.answer()))
            copy_results(self._shared.results, results, part)
        move = self._balance.add(seconds, [len(part) for part in self._parts])
        if move is not None:
            self._move_member(*move)
        return results

    def close(self) -> None:
        """See `Crew`."""
        for helper in self._helpers:
            helper.close()
        self._local.close()

    def _each(self, method: str, argument: Any) -> dict[int, Any]:
        """Call a method with every process's part of an argument by member; return the joined answers."""
        shares = [_share(argument, part) for part in self._parts]
        asked = [(helper, share) for helper, share in zip(self._helpers, shares[1:], strict=True) if share]
        for helper, share in asked:
            helper.ask(pickle.dumps((method, share)))
        answers: dict[int, Any] = getattr(self._local, method)(shares[0]) or {}
        for helper, _ in asked:
            answers |= pickle.loads(helper.answer()) or {}
        return answers

    def _move_member(self, giver: int, taker: int) -> None:
        number = self._parts[giver][-1]
        snapshot = self._call(giver, "release", [number])
        self._call(taker, "adopt", snapshot)
        self._parts[giver].remove(number)
        self._parts[taker].append(number)

    def _call(self, process: int, method: str, argument: Any) -> Any:
        if process == 0:
            return getattr(self._local, method)(argument)
        helper = self._helpers[process - 1]
        helper.ask(pickle.dumps((method, argument)))
        return pickle.loads(helper.answer())


def _share(argument: Any, part: list[int]) -> Any:
    """What a part of the members gets of a list of members, or of a dictionary by member."""
    if isinstance(argument, dict):
        return {number: argument[number] for number in part if number in argument}
    return [number for number in part if number in argument]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

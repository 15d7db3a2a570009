"""Members shared out to processes: this one and some it starts.

The emulator holds Python's global lock while it runs, so a second core needs a second process. Each process keeps its
members; actions and results pass through shared memory, everything else through a socket.
"""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import weakref
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.foundation.checks import integer_from
from rlenvs.pong.crew import Crew, LocalCrew, Plan, Results, empty_results
from rlenvs.pong.emulator import Bytes
from rlenvs.pong.shared import SharedArrays, copy_results
from rlenvs.pong.worker import OBSERVE, STEP

MEMBERS_PER_WORKER = 4
"""A process for fewer than this costs more to start than it saves."""

_SECONDS_TO_END = 5.0


class WorkerDiedError(RuntimeError):
    """A process that played a part of the members has ended by itself."""


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
    """A `Crew` in several processes; the first part is played in this one."""

    def __init__(self, plan: Plan, count: int, workers: int) -> None:
        self._plan, self._count = plan, count
        self._shared = SharedArrays(plan, count)
        here, *elsewhere = np.array_split(np.arange(count), workers)
        self._helpers = [Helper(plan, count, part.tolist(), self._shared.descriptor) for part in elsewhere]
        os.close(self._shared.descriptor)
        self._local = LocalCrew(plan, count, here.tolist())
        self._players: list[LocalCrew | Helper] = [self._local] * len(here)
        for helper in self._helpers:
            helper.answer()
            self._players += [helper] * len(helper.numbers)

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
        for helper in self._helpers:
            helper.answer()
            observations[helper.numbers] = self._shared.results.observations[helper.numbers]
        return observations

    def step(self, actions: npt.NDArray[np.int64]) -> Results:
        """See `Crew`."""
        self._shared.actions[...] = actions
        for helper in self._helpers:
            helper.ask(STEP)
        results = empty_results(self._plan, self._count)
        self._local.step_into(results, actions)
        for helper in self._helpers:
            helper.answer()
            copy_results(self._shared.results, results, slice(helper.numbers[0], helper.numbers[-1] + 1))
        return results

    def close(self) -> None:
        """See `Crew`."""
        for helper in self._helpers:
            helper.close()
        self._local.close()

    def _each(self, method: str, argument: Any) -> dict[int, Any]:
        """Call a method with every player's part of an argument by member; return the joined answers."""
        parts = {helper: _part(argument, helper, self._players) for helper in self._helpers}
        asked = [helper for helper, part in parts.items() if part]
        for helper in asked:
            helper.ask(pickle.dumps((method, parts[helper])))
        answers: dict[int, Any] = getattr(self._local, method)(_part(argument, self._local, self._players)) or {}
        for helper in asked:
            answers |= pickle.loads(helper.answer()) or {}
        return answers


class Helper:
    """A worker process and the connection to it.

    Args:
        plan: what is played.
        count: members of the whole vector environment.
        numbers: the members that it plays.
        memory: file descriptor of the shared arrays.
    """

    def __init__(self, plan: Plan, count: int, numbers: list[int], memory: int) -> None:
        self.numbers = numbers
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "rlenvs.pong.worker", str(its.fileno()), str(memory)],
                pass_fds=(its.fileno(), memory),
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the program, which then ends its workers
                env={**os.environ, "PYTHONPATH": os.pathsep.join(_module_path())},
            )
        self._connection = Connection(ours.detach())
        self._close = weakref.finalize(self, _end, self._process, self._connection, os.getpid())
        self._owes_answer = False
        self.ask(pickle.dumps((plan, count, numbers)))

    def ask(self, request: bytes) -> None:
        """Send a request; an answer that an interrupted caller left behind is dropped first."""
        if self._owes_answer:
            self.answer()
        try:
            self._connection.send_bytes(request)
        except OSError as error:
            raise self._death() from error
        self._owes_answer = True

    def answer(self) -> bytes:
        """Wait for the answer.

        Raises:
            WorkerDiedError: the process is gone.
        """
        try:
            answer = self._connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._death() from error
        self._owes_answer = False
        return answer

    def close(self) -> None:
        """End the process; may be called twice."""
        self._close()

    def _death(self) -> WorkerDiedError:
        self.close()
        return WorkerDiedError(
            f"a worker process of this vector environment ended with exit code {self._process.returncode}: "
            "close the environment and make a new one, with workers=1 if it happens again"
        )


def _part(argument: Any, player: LocalCrew | Helper, players: list[LocalCrew | Helper]) -> Any:
    """What a player gets of a list of members, or of a dictionary by member."""
    if isinstance(argument, dict):
        return {number: value for number, value in argument.items() if players[number] is player}
    return [number for number in argument if players[number] is player]


def _end(process: subprocess.Popen[bytes], connection: Connection, owner: int) -> None:
    """Close the connection, on which the worker ends; kill it if it does not. A fork of the owner leaves it alone."""
    if os.getpid() != owner:
        return
    connection.close()
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _module_path() -> Iterable[str]:
    """Where a worker finds what this process finds, this package first."""
    return [str(Path(__file__).parents[2]), *filter(None, sys.path)]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

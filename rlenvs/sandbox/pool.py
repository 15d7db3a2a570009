"""Workers, started when they are needed, shared by all threads, replaced when they die."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from rlenvs.sandbox.execution import Execution, execute
from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.settings import Settings
from rlenvs.sandbox.worker import SandboxError, SandboxRefusedError, Worker

Result = TypeVar("Result")


class Pool:
    """Up to `workers` zygotes. For threads, event loops and spawned processes alike; a fork starts its own.

    Args:
        workers: How many, by default one for every core this process may use.
        settings: How they are set up.
    """

    def __init__(self, workers: int | None = None, settings: Settings | None = None) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self.workers = cores if workers is None else workers
        if not isinstance(self.workers, int) or isinstance(self.workers, bool) or self.workers < 1:
            raise ValueError(f"workers must be a whole number of at least 1, got {workers!r}")
        self.settings = settings or Settings()
        self._free: list[Worker] = []
        self._places = threading.BoundedSemaphore(self.workers)
        self._report: dict[str, Any] | None = None
        # A fork shares our sockets: as long as it had them, zygotes would outlive this process.
        os.register_at_fork(after_in_child=_forget(weakref.ref(self)))
        weakref.finalize(self, _close_all, self._free)

    def run(self, job: dict[str, Any], limits: Limits, answers: int = 1, capture: bool = False) -> Execution:
        """Runs a job in a worker; once more in a new one if the sandbox fails.

        Raises:
            SandboxError: It was the sandbox that failed, twice.
            SandboxRefusedError: It cannot be had here.
        """
        return self.twice(lambda worker: execute(worker, job, limits, answers, capture))

    def twice(self, use: Callable[[Worker], Result]) -> Result:
        """Uses a worker, and another one if the sandbox fails; a second failure is raised."""
        try:
            with self.lease() as worker:
                return use(worker)
        except SandboxRefusedError:
            raise
        except SandboxError:
            with self.lease() as worker:
                return use(worker)

    @contextlib.contextmanager
    def lease(self) -> Iterator[Worker]:
        """A worker of one's own for a while; if it fails meanwhile, it is ended."""
        with self._places:
            worker = self._take()
            try:
                yield worker
            except OSError as error:  # no descriptors, no processes: nothing that the program has done
                worker.close()
                raise error if isinstance(error, SandboxError) else SandboxError(f"the sandbox: {error}") from None
            except BaseException:
                worker.close()
                raise
            self._free.append(worker)

    @functools.cached_property
    def examiners(self) -> Pool:
        """A second pool like this one, for trusted tests whose subjects run in this one."""
        return Pool(self.workers, self.settings)

    def report(self) -> dict[str, Any]:
        """The layers that are on, what was checked to be denied, and what is missing; starts a worker if need be."""
        if self._report is None:
            with self.lease():
                pass
        assert self._report is not None
        return self._report

    def layers(self) -> dict[str, Any]:
        """The same in short, for records: layers by name, what is missing, and what would not be denied."""
        report = self.report()
        possible = sorted(name for name, finding in report["probes"].items() if finding != "denied")
        return {**report["layers"], "degraded": report["degraded"], "not_denied": possible}

    def processes(self) -> list[int]:
        """The process ids of the workers that are not in use."""
        return [worker.process.pid for worker in self._free]

    def close(self) -> None:
        """Ends all workers that are not in use; the next job starts new ones."""
        _close_all(self._free)
        if "examiners" in self.__dict__:
            self.examiners.close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _take(self) -> Worker:
        try:
            return self._free.pop()
        except IndexError:
            worker = _started(self.settings)
            self._report = {
                "layers": worker.report["layers"],
                "probes": worker.report["probes"],
                "degraded": worker.degraded,
            }
            return worker


def _started(settings: Settings) -> Worker:
    try:
        return Worker(settings)
    except SandboxError:
        raise
    except OSError as error:
        raise SandboxError(f"the sandbox does not start: {error}") from None


def _close_all(workers: list[Worker]) -> None:
    while workers:
        workers.pop().close()


def _forget(pool: weakref.ref[Pool]) -> Any:
    def forget() -> None:
        if (found := pool()) is not None:
            for worker in found._free:
                worker.control.close()
            found._free.clear()
            found._places = threading.BoundedSemaphore(found.workers)

    return forget


def shared_pool() -> Pool:
    """The pool of this process that judges use unless they are given another."""
    return _POOLS.get(os.getpid()) or _POOLS.setdefault(os.getpid(), Pool())


_POOLS: dict[int, Pool] = {}
"""By process: a fork must not use its parent's sockets."""

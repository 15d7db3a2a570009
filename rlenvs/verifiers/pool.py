"""Workers for proofs: started when the first question comes, shared by all threads, replaced when they die.

Started as plain subprocesses: no `__main__` guard is needed, no signal handler is installed, and it makes no difference
whether the caller is a thread, an event loop or a spawned process. A forked process starts workers of its own.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
from pathlib import Path

from rlenvs.verifiers.outcome import Outcome, different, same, undecided
from rlenvs.verifiers.tree import Tree
from rlenvs.verifiers.wire import encode

MAX_WORKERS = 4
LATE = "late"
START_SECONDS = 60.0
ANSWER_SECONDS = 10.0
"""Until a worker that does not even report a timeout is replaced; its question is not asked again."""

_ROOT = Path(__file__).resolve().parents[1]
_BOOT = f"""
import sys, types
package = types.ModuleType("rlenvs")
package.__path__ = [{str(_ROOT)!r}]
sys.modules["rlenvs"] = package
from rlenvs.verifiers.worker import main
main()
"""
"""The package's own `__init__` registers environments; a worker does without, in a third of the time and memory."""


def ask(gold: Tree, prediction: Tree) -> Outcome:
    """Asks a worker whether two expressions are equal."""
    return _pool().ask(encode(gold, prediction))


class Worker:
    """One worker process and the pipes to it."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BOOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment,
        )  # fmt: skip
        if self.read(START_SECONDS) != "ready":
            self.kill()
            raise OSError("the math verifier's worker does not start")

    def ask(self, line: bytes) -> str:
        """The answer to a question; empty if the worker died, ``late`` if it does not answer in time."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
        except OSError:
            return ""
        return self.read(ANSWER_SECONDS)

    def read(self, seconds: float) -> str:
        """One line, ``late`` after `seconds`, or an empty text at the end."""
        assert self.process.stdout is not None
        poller = select.poll()
        poller.register(self.process.stdout, select.POLLIN | select.POLLHUP)
        return self.process.stdout.readline().decode().strip() if poller.poll(seconds * 1000) else LATE

    def kill(self) -> None:
        """Ends the process and frees its pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not flushed cannot be any more
                    pipe.close()


class Pool:
    """Up to `MAX_WORKERS` workers, started one by one as they are needed."""

    def __init__(self) -> None:
        self.free: list[Worker] = []
        self.places = threading.BoundedSemaphore(MAX_WORKERS)

    def ask(self, line: bytes) -> Outcome:
        """The outcome of a question. Workers that died are replaced, and the question is asked again."""
        with self.places:
            for _ in range(MAX_WORKERS + 1):
                try:
                    worker = self._take()
                except OSError as error:
                    return Outcome(None, "proof", str(error), failed=True)
                answer = worker.ask(line)
                if answer in _OUTCOMES:
                    self.free.append(worker)
                    return _OUTCOMES[answer]
                worker.kill()
                if answer == LATE:
                    break
        return Outcome(None, "proof", "the worker died or hangs", failed=True)

    def _take(self) -> Worker:
        try:
            return self.free.pop()
        except IndexError:
            if not hasattr(os, "fork"):
                raise OSError("proofs need an operating system that forks") from None
            return Worker()


_OUTCOMES = {
    "equal": same("proof"),
    "different": different("proof", "the values differ"),
    "unknown": undecided("proof", "sympy does not know"),
    "operations": undecided("proof", "the proof takes too many operations"),
    "memory": undecided("proof", "the proof takes too much memory"),
    "time": Outcome(None, "proof", "the clock ended the proof", failed=True),
}
_POOLS: dict[int, Pool] = {}
"""By process, so that a fork never shares pipes with its parent."""


def _pool() -> Pool:
    return _POOLS.get(os.getpid()) or _POOLS.setdefault(os.getpid(), Pool())

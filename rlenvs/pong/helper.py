"""A worker process, as the process that started it sees it."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import weakref
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path

from rlenvs.pong.crew import Plan

_SECONDS_TO_END = 5.0


class WorkerDiedError(RuntimeError):
    """A process that played a part of the members has ended by itself."""


class Helper:
    """A worker process and the connection to it.

    Args:
        plan: what is played.
        count: members of the whole vector environment.
        numbers: the members that it plays first.
        memory: file descriptor of the shared arrays.
    """

    def __init__(self, plan: Plan, count: int, numbers: list[int], memory: int) -> None:
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

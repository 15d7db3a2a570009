"""The process that proves: it loads sympy once and forks a child for every question.

Each child starts from the same memory, counts what it does, and ends at a limit on operations, so its answer does not
depend on load or on what was asked before. Its memory, processor time and wall time are limited too; what a clock ends
is reported as a failure, never as an answer. Questions come as lines on standard input, answers go to standard output;
the end of the input ends the worker.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
from types import FrameType
from typing import Any

from rlenvs.verifiers.symbolic import prove, warm_up
from rlenvs.verifiers.wire import decode

MAX_OPERATIONS = 80_000
"""Calls and returns of functions in one proof: about 25 ms."""

MAX_MEMORY = 512 * 2**20
MAX_CPU_SECONDS = 1
"""A backstop for operations that take long inside; processor time does not depend on load."""

MAX_WALL_SECONDS = 8.0
"""A backstop for a child that does not even run."""

ANSWERS = {True: b"equal\n", False: b"different\n", None: b"unknown\n"}


def main() -> None:
    """Says that it is ready, then answers one question after the other."""
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    warm_up()
    stdout.write(b"ready\n")
    stdout.flush()
    while line := stdin.readline():
        stdout.write(_answer_in_child(line))
        stdout.flush()


def _answer_in_child(line: bytes) -> bytes:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read_end)
            os.write(write_end, answer(line, write_end))
        finally:
            os._exit(0)
    os.close(write_end)
    try:
        ready, _, _ = select.select([read_end], [], [], MAX_WALL_SECONDS)
        result = os.read(read_end, 64) if ready else b"time\n"
    finally:
        os.close(read_end)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if result:
        return result
    return b"time\n" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else b"memory\n"


def answer(line: bytes, out: int) -> bytes:
    """The answer to one question, within the limits of this process; only for a process that ends afterwards.

    Args:
        line: The question.
        out: The pipe that is told if the proof takes too many operations; the process ends then.
    """
    _limit(resource.RLIMIT_AS, MAX_MEMORY)
    _limit(resource.RLIMIT_CPU, MAX_CPU_SECONDS)
    _limit(resource.RLIMIT_CORE, 0)
    gold, prediction = decode(line)
    sys.setprofile(_counter(out))
    try:
        return ANSWERS[prove(gold, prediction)]
    except (MemoryError, RecursionError):
        return b"memory\n"
    except Exception:  # sympy raises errors of every kind on what it cannot do
        return b"unknown\n"
    finally:
        sys.setprofile(None)


def _counter(out: int) -> Any:
    """A profile function that ends the process after `MAX_OPERATIONS`; an exception might be caught on its way."""
    count = 0

    def count_call(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += 1
        if count > MAX_OPERATIONS:
            os.write(out, b"operations\n")
            os._exit(0)

    return count_call


def _limit(kind: int, amount: int) -> None:
    """Lowers a limit of this process as far as the system lets it (macOS does not limit memory)."""
    try:
        resource.setrlimit(kind, (amount, amount))
    except (ValueError, OSError):
        pass

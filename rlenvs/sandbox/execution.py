"""One program run by a worker: its job goes in by one pipe, its answers come out of another."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.protocol import BrokenMessageError, MessageReader, decode_answer, encode_message
from rlenvs.sandbox.supervision import END, NEXT_CASE
from rlenvs.sandbox.worker import SandboxError, Worker

PATIENCE = 2.0
"""Seconds after a program's last moment until its zygote is taken to hang."""

READ_SIZE = 2**16
STDOUT, REPLY, JOB = 1, 3, 4


@dataclass
class Execution:
    """How a program ran. Only `ending`, `exit_code`, times and memory are facts; the rest is what it says.

    Attributes:
        answers: Its messages, in order.
        output: What it printed, if that was asked for.
        ending: `exit` by itself, or the limit that ended it: `case cpu`, `case wall`, `cpu`, `wall`, `disk`, `reply`.
        exit_code: As Python has it; negative for signals.
        wall: Seconds by the clock.
        cpu: Seconds of processor time.
        memory: Largest resident set, in KiB.
        moments: When each answer came, in seconds after the start.
    """

    answers: list[Any] = field(default_factory=list)
    output: bytes = b""
    ending: str = "exit"
    exit_code: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    moments: list[float] = field(default_factory=list)


def execute(
    worker: Worker,
    job: dict[str, Any],
    limits: Limits,
    answers: int = 1,
    capture: bool = False,
    connections: Sequence[int] = (),
) -> Execution:
    """Runs a job (`roles` has their kinds) and waits for its end.

    Args:
        worker: Runs it.
        job: What the child reads.
        limits: What it may use.
        answers: How many are taken; surplus ones are left unread.
        capture: Whether to read its standard output.
        connections: Further descriptors that it gets, after those of its own.

    Raises:
        SandboxError: The zygote has gone, hangs or cannot fork.
    """
    with contextlib.ExitStack() as stack:
        channels = _Channels(stack, encode_message(job), capture)
        places = [JOB, REPLY, *([STDOUT] if capture else []), *range(JOB + 1, JOB + 1 + len(connections))]
        worker.begin([*channels.theirs, *connections], places, limits)
        channels.close_theirs()
        return _Exchange(worker, channels, limits, answers).run()


class _Channels:
    """The pipes of one execution; ours do not block."""

    def __init__(self, stack: contextlib.ExitStack, job: bytes, capture: bool) -> None:
        self._open: set[int] = set()
        stack.callback(self.close)
        job_end, self.job = self._pipe()
        self.reply, reply_end = self._pipe()
        self.theirs = [job_end, reply_end]
        self.output = -1
        if capture:
            self.output, output_end = self._pipe()
            self.theirs.append(output_end)
        for descriptor in (self.job, self.reply, self.output):
            if descriptor >= 0:
                os.set_blocking(descriptor, False)
        self.unsent = memoryview(job)
        self.send()

    def send(self) -> None:
        """Writes what the job's pipe takes, and closes it when all is written or nobody reads."""
        try:
            while self.unsent:
                self.unsent = self.unsent[os.write(self.job, self.unsent) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.unsent = memoryview(b"")
        self._close(self.job)

    def close_theirs(self) -> None:
        """Leaves the child's ends to the child, so that their end is the end."""
        for descriptor in self.theirs:
            self._close(descriptor)

    def close(self) -> None:
        """Closes what is still open."""
        for descriptor in list(self._open):
            self._close(descriptor)

    def _pipe(self) -> tuple[int, int]:
        ends = os.pipe()
        self._open.update(ends)
        return ends

    def _close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.discard(descriptor)
            os.close(descriptor)


class _Exchange:
    """The conversation with one running program."""

    def __init__(self, worker: Worker, channels: _Channels, limits: Limits, answers: int) -> None:
        self._worker, self._channels, self._limits, self._answers = worker, channels, limits, answers
        self._result = Execution()
        self._reader, self._output = MessageReader(), bytearray()
        self._received = 0
        self._began = self._last_case = time.monotonic()
        self._refused = ""

    def run(self) -> Execution:
        """Reads until the zygote reports the end, then what is left in the pipes."""
        status, control = None, self._worker.control.fileno()
        deadline = self._began + self._limits.wall_seconds + PATIENCE
        poller = self._poller(control)
        while status is None:
            left = deadline - time.monotonic()
            ready = poller.poll(max(0.0, left) * 1000)
            if not ready or left < 0:
                raise SandboxError("the zygote does not answer")
            for descriptor, _ in ready:
                if descriptor == control:
                    status = self._worker.read_status()
                elif not (self._send() if descriptor == self._channels.job else self._read(descriptor)):
                    poller.unregister(descriptor)
        for descriptor in (self._channels.reply, self._channels.output):
            while descriptor >= 0 and self._read(descriptor):
                pass
        return self._finished(status)

    def _poller(self, control: int) -> select.poll:
        poller = select.poll()
        for descriptor in (control, self._channels.reply, self._channels.output):
            if descriptor >= 0:
                poller.register(descriptor, select.POLLIN)
        if self._channels.unsent:
            poller.register(self._channels.job, select.POLLOUT)
        return poller

    def _send(self) -> bool:
        """Sends more of the job; False if there is no more of it."""
        self._channels.send()
        return bool(self._channels.unsent)

    def _read(self, descriptor: int) -> bool:
        """Reads what is there; False at the end."""
        try:
            data = os.read(descriptor, READ_SIZE)
        except BlockingIOError:
            return False
        self._received += len(data)
        if self._received > self._limits.reply_bytes:
            self._refuse("reply")
        elif descriptor == self._channels.output:
            self._output += data
        elif not self._refused and len(self._result.answers) < self._answers:
            self._take(data)
        return bool(data)

    def _take(self, data: bytes) -> None:
        now = time.monotonic()
        for body in self._reader.feed(data)[: self._answers - len(self._result.answers)]:
            try:
                self._result.answers.append(decode_answer(body))
            except BrokenMessageError:
                self._result.answers.append({"refused": "a message that is none"})
                return self._refuse("reply")
            self._result.moments.append(now - self._began)
        # Saying it for every case would cost more than most cases do; one that is late by so little does not matter.
        if self._result.moments and now - self._last_case > self._limits.case_wall_seconds / 50:
            self._last_case = now
            self._worker.say(NEXT_CASE)
        return None

    def _refuse(self, reason: str) -> None:
        if not self._refused:
            self._refused = reason
            self._worker.say(END)

    def _finished(self, status: dict[str, Any]) -> Execution:
        result = self._result
        result.output = bytes(self._output)
        result.ending = self._refused or status["ending"]
        result.exit_code, result.memory = status["exit_code"], status["memory"]
        result.wall, result.cpu = status["wall"], status["cpu"]
        return result

"""Waiting for a program, and ending it when its time is over."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NEXT_CASE, END = b"n", b"k"
"""What the host may say while a program runs: its last case is done; end it."""

SCRATCH_INTERVAL = 0.02
SHORTEST_WAIT = 0.001


@dataclass
class Budget:
    """Time for a whole program or for one case, by two clocks, from a moment on."""

    wall_seconds: float
    cpu_seconds: float
    began: float = 0.0
    began_cpu: float = 0.0

    def restart(self, now: float, cpu: float) -> None:
        """Begins anew."""
        self.began, self.began_cpu = now, cpu

    def left(self, now: float, cpu: float) -> tuple[float, float]:
        """Seconds left by the clock and of processor time."""
        return self.began + self.wall_seconds - now, self.began_cpu + self.cpu_seconds - cpu


class Supervisor:
    """Watches one child process after the other.

    Args:
        control: The socket to the host.
        is_overfull: Asked now and then whether the program has written too much; None where the kernel sees to that.
    """

    def __init__(self, control: socket.socket, is_overfull: Callable[[], bool] | None) -> None:
        self._control = control
        self._is_overfull = is_overfull
        self._reaped: tuple[int, int, Any] | None = None

    def wait(self, child: int, limits: dict[str, Any]) -> dict[str, Any]:
        """Waits until a child ends, or ends it; how it ended and what it used."""
        began = time.monotonic()
        self._reaped = None
        ending = self._watch(child, limits, began)
        if ending != "exit":
            os.kill(child, signal.SIGKILL)
        _, status, usage = self._reaped or os.wait4(child, 0)
        return {
            "ending": ending,
            "exit_code": os.waitstatus_to_exitcode(status),
            "wall": time.monotonic() - began,
            "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss,
        }

    def _watch(self, child: int, limits: dict[str, Any], began: float) -> str:
        """Returns why the child ends: `exit` by itself, else the limit it has reached, `host` or `orphan`."""
        budgets = {
            "case": Budget(limits["case_wall_seconds"], limits["case_cpu_seconds"], began),
            "program": Budget(limits["wall_seconds"], limits["cpu_seconds"], began),
        }
        exited, poller = _exit_descriptor(child), select.poll()
        poller.register(self._control, select.POLLIN)
        if exited is not None:
            poller.register(exited, select.POLLIN)
        clock = _cpu_clock(child)
        try:
            while True:
                now, cpu = time.monotonic(), clock()
                waits = [seconds for budget in budgets.values() for seconds in budget.left(now, cpu)]
                if min(waits) <= 0:
                    return ("case wall", "case cpu", "wall", "cpu")[waits.index(min(waits))]
                if self._is_overfull is not None:
                    if self._is_overfull():
                        return "disk"
                    waits.append(SCRATCH_INTERVAL)
                if exited is None:
                    waits.append(SHORTEST_WAIT)
                ready = [descriptor for descriptor, _ in poller.poll(max(min(waits), SHORTEST_WAIT) * 1000)]
                if exited in ready or (exited is None and self._has_exited(child)):
                    return "exit"
                if ready and (ending := self._heard(budgets["case"], clock)):
                    return ending
        finally:
            if exited is not None:
                os.close(exited)

    def _has_exited(self, child: int) -> bool:
        """Asks; whoever learns that it has ended has to keep how."""
        found = os.wait4(child, os.WNOHANG)
        self._reaped = found if found[0] == child else None
        return self._reaped is not None

    def _heard(self, case: Budget, clock: Callable[[], float]) -> str | None:
        said = self._control.recv(1)
        if said == NEXT_CASE:
            case.restart(time.monotonic(), clock())
            return None
        return "host" if said == END else "orphan"


def _exit_descriptor(child: int) -> int | None:
    """A descriptor that is ready when the child has ended; None where the system has none (macOS)."""
    return os.pidfd_open(child) if hasattr(os, "pidfd_open") else None


def _cpu_clock(child: int) -> Callable[[], float]:
    """A function that tells the processor time of a child, all its threads; 0 where the system does not tell."""
    clock = (~child << 3) | 2  # MAKE_PROCESS_CPUCLOCK(child, CPUCLOCK_SCHED), linux/posix-timers.h

    def read() -> float:
        try:
            return time.clock_gettime(clock)
        except OSError:
            return 0.0

    return read if hasattr(os, "pidfd_open") else lambda: 0.0

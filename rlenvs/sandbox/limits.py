"""How much a program may use, and how the kernel is told."""

from __future__ import annotations

import math
import resource
from dataclasses import dataclass
from typing import Any

MAX_SOURCE_BYTES = 2**20
MAX_OPEN_FILES = 64
MAX_FILE_BYTES = 16 * 2**20
MAX_STACK_BYTES = 64 * 2**20
MAX_THREADS = 64


@dataclass(frozen=True)
class Limits:
    """Limits of one program and of each of its cases.

    Processor time decides; the clock is there for programs that wait, and is set wider so that a busy machine does not
    change verdicts.

    Attributes:
        cpu_seconds: Processor time of a whole program: all cases, all threads.
        wall_seconds: The same by the clock.
        case_cpu_seconds: Processor time of one case.
        case_wall_seconds: The same by the clock.
        memory_bytes: Address space, which is more than what is used: threads reserve 8 MB of stack each.
        reply_bytes: What a program may answer or print.
    """

    cpu_seconds: float = 6.0
    wall_seconds: float = 15.0
    case_cpu_seconds: float = 3.0
    case_wall_seconds: float = 8.0
    memory_bytes: int = 2**30
    reply_bytes: int = 8 * 2**20

    def __post_init__(self) -> None:
        for name, value in self.to_json().items():
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise TypeError(f"{name} must be a number, got {value!r}")
            if not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive and finite, got {value}")
        for name in ("memory_bytes", "reply_bytes"):
            if not isinstance(getattr(self, name), int):
                raise TypeError(f"{name} must be a whole number of bytes, got {getattr(self, name)!r}")
        if self.memory_bytes < 2**26:
            raise ValueError(f"memory_bytes must be at least {2**26}, got {self.memory_bytes}: Python needs that much")

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return dict(vars(self))


def limit_forever() -> None:
    """What is the same for the zygote and all programs."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    _lower(resource.RLIMIT_FSIZE, MAX_FILE_BYTES)
    _lower(resource.RLIMIT_MEMLOCK, 0)
    for name in ("RLIMIT_MSGQUEUE", "RLIMIT_RTPRIO", "RLIMIT_NICE"):
        if hasattr(resource, name):
            _lower(getattr(resource, name), 0)
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    resource.setrlimit(resource.RLIMIT_STACK, (_at_most(MAX_STACK_BYTES, hard), hard))


def limit_program(memory_bytes: int, cpu_seconds: float, threads: int) -> None:
    """What the program's own limits say; its processor time is a backstop in whole seconds."""
    _lower(resource.RLIMIT_AS, memory_bytes)
    _lower(resource.RLIMIT_NPROC, threads)
    soft = math.ceil(cpu_seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (_at_most(soft, hard), _at_most(soft + 1, hard)))


def _lower(kind: int, amount: int) -> None:
    amount = _at_most(amount, resource.getrlimit(kind)[1])
    try:
        resource.setrlimit(kind, (amount, amount))
    except (ValueError, OSError):  # macOS does not limit address space; the probes tell
        pass


def _at_most(amount: int, limit: int) -> int:
    return amount if limit == resource.RLIM_INFINITY else min(amount, limit)

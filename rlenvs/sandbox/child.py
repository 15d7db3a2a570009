"""The process that runs one program: arranges its descriptors, closes itself in, runs, ends."""

from __future__ import annotations

import fcntl
import gc
import os
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

from rlenvs.sandbox import limits, privileges, roles
from rlenvs.sandbox.protocol import read_message
from rlenvs.sandbox.seccomp import Filter

STDOUT, REPLY, JOB = 1, 3, 4
"""Descriptors in the child; those of a role follow."""

PARKED = 20
"""Descriptors on the way to their places are kept from here on, where none of them is a place."""

LIBRARY_DESCRIPTORS = 50
"""From here on stay open: directories of the library where they cannot be reached by name."""


@dataclass
class Lockdown:
    """What closes a child in, prepared once by the zygote.

    Attributes:
        filter: The system calls it may use; None where the kernel has no filter.
        threads: How many its user may have, itself included.
    """

    filter: Filter | None
    threads: int

    def apply(self, wanted: dict[str, Any]) -> None:
        """Closes the calling process in, for good."""
        os.setsid()
        if sys.platform == "linux":
            privileges.die_with_parent()
        limits.limit_program(wanted["memory_bytes"], wanted["cpu_seconds"], self.threads)
        if self.filter is not None:
            self.filter.install(os.getpid())


def run(descriptors: list[int], places: list[int], wanted: dict[str, Any], lockdown: Lockdown) -> NoReturn:
    """Runs the program whose job can be read from the descriptor that goes to `JOB`; never returns.

    Args:
        descriptors: What the host has sent.
        places: The numbers they get.
        wanted: The program's limits.
        lockdown: Closes this process in.
    """
    try:
        _arrange(descriptors, places)
        job = read_message(JOB)
        if job["role"] != "calls":
            os.close(JOB)
        if "stdin" in job:
            _give_stdin(job.pop("stdin"))
        lockdown.apply(wanted)
        gc.enable()
        roles.ROLES[job["role"]](job)
    finally:
        os._exit(1)


def _arrange(descriptors: list[int], places: list[int]) -> None:
    parked = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, PARKED) for descriptor in descriptors]
    null = os.open("/dev/null", os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    for descriptor, place in zip(parked, places, strict=True):
        os.dup2(descriptor, place)
    os.closerange(max(places) + 1, LIBRARY_DESCRIPTORS)


def _give_stdin(text: str) -> None:
    """Standard input is a file in memory: it can be sought, and read by descriptor, like a redirected one."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("stdin", 0)
    else:  # macOS
        descriptor = os.open("stdin", os.O_CREAT | os.O_EXCL | os.O_RDWR)
        os.unlink("stdin")
    data = memoryview(text.encode("utf-8", "surrogateescape"))
    while data:
        data = data[os.write(descriptor, data) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.dup2(descriptor, 0)
    os.close(descriptor)

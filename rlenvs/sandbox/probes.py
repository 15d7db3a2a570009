"""Is what should be impossible impossible? Every question in a child of its own, closed in like a program.

A layer counts by what it denies, not by the version of the kernel: some systems let a process enter namespaces that
are of no use, others filter what they say they allow.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import socket
import stat
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from rlenvs.sandbox.child import Lockdown
from rlenvs.sandbox.kernel import libc

DENIED = "denied"
SECONDS = 2.0
PTRACE_TRACEME = 0
PROCESS_VM_READV = {"x86_64": 310, "aarch64": 270}


def run_probes(lockdown: Lockdown, wanted: dict[str, Any], host: int, secret: str) -> dict[str, str]:
    """What each probe finds: `denied`, or what a program could do.

    Args:
        lockdown: Closes a child in.
        wanted: A program's limits.
        host: The process id of the host.
        secret: A file of the host's that no program should read.
    """
    return {name: _ask(partial(probe, host, secret), lockdown, wanted) for name, probe in PROBES.items()}


def _ask(probe: Callable[[], str | None], lockdown: Lockdown, wanted: dict[str, Any]) -> str:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            lockdown.apply(wanted)
            os.write(write_end, (probe() or DENIED).encode())
        finally:
            os._exit(0)
    os.close(write_end)
    ready, _, _ = select.select([read_end], [], [], SECONDS)
    answer = os.read(read_end, 1000).decode() if ready else ""
    os.close(read_end)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return answer or "the probe itself has failed"


def _is_denied(action: Callable[[], object]) -> bool:
    try:
        action()
    except OSError:
        return True
    return False


def _reads(host: int, secret: str) -> str | None:
    for path in (secret, "/etc/passwd", "/proc/self/environ", f"/proc/{host}/environ"):
        if not _is_denied(partial(os.open, path, os.O_RDONLY)):
            return f"{path} can be read"
    return None


def _writes(host: int, secret: str) -> str | None:
    for directory in ("/", "/var/tmp", "/dev/shm", *sys.path, os.path.dirname(secret)):
        path = os.path.join(directory, f".rlenvs-probe-{os.getpid()}")
        if not _is_denied(partial(os.open, path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)):
            os.unlink(path)
            return f"files can be made in {directory}"
    library = next(path for path in sys.path if os.path.isdir(path))
    mode = stat.S_IMODE(os.stat(library).st_mode)
    return None if _is_denied(lambda: os.chmod(library, mode)) else "modes of files can be changed"


def _network(host: int, secret: str) -> str | None:
    for family, kind in ((socket.AF_INET, socket.SOCK_STREAM), (socket.AF_UNIX, socket.SOCK_DGRAM)):
        if not _is_denied(partial(socket.socket, family, kind)):
            return f"{family.name} sockets can be made"
    return None


def _processes(host: int, secret: str) -> str | None:
    try:
        if os.fork() == 0:
            os._exit(0)
    except OSError:
        return None if _is_denied(lambda: os.execv("/bin/true", ["true"])) else "other programs can be started"
    return "processes can be started"


def _signals(host: int, secret: str) -> str | None:
    return None if _is_denied(lambda: os.kill(host, 0)) else "signals reach other processes"


def _tracing(host: int, secret: str) -> str | None:
    number = PROCESS_VM_READV.get(os.uname().machine)
    if number and libc().syscall(ctypes.c_long(number), host, None, 0, None, 0, 0) != -1:
        return "the memory of other processes can be read"
    return "ptrace works" if libc().ptrace(PTRACE_TRACEME, 0, None, None) != -1 else None


def _privileges(host: int, secret: str) -> str | None:
    if 0 in (os.getuid(), os.geteuid(), os.getgid()):
        return "programs run as root"
    for name, action in (("setuid", lambda: os.setuid(0)), ("chroot", lambda: os.chroot("/"))):
        if not _is_denied(action):
            return f"{name} works"
    return None


def _excess(host: int, secret: str) -> str | None:
    for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE"):
        if resource.getrlimit(getattr(resource, name))[1] == resource.RLIM_INFINITY:
            return f"{name} has no limit"
    try:
        bytearray(resource.getrlimit(resource.RLIMIT_AS)[1])
    except MemoryError:
        return None
    return "memory has no limit"


PROBES: dict[str, Callable[[int, str], str | None]] = {
    "reads": _reads,
    "writes": _writes,
    "network": _network,
    "processes": _processes,
    "signals": _signals,
    "tracing": _tracing,
    "privileges": _privileges,
    "excess": _excess,
}

"""The kernel through libc, where the standard library has no function for it. Linux only."""

from __future__ import annotations

import ctypes
import errno
import functools
import os

from rlenvs.sandbox.syscalls import OWN, numbers


@functools.cache
def libc() -> ctypes.CDLL:
    """The C library; its functions set errno."""
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """The result of a libc function; -1 raises the OSError that errno tells."""
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(name: str, *arguments: object) -> int:
    """Calls the kernel by number; integers are passed as long."""
    number = numbers(OWN).get(name)
    if number is None:
        raise OSError(errno.ENOSYS, f"{name}: unknown here")
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return checked(libc().syscall(ctypes.c_long(number), *wide), name)


def prctl(option: int, *values: int) -> int:
    """Sets a property of this process."""
    padded = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    return checked(libc().prctl(ctypes.c_int(option), *padded), f"prctl({option})")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mounts a file system, or part of another one, at `target`."""
    encoded = [os.fsencode(text) if text is not None else None for text in (source, target, kind)]
    checked(libc().mount(*encoded, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")


def unmount(target: str, flags: int) -> None:
    """Takes a mount away."""
    checked(libc().umount2(os.fsencode(target), ctypes.c_int(flags)), f"unmount {target}")


def unshare(flags: int) -> None:
    """Moves this process to new namespaces."""
    checked(libc().unshare(ctypes.c_int(flags)), "unshare")

"""Giving up privileges, for good."""

from __future__ import annotations

import ctypes
import os
import signal
import struct

from rlenvs.sandbox.kernel import prctl, syscall

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
CAPABILITY_VERSION_3 = 0x20080522


def become(uid: int) -> None:
    """Root becomes a user in a group of the same number."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    set_dumpable(True)  # a change of user switches it off, and then the maps of a user namespace cannot be written


def set_dumpable(value: bool) -> None:
    """Whether processes of the same user may look into this one."""
    prctl(PR_SET_DUMPABLE, int(value))


def die_with_parent() -> None:
    """Asks for SIGKILL when the parent's thread that forked this process ends. A change of user cancels it."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def forbid_new_privileges() -> None:
    """No program that is started from here gains privileges; needed by Landlock and seccomp."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Empties all sets of capabilities."""
    header = ctypes.create_string_buffer(struct.pack("=Ii", CAPABILITY_VERSION_3, 0))
    syscall("capset", header, ctypes.create_string_buffer(24))

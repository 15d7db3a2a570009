"""A world of its own: user, mount, process, network, IPC and host name namespaces, and a root with little in it.

Entered once by the zygote. All or nothing: where one of them is refused, none is used and the other layers have to do.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
from collections.abc import Collection, Iterable, Mapping

from rlenvs.sandbox import privileges
from rlenvs.sandbox.kernel import mount, syscall, unmount, unshare

CLONE_NEWNS = 0x00020000
CLONE_ALL = CLONE_NEWNS | 0x10000000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000
"""The namespaces of mounts, users, processes, networks, IPC and host names."""

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x8, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
ATTRIBUTE_READ_ONLY, ATTRIBUTE_NOSUID, ATTRIBUTE_NODEV = 1, 2, 4
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
NOBODY = 65534
"""Who somebody is inside that could be nobody but root outside, where no other user is mapped."""

STAGE = "/tmp"
"""Where the new root is put together, unseen by anybody else."""


def enter() -> None:
    """Leaves this process in the old process namespace, waiting; returns in the new one, as process 1.

    When process 1 ends, the one outside ends with its status; when the one outside is killed, so is process 1.
    """
    uid, gid = os.getuid(), os.getgid()
    unshare(CLONE_ALL)
    user, group = f"{uid or NOBODY} {uid} 1", f"{gid or NOBODY} {gid} 1"
    for name, content in (("setgroups", "deny"), ("uid_map", user), ("gid_map", group)):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)
    privileges.set_dumpable(False)
    inside = os.fork()
    if inside:
        _wait_for(inside)
    privileges.die_with_parent()
    socket.sethostname("sandbox")


def expose(paths: Iterable[str]) -> dict[str, str]:
    """New names for what only root can reach, in a mount namespace of this process, which must still be root."""
    unshare(CLONE_NEWNS)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("exposed", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    names = {}
    for number, path in enumerate(paths):
        names[path] = f"{STAGE}/{number}"
        _make_target(path, names[path])
        mount(path, names[path], None, MS_BIND | MS_REC)
    return names


def _wait_for(inside: int) -> None:
    os.closerange(0, 256)
    _, status = os.waitpid(inside, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def change_root(binds: Mapping[str, int], hidden: Collection[str], scratch: str, size: int, files: int) -> None:
    """Replaces the root by an empty one that cannot be written, with some of the host's files in it.

    Args:
        binds: Read-only: paths in the new root, and descriptors of what is seen there, which are closed.
        hidden: Directories in `binds` that are shown empty.
        scratch: The one directory that can be written, in memory.
        size: Its bytes.
        files: How many files it may hold.
    """
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("root", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for path, descriptor in binds.items():
        _bind(descriptor, STAGE + path, ATTRIBUTE_READ_ONLY | ATTRIBUTE_NOSUID | ATTRIBUTE_NODEV)
        os.close(descriptor)
    for path in DEVICES:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        _bind(descriptor, STAGE + path, ATTRIBUTE_READ_ONLY | ATTRIBUTE_NOSUID)  # it can be written, its times cannot
        os.close(descriptor)
    for path in hidden:
        mount("hidden", STAGE + path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0,nr_inodes=1,mode=555")
    os.makedirs(STAGE + scratch, exist_ok=True)
    options = f"size={size},nr_inodes={files},mode=700"
    mount("scratch", STAGE + scratch, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)
    _set_attributes(STAGE, ATTRIBUTE_READ_ONLY, 0)
    os.chdir(STAGE)
    syscall("pivot_root", b".", b".")
    unmount(".", MNT_DETACH)
    os.chdir("/")


def _bind(descriptor: int, target: str, attributes: int) -> None:
    source = f"/proc/self/fd/{descriptor}"
    _make_target(source, target)
    mount(source, target, None, MS_BIND | MS_REC)
    _set_attributes(target, attributes, AT_RECURSIVE)


def _make_target(source: str, target: str) -> None:
    """Something to mount on: a directory for a directory, a file for anything else."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


def _set_attributes(path: str, attributes: int, flags: int) -> None:
    """Adds attributes to a mount (Linux 5.12); those that the host has locked stay."""
    request = ctypes.create_string_buffer(struct.pack("=QQQQ", attributes, 0, 0, 0), 32)
    syscall("mount_setattr", AT_FDCWD, os.fsencode(path), flags, request, 32)


def kill_all() -> None:
    """Ends every process of this namespace but process 1, which must be the caller."""
    if os.getpid() == 1:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass

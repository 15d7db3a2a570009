"""Which files a process and its children may open, enforced by the kernel (Landlock, Linux 5.13 and later).

Rules bind to inodes, not to names. Not covered by Landlock: modes, owners, times and attributes of files, and sockets
(`seccomp` denies them).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Collection

from rlenvs.sandbox.kernel import syscall

CREATE_VERSION = 1
RULE_PATH_BENEATH = 1
RIGHTS_BY_ABI = (13, 14, 15, 15, 16)
"""How many rights over files the kernel knows at ABI 1 to 5; later ones know no more of them that concern us."""

ABI_OF_TRUNCATE = 3
WRITE_FILE, READ_FILE, READ_DIRECTORY, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
REMOVE_DIRECTORY, REMOVE_FILE, MAKE_DIRECTORY, MAKE_FILE, MAKE_LINK, REFER = (1 << n for n in (4, 5, 7, 8, 12, 13))
READ = READ_FILE | READ_DIRECTORY
USE_DEVICE = READ_FILE | WRITE_FILE
WRITE = READ | WRITE_FILE | TRUNCATE | REMOVE_DIRECTORY | REMOVE_FILE | MAKE_DIRECTORY | MAKE_FILE | MAKE_LINK | REFER
ALL_TCP, ALL_SCOPES = 3, 3


def abi() -> int:
    """The version of Landlock in this kernel, 0 where it is missing or switched off."""
    try:
        return syscall("landlock_create_ruleset", None, 0, CREATE_VERSION)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP):
            return 0
        raise


class Ruleset:
    """What stays allowed; everything else of this kind is denied once it is enforced."""

    def __init__(self) -> None:
        version = abi()
        self._known = (1 << RIGHTS_BY_ABI[min(version, len(RIGHTS_BY_ABI)) - 1]) - 1
        attributes = struct.pack("=QQQ", self._known, ALL_TCP, ALL_SCOPES)
        size = 8 if version < 4 else 16 if version < 6 else 24
        self._descriptor = syscall("landlock_create_ruleset", ctypes.create_string_buffer(attributes), size, 0)

    def allow(self, descriptor: int, rights: int) -> None:
        """Allows the file, or everything in the directory, behind a descriptor."""
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights & self._known, descriptor))
        syscall("landlock_add_rule", self._descriptor, RULE_PATH_BENEATH, rule, 0)

    def allow_path(self, path: str, rights: int) -> None:
        """`allow` for a name; a file is given the rights that files have."""
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            self.allow(descriptor, rights if os.path.isdir(path) else rights & (USE_DEVICE | TRUNCATE))
        finally:
            os.close(descriptor)

    def allow_reading(self, path: str, hidden: Collection[str] = ()) -> None:
        """Allows reading a directory except `hidden` ones in it, whose entries' names stay visible.

        Links in a directory that has something to hide lead only to what is allowed anyway.
        """
        if not any(name.startswith(f"{path}/") for name in hidden):
            return self.allow_path(path, READ)
        self.allow_path(path, READ_DIRECTORY)
        for entry in os.scandir(path):
            if entry.path not in hidden and not entry.is_symlink():
                self.allow_reading(entry.path, hidden)
        return None

    def enforce(self) -> None:
        """Binds this process and its future children for good; it must have no_new_privs."""
        syscall("landlock_restrict_self", self._descriptor, 0)
        os.close(self._descriptor)

"""The one directory that programs may write: emptied after each of them, whatever they left there.

Nothing is removed recursively: a tree may be thousands of directories deep, or longer than a path can be.
"""

from __future__ import annotations

import os
import stat

SIZE = 64 * 2**20
FILES = 1024
MAX_DEPTH = 8
"""Of directories where nothing but `is_overfull` keeps them small."""


class Scratch:
    """A directory, by descriptor: what a program does to its name or mode does not matter."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def clean(self) -> None:
        """Empties it; costs next to nothing if it is empty."""
        if stat.S_IMODE(os.fstat(self._descriptor).st_mode) != 0o700:
            os.fchmod(self._descriptor, 0o700)
        here = os.dup(self._descriptor)
        levels = [_unlink_files(here)]
        while levels:
            if levels[-1]:
                here = _move_to(here, levels[-1][-1])
                levels.append(_unlink_files(here))
            else:
                levels.pop()
                if levels:
                    here = _move_to(here, "..")
                    os.rmdir(levels[-1].pop(), dir_fd=here)
        os.close(here)

    def is_overfull(self) -> bool:
        """Whether it holds more than `SIZE` bytes or `FILES` entries, or is deeper than `MAX_DEPTH`."""
        size, files = 0, 0
        for place, directories, names, descriptor in os.fwalk(".", dir_fd=self._descriptor):
            files += len(directories) + len(names)
            size += sum(_size(name, descriptor) for name in names)
            if size > SIZE or files > FILES or place.count("/") > MAX_DEPTH:
                return True
        return False


def _unlink_files(directory: int) -> list[str]:
    """Removes what is no directory; the names of the directories that are left."""
    directories = []
    for name in os.listdir(directory):
        try:
            os.unlink(name, dir_fd=directory)
        except (IsADirectoryError, PermissionError):  # Linux says the one, macOS the other
            directories.append(name)
    return directories


def _move_to(here: int, name: str) -> int:
    """A descriptor of the directory `name`, for that of the directory it is in."""
    if name != "..":
        os.chmod(name, 0o700, dir_fd=here)
    there = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
    os.close(here)
    return there


def _size(name: str, directory: int) -> int:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False).st_blocks * 512
    except OSError:  # it is gone
        return 0

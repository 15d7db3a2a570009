"""The one directory that programs may write: emptied after each of them, whatever they left there.

Nothing is removed recursively: a tree may be thousands of directories deep, or longer than a path can be.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

from rlenvs.sandbox.limits import MAX_FILE_BYTES

SIZE = 64 * 2**20
FILES = 1024
MAX_DEPTH = 8
"""Of directories where nothing but `is_overfull` keeps them small."""


class Scratch:
    """A directory, by descriptor: what a program does to its name or mode does not matter."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        with os.scandir(self._descriptor) as entries:
            return next(entries, None) is None

    def clean(self) -> None:
        """Empties it, and takes its times away, which a program may have set; costs little if it is empty."""
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
        os.utime(self._descriptor, ns=(0, 0))

    def close(self) -> None:
        """Lets go of it."""
        os.close(self._descriptor)

    def has_room(self) -> bool:
        """Whether its file system takes a large file and half the entries it may hold; some do not count those."""
        free = os.fstatvfs(self._descriptor)
        return free.f_bavail * free.f_frsize >= MAX_FILE_BYTES and (free.f_favail >= FILES // 2 or free.f_files == 0)

    def is_overfull(self) -> bool:
        """Whether it holds more than `SIZE` bytes or `FILES` entries, is deeper than `MAX_DEPTH`, or hides something.

        Programs go on meanwhile: what is gone when it is looked at does not count. Nor do files that have no name any
        more: open or mapped ones, of which limits on descriptors and memory allow 2 GB until the program ends.
        """
        places, size, files = ["."], 0, 0
        while places:
            place = places.pop()
            try:
                with contextlib.suppress(FileNotFoundError, NotADirectoryError), self._listing(place) as entries:
                    for entry in entries:  # may have no end where a program is making and removing files
                        files += 1
                        if entry.is_dir(follow_symlinks=False):
                            places.append(f"{place}/{entry.name}")
                        else:
                            size += _size(entry)
                        if size > SIZE or files > FILES:
                            return True
            except PermissionError:  # it was made so that it cannot be read
                return True
            if place.count("/") > MAX_DEPTH:
                return True
        return False

    @contextlib.contextmanager
    def _listing(self, place: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._descriptor)
        try:
            with os.scandir(descriptor) as entries:
                yield entries
        finally:
            os.close(descriptor)


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


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:  # it is gone
        return 0

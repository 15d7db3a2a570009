"""Users that programs may run as, and what users have already."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
from pathlib import Path

UNUSED_UIDS = range(61184, 65520)
"""What systemd keeps for users that come and go, within what containers usually map."""


def unused_uid() -> int | None:
    """A user id that nobody has and no process runs as; None in a container that has no id but root's."""
    used = {entry.pw_uid for entry in pwd.getpwall()}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            used.add(process.stat().st_uid)
    start = os.getpid() + next(_COUNTER)
    for offset in range(len(UNUSED_UIDS)):
        uid = UNUSED_UIDS[(start * 7 + offset) % len(UNUSED_UIDS)]
        if uid not in used and any(uid in mapped for mapped in _mapped_ids()):
            return uid
    return None


def _mapped_ids() -> list[range]:
    """The ids that this process's user namespace knows; all where there are no namespaces."""
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return [UNUSED_UIDS]
    return [range(int(first), int(first) + int(count)) for first, _, count in map(str.split, lines)]


def threads_of(uid: int) -> int:
    """How many threads a user has: the kernel counts them all where there is no user namespace."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == uid:
                count += len(os.listdir(process / "task"))
    return count


_COUNTER = itertools.count()
"""So that workers that start at the same time try different user ids."""

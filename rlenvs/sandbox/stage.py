"""Where zygotes work that see the host's files: a directory for each, which it and its host remove."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from rlenvs.sandbox.scratch import Scratch
from rlenvs.sandbox.users import UNUSED_UIDS

STAGE_PREFIX = "rlenvs-sandbox-"


def make_stage(uid: int | None) -> str:
    """A directory for a zygote that sees the host's files; those of hosts that are no more are removed first."""
    directory = tempfile.gettempdir() if uid is None else "/tmp"  # root's own may be closed to others
    for old in Path(directory).glob(f"{STAGE_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            host = int(old.name.removeprefix(STAGE_PREFIX).partition("-")[0])
            if _is_ours(old) and not _is_alive(host):
                remove_stage(str(old))
    stage = tempfile.mkdtemp(prefix=f"{STAGE_PREFIX}{os.getpid()}-", dir=directory)
    if uid is not None:
        os.chown(stage, uid, uid)
    return stage


def _is_ours(path: Path) -> bool:
    """Whether nobody else can have put it there, or can change it while it is removed."""
    status = path.lstat()
    mine = status.st_uid == os.geteuid() or (os.geteuid() == 0 and status.st_uid in UNUSED_UIDS)
    return mine and stat.S_ISDIR(status.st_mode)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def remove_stage(stage: str) -> None:
    """Removes a directory of `make_stage`, however deep a killed program has left it."""
    with contextlib.suppress(OSError), contextlib.closing(Scratch(os.path.join(stage, "scratch"))) as scratch:
        scratch.clean()
    shutil.rmtree(stage, ignore_errors=True)

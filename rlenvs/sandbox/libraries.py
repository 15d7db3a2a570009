"""What programs may import: the standard library, shared libraries, and packages that were named.

Other packages stay out of sight, this one among them: its tasks know the answers.
"""

from __future__ import annotations

import fcntl
import glob
import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping

SHARED = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache")
PACKAGES = "/packages"
"""Where named packages are found in a root of one's own."""


def library_paths() -> list[str]:
    """Directories and files of the host that every program may read, none inside another."""
    prefix = os.path.join(sys.base_prefix, os.path.basename(sys.platlibdir))
    wanted = [prefix, os.path.dirname(os.__file__), os.path.join(sys.base_prefix, "lib"), *SHARED]
    found: list[str] = []
    for path in sorted({os.path.normpath(path) for path in wanted}, key=len):
        if os.path.exists(path) and not any(path.startswith(f"{other}/") for other in found):
            found.append(path)
    return found


def hidden_paths(paths: Iterable[str]) -> list[str]:
    """Directories of installed packages inside `paths`."""
    patterns = [f"{path}/python*/{name}-packages" for path in paths for name in ("site", "dist")]
    return [path for pattern in patterns for path in glob.glob(pattern)]


def package_paths(names: Iterable[str]) -> dict[str, str]:
    """Files and directories of packages by the name they need beside each other; missing packages are left out."""
    found = {}
    for name in names:
        specification = importlib.util.find_spec(name)
        if specification is None or specification.origin is None:
            continue
        path = specification.origin
        if specification.submodule_search_locations:
            path = os.path.dirname(path)
        libraries = os.path.join(os.path.dirname(path), f"{name}.libs")  # wheels keep their shared libraries there
        for place in (path, libraries):
            if os.path.exists(place):
                found[os.path.basename(place)] = place
    return found


def closed_paths(paths: Iterable[str], uid: int) -> list[str]:
    """Those of `paths` that root can read and a user cannot, such as what lies in root's home; drops root's groups."""
    os.setgroups([])
    os.setegid(uid)
    os.seteuid(uid)
    try:
        return [path for path in paths if not os.access(path, os.R_OK, effective_ids=True)]
    finally:
        os.seteuid(0)
        os.setegid(0)


def open_paths(paths: Mapping[str, str]) -> dict[str, int]:
    """Descriptors of paths, which may be covered afterwards."""
    return {name: os.open(path, os.O_PATH | os.O_CLOEXEC) for name, path in paths.items()}


def keep_open(path: str, number: int) -> str:
    """A name for `path` that works wherever this process and its children may go: a descriptor, `number` or more."""
    opened = os.open(path, os.O_PATH)
    kept = fcntl.fcntl(opened, fcntl.F_DUPFD, number)
    os.close(opened)
    return f"/proc/self/fd/{kept}"


def moved_path(path: str, moved: Mapping[str, str]) -> str:
    """Where a path is found now that directories have other names."""
    for old, new in moved.items():
        if path == old or path.startswith(f"{old}/"):
            return new + path[len(old) :]
    return path


def move_imports(moved: Mapping[str, str]) -> None:
    """Lets this process go on importing from directories that have other names now."""
    sys.path[:] = [moved_path(path, moved) for path in sys.path]
    for module in list(sys.modules.values()):
        if isinstance(getattr(module, "__path__", None), list):
            module.__path__ = [moved_path(path, moved) for path in module.__path__]
    sys.path_importer_cache.clear()

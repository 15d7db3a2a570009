"""Where a run comes from: source code, command, packages and machine.

Nothing here is ever "unknown": outside a git checkout the hash of the installed sources stands in for the
commit. Not recorded: environment variables (they may hold secrets) and the machine's name.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
RECORDED_PACKAGES = (
    "rlenvs-suite", "numpy", "gymnasium", "ale-py", "numba",
    "torch", "transformers", "stable-baselines3", "sb3-contrib",
)  # fmt: skip


def provenance() -> dict[str, Any]:
    """A fresh copy of this process's provenance; only the first call in a process does the work."""
    return dict(_snapshot())


def timestamp() -> str:
    """The present time in UTC, ISO 8601, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@functools.cache
def _snapshot() -> dict[str, Any]:
    return {
        "git": _git(PACKAGE),
        "source_sha256": source_sha256(PACKAGE),
        "argv": ["python", *sys.orig_argv[1:]],
        "packages": _versions(RECORDED_PACKAGES),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "gpu": _gpus(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
    }


def source_sha256(package: Path) -> str:
    """One SHA-256 over the paths and contents of a package's Python files, the same on every machine."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _git(folder: Path) -> dict[str, Any] | None:
    """Commit and uncommitted changes, or None where `folder` is not itself under version control.

    A package installed inside somebody's checkout (a virtual environment) is not tracked there, so ask.
    """
    if _git_output(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    commit = _git_output(folder, "rev-parse", "HEAD")
    changes = _git_output(folder, "diff", "HEAD", "--", ":/")
    untracked = _git_output(folder, "ls-files", "--others", "--exclude-standard", "--full-name", ":/*.py")
    if commit is None or changes is None or untracked is None:
        return None
    dirty = bool(changes or untracked)
    return {
        "commit": commit.strip(),
        "dirty": dirty,
        "diff_sha256": hashlib.sha256((changes + "\0" + untracked).encode()).hexdigest() if dirty else None,
    }


def _git_output(folder: Path, *arguments: str) -> str | None:
    try:
        command = ["git", "-C", str(folder), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _cpu() -> str:
    return _first_field(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()


def _gpus() -> list[str]:
    files = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    return [model for file in files if (model := _first_field(file, "Model"))]


def _first_field(path: Path, name: str) -> str | None:
    """The value of the first line ``name : value`` of a file of the Linux kernel's; None on other systems."""
    if not path.exists():
        return None
    for line in path.read_text(errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None

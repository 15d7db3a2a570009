"""What `rlenvs doctor` reports: versions, extras, ROMs, the sandbox, threads, GPUs and the source, for an issue.

Environment variables other than thread limits are left out, and so is the machine's name.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import rlenvs
from rlenvs.leaderboard.provenance import PACKAGE, provenance

DISTRIBUTION = "rlenvs-suite"
THREAD_LIMITS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
ASK_TORCH = "import torch; print(torch.get_num_threads(), 'threads, CUDA', torch.version.cuda)"
EXTRAS = {
    "agents": ("torch", "transformers", "stable-baselines3"),
    "fast": ("numba",),
    "window": ("pygame",),
    "video": ("pillow",),
    "tb": ("tensorboard",),
}
"""Optional distributions by extra, for an installation without metadata (a bare checkout)."""


def report() -> dict[str, Any]:
    """All findings as plain JSON types, by topic; every value is a short text, number, bool or None."""
    origin = provenance()
    return {
        "rlenvs": {"version": rlenvs.__version__, "at": str(PACKAGE), **_source(origin)},
        "system": {
            "platform": origin["platform"],
            "python": f"{origin['python']} at {sys.executable}",
            "cpu": f"{origin['cpu']}, {origin['cores']} cores",
            "gpu": _gpus(),
        },
        "packages": {name: _version(name) for name in ("gymnasium", "numpy", "ale-py", "sympy", "rich")},
        "extras": {extra: _extra(extra, needs) for extra, needs in extras().items()},
        "roms": {"pong": _rom("pong")},
        "sandbox": _sandbox(),
        "threads": {name: os.environ.get(name) for name in THREAD_LIMITS} | {"torch": _ask_torch()},
    }


def extras() -> dict[str, tuple[str, ...]]:
    """The distributions that every extra needs, from the installed metadata where there is any."""
    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return EXTRAS
    found: dict[str, list[str]] = {}
    for requirement in requirements:
        match = re.match(r"([\w.-]+).*;.*extra == ['\"](\w+)['\"]", requirement)
        if match and match[1] != DISTRIBUTION:
            found.setdefault(match[2], []).append(match[1])
    return {extra: tuple(needs) for extra, needs in found.items()}


def as_text(findings: dict[str, Any]) -> str:
    """The report as lines of names and values under their topics."""
    lines = []
    for topic, values in findings.items():
        lines.append(topic)
        lines += [f"  {name:<22}{'-' if value is None else value}" for name, value in values.items()]
    return "\n".join(lines)


def _source(origin: dict[str, Any]) -> dict[str, str]:
    git = origin["git"]
    if git is None:
        return {"sources": f"not in git, SHA-256 {origin['source_sha256'][:12]}"}
    return {"commit": git["commit"] + (" with uncommitted changes" if git["dirty"] else "")}


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _extra(extra: str, needs: tuple[str, ...]) -> str:
    versions = {name: _version(name) for name in needs}
    have = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    missing = ", ".join(name for name, version in versions.items() if version is None)
    if not missing:
        return have
    return f"{have + '; ' if have else ''}missing {missing}: pip install '{DISTRIBUTION}[{extra}]'"


def _rom(game: str) -> str:
    spec = importlib.util.find_spec("ale_py")
    if spec is None or spec.origin is None:
        return "missing: pip install ale-py"
    path = Path(spec.origin).parent / "roms" / f"{game}.bin"
    return "present" if path.exists() else f"missing: {path}; reinstall ale-py"


def _sandbox() -> dict[str, Any]:
    """The layers around programs that are judged, and what they deny; why there are none."""
    try:
        from rlenvs.sandbox.pool import Pool
        from rlenvs.sandbox.settings import Settings

        with Pool(1, Settings(unsafe=True)) as pool:
            report = pool.report()
    except (ImportError, OSError) as error:
        return {"missing": str(error)}
    findings = [finding for finding in report["probes"].values() if finding != "denied"]
    return {
        "safe": "no: " + "; ".join(findings) if findings else "yes",
        **report["layers"],
        "degraded": "; ".join(report["degraded"]) or None,
        "denied": ", ".join(name for name, finding in report["probes"].items() if finding == "denied"),
    }


def _gpus() -> str | None:
    if shutil.which("nvidia-smi") is None:
        return None
    return _output("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")


def _ask_torch() -> str | None:
    """Threads and CUDA version as PyTorch sees them, asked in another process: this package never imports it."""
    if importlib.util.find_spec("torch") is None:
        return None
    return _output(sys.executable, "-c", ASK_TORCH)


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]} failed: {error}"
    return "; ".join((done.stdout or done.stderr).strip().splitlines()[-4:])

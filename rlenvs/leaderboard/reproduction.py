"""Training a recorded run again: the same source, packages and command, and a comparison of the scores."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rlenvs.leaderboard.files import RecordError
from rlenvs.leaderboard.provenance import PACKAGE, provenance
from rlenvs.leaderboard.reading import RunRecord, find_runs, read_run


@dataclass(frozen=True)
class Step:
    """One command of a reproduction, where it runs and why it is needed."""

    why: str
    command: tuple[str, ...]
    folder: Path

    def __str__(self) -> str:
        return f"# {self.why}\n(cd {shlex.quote(str(self.folder))} && {shlex.join(self.command)})"


def reproduction_steps(path: str | Path, work: str | Path = "reproduced") -> list[Step]:
    """The commands that train a run again below the directory `work`.

    Where this checkout is the recorded commit with the recorded changes, or has the recorded packages, it is used
    as it is.
    """
    record = read_run(path)
    root, work = PACKAGE.parent, Path(work).resolve()
    steps = []
    git = record.provenance["git"]
    if git and git != provenance()["git"]:
        clone = work / "source"
        if not clone.exists():
            steps.append(Step("the source", ("git", "clone", "--quiet", str(root), str(clone)), Path.cwd()))
        steps.append(Step("the recorded commit", ("git", "checkout", "--quiet", git["commit"]), clone))
        root = clone
    python = sys.executable
    if packages := _other_packages(record):
        venv, python = work / "venv", str(work / "venv" / "bin" / "python")
        steps.append(Step("a fresh environment", (sys.executable, "-m", "venv", str(venv)), Path.cwd()))
        wanted = [f"{name}=={version.partition('+')[0]}" for name, version in packages.items()]
        steps.append(Step("the recorded packages", (python, "-m", "pip", "install", "--quiet", *wanted), root))
    spec = str((record.path / "run.json").resolve())
    train = (python, "-m", "scripts.train", "--spec", spec, "--runs", str(work / "runs"), "--force")
    return [*steps, Step("the same run", train, root)]


def warnings(path: str | Path) -> list[str]:
    """What may keep a run from being reproduced exactly, a line each."""
    found = []
    origin = read_run(path).provenance
    if not origin["git"]:
        found.append(f"the run was made outside a git checkout; its sources had SHA-256 {origin['source_sha256']}")
    elif origin["git"]["dirty"]:
        found.append("the run was made with uncommitted changes: its commit alone may train differently")
    here = provenance()
    for name in ("python", "platform", "cpu"):
        if origin[name] != here[name]:
            found.append(f"{name} was {origin[name]}, here it is {here[name]}: scores may differ a little")
    return found


def reproduce(path: str | Path, work: str | Path = "reproduced", show: Callable[[str], None] = print) -> bool:
    """Runs `reproduction_steps`, tells `show` about each, and says whether the score came out exactly the same.

    Raises:
        RecordError: A step failed.
    """
    for step in reproduction_steps(path, work):
        show(str(step))
        if (code := subprocess.run(step.command, cwd=step.folder).returncode) != 0:
            raise RecordError(f"{shlex.join(step.command)} ended with exit code {code}")
    old = read_run(path)
    (new,) = (run for run in find_runs(Path(work) / "runs") if run.run_id == old.run_id)
    then, now = old.result["score"], new.result["score"]
    show(f"score {now!r}, recorded {then!r}: {'the same' if then == now else f'difference {now - then:+.3g}'}")
    return then == now


def command(record: RunRecord) -> str:
    """The one line that trains the run again in a checkout of the repository."""
    return f"python -m scripts.train --spec {shlex.quote(str(record.path / 'run.json'))} --runs reproduced --force"


def _other_packages(record: RunRecord) -> dict[str, str]:
    """All recorded packages if one of them is another here, or nothing; the suite itself comes from its source."""
    recorded = {name: version for name, version in record.provenance["packages"].items() if name != "rlenvs-suite"}
    here = provenance()["packages"]
    return recorded if any(here.get(name) != version for name, version in recorded.items()) else {}

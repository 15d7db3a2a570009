"""Finished runs, read back and checked."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlenvs.leaderboard.files import RecordError, read_json_lines
from rlenvs.leaderboard.manifest import check_artifact, read_manifest
from rlenvs.leaderboard.run_spec import RunSpec

ROW_FILES = {"metrics": "metrics.jsonl", "episodes": "episodes.jsonl", "samples": "samples.jsonl"}
ACTIONS, CHECKPOINT = "actions.npz", "checkpoint.pt"


@dataclass(frozen=True)
class RunRecord:
    """A run as it was recorded; rows are read when first asked for.

    Attributes:
        path: The run's directory.
        spec: What defines the run.
        state: ``"ok"``, ``"failed"``, ``"timeout"``, ``"killed"`` or ``"running"``.
        protocol: The protocol's rules at the time.
        result: Scores and costs as the agent reported them; empty while the run is unfinished.
        provenance: Source code, command, packages, machine.
        artifacts: Name, SHA-256 and size of the run's files.
    """

    path: Path
    spec: RunSpec
    state: str
    protocol: Mapping[str, Any]
    result: Mapping[str, Any]
    provenance: Mapping[str, Any]
    artifacts: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def run_id(self) -> str:
        """The spec's identifier."""
        return self.spec.run_id

    @functools.cached_property
    def metrics(self) -> list[dict[str, Any]]:
        """The training's rows; those of evaluations have ``"score"``."""
        return self._rows("metrics")

    @functools.cached_property
    def episodes(self) -> list[dict[str, Any]]:
        """One row an evaluation episode: seed, return, length, terminated, truncated."""
        return self._rows("episodes")

    @functools.cached_property
    def samples(self) -> list[dict[str, Any]]:
        """One row a text response."""
        return self._rows("samples")

    def _rows(self, name: str) -> list[dict[str, Any]]:
        path = self.path / ROW_FILES[name]
        return list(read_json_lines(path)) if path.exists() else []


def read_run(path: str | Path) -> RunRecord:
    """Reads one finished run and checks schema, identifier and the hash of every file.

    Rows and actions must be there. Policies, pictures and other artifacts may be left out of a copy; the checkpoint,
    which serves to resume and is large, is not checked.

    Raises:
        RecordError: There is no run, or it is unfinished, truncated or edited; one line says which.
    """
    record = _unchecked(Path(path))
    if record.state == "running":
        raise RecordError(f"{path} is unfinished: resume the run with the command that started it")
    for artifact in record.artifacts:
        name = artifact["path"]
        if name in (*ROW_FILES.values(), ACTIONS) or (name != CHECKPOINT and (record.path / name).exists()):
            check_artifact(record.path, artifact)
    return record


def find_runs(root: str | Path, *, finished: bool = True) -> list[RunRecord]:
    """Every run below `root`, in the order of their paths.

    Args:
        root: A directory, or a pattern such as ``"runs/ppo-*"``.
        finished: Leave out unfinished runs; otherwise they come too, with what they have.

    Raises:
        RecordError: `root` holds no run at all, or one of the runs is damaged.
    """
    folders = [Path(root)] if Path(root).is_dir() else _matching(Path(root))
    paths = sorted({file.parent for folder in folders for file in folder.rglob("run.json")})
    if not paths:
        raise RecordError(f"{root} holds no runs: train one with python -m scripts.train, or name another place")
    records = (_unchecked(path) for path in paths)
    running = {record.path: record for record in records if record.state == "running"}
    if finished:
        return [read_run(path) for path in paths if path not in running]
    return [running.get(path) or read_run(path) for path in paths]


def _matching(pattern: Path) -> list[Path]:
    relative = pattern.relative_to(pattern.anchor)
    return [path for path in Path(pattern.anchor).glob(str(relative)) if path.is_dir()]


def _unchecked(path: Path) -> RunRecord:
    manifest = read_manifest(path)
    names = ("state", "protocol", "result", "provenance")
    return RunRecord(
        path=path,
        spec=RunSpec.from_json(manifest["spec"]),
        artifacts=tuple(manifest["artifacts"]),
        **{name: manifest[name] for name in names},
    )

"""One run on disk: this module is what writers and readers of runs import.

A run's directory holds ``run.json`` (spec, protocol, result, provenance), ``metrics.jsonl`` (training),
``episodes.jsonl`` and ``actions.npz`` (the final evaluation), ``samples.jsonl`` (text) and ``checkpoint.pt``,
which agents write. The files are the truth: indices, tables and pages are derived from them.

The hashes in ``run.json`` reveal truncated and edited files. They are no signature: who wants to deceive can
compute them anew, which is what `rlenvs.leaderboard.verification` is for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rlenvs.leaderboard.data_files import check_data_files
from rlenvs.leaderboard.evaluation import protocol
from rlenvs.leaderboard.files import RecordError, finite_or_null
from rlenvs.leaderboard.manifest import artifact, new_manifest, read_manifest, write_manifest
from rlenvs.leaderboard.provenance import timestamp
from rlenvs.leaderboard.reading import ACTIONS, CHECKPOINT, ROW_FILES, RunRecord, find_runs, read_run
from rlenvs.leaderboard.run_spec import RunSpec

__all__ = ["RecordError", "RunDirectory", "RunRecord", "RunSpec", "find_runs", "read_run"]

OUTCOMES = ("ok", "failed", "timeout", "killed")


class RunDirectory:
    """A run that is being written. Make one with `open`.

    One process at a time may write a run; this is not enforced.

    Attributes:
        path: The directory.
        spec: What defines the run.
    """

    def __init__(self, path: Path, spec: RunSpec, manifest: dict[str, Any]) -> None:
        self.path = path
        self.spec = spec
        self._manifest = manifest

    @property
    def finished(self) -> bool:
        """True once the run ended with state ``"ok"``; a failed or killed run may be resumed."""
        return self._manifest["state"] == "ok"

    @classmethod
    def open(cls, path: str | Path, spec: RunSpec, *, force: bool = False) -> RunDirectory:
        """Creates the run's directory, or opens the one that is there to go on with the same spec.

        Args:
            path: The directory, by convention ``runs/<run_id>``.
            spec: What defines the run.
            force: Forget what is there and begin again.

        Raises:
            RecordError: The run's ``run.json`` is damaged, or its data files hold something else by now.
            ValueError: The directory holds another run or other files, or the spec breaks its protocol.
        """
        path = Path(path)
        protocol(spec.protocol).check(spec)
        if (path / "run.json").exists():
            manifest = read_manifest(path)
            _check_same_spec(path, RunSpec.from_json(manifest["spec"]), spec)
            if not force:
                check_data_files(manifest["provenance"].get("datasets", ()), spec)
                return cls(path, spec, manifest)
            _remove_files(path, manifest)
        elif path.exists() and any(not entry.name.startswith(".") for entry in path.iterdir()):
            raise ValueError(f"{path} holds files but no run.json: choose an empty or new directory for the run")
        path.mkdir(parents=True, exist_ok=True)
        run = cls(path, spec, new_manifest(spec))
        write_manifest(path, run._manifest)
        return run

    def append(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Appends rows to ``metrics``, ``episodes`` or ``samples``; NaN and infinity are written as null."""
        lines = [json.dumps(finite_or_null(row), separators=(",", ":"), allow_nan=False) for row in rows]
        with self._row_file(name).open("ab") as file:
            file.write("".join(line + "\n" for line in lines).encode())

    def offsets(self) -> dict[str, int]:
        """The row files' sizes in bytes: what a checkpoint stores to be able to `cut_back`."""
        files = {name: self._row_file(name) for name in ROW_FILES}
        return {name: file.stat().st_size if file.exists() else 0 for name, file in files.items()}

    def cut_back(self, offsets: Mapping[str, int]) -> None:
        """Drops every row written after the checkpoint whose `offsets` these are; ``{}`` drops all rows.

        Raises:
            RecordError: A file is shorter than it was at the checkpoint; no file is changed.
        """
        sizes = self.offsets()
        for name, size in sizes.items():
            if size < offsets.get(name, 0):
                raise RecordError(
                    f"{self._row_file(name)} has {size} bytes, at the checkpoint it had {offsets[name]}: "
                    f"rows are lost, train again with force"
                )
        for name, size in sizes.items():
            if size > offsets.get(name, 0):
                with self._row_file(name).open("r+b") as file:
                    file.truncate(offsets.get(name, 0))

    def finish(self, result: Mapping[str, Any], *, state: str = "ok", artifacts: Iterable[str] = ()) -> None:
        """Closes the run: stores its result and the hashes of its files. Write every file before.

        Args:
            result: Scores and costs. Tables read ``score``, ``mean_return``, ``random_return``,
                ``optimal_return``, ``env_steps``, ``wall_s``, ``env_steps_per_s``, ``auc`` and ``label``.
            state: ``"ok"``, ``"failed"``, ``"timeout"`` or ``"killed"``.
            artifacts: Names of further files in the directory to record, such as ``"policy.gif"``.
        """
        if state not in OUTCOMES:
            raise ValueError(f"state is {state!r}: choose one of {', '.join(OUTCOMES)}")
        own = [name for name in (*ROW_FILES.values(), ACTIONS, CHECKPOINT) if (self.path / name).exists()]
        names = dict.fromkeys([*own, *artifacts])
        self._manifest |= {
            "state": state,
            "result": finite_or_null(result),
            "artifacts": [artifact(self.path, name) for name in names],
        }
        self._manifest["provenance"]["ended"] = timestamp()
        write_manifest(self.path, self._manifest)

    def _row_file(self, name: str) -> Path:
        if name not in ROW_FILES:
            raise ValueError(f"name is {name!r}: rows go to one of {', '.join(ROW_FILES)}")
        return self.path / ROW_FILES[name]


def _check_same_spec(path: Path, there: RunSpec, wanted: RunSpec) -> None:
    if there.run_id != wanted.run_id:
        fields = ", ".join(wanted.differences(there))
        raise ValueError(
            f"{path} holds run {there.run_id}, not {wanted.run_id}: they differ in {fields}; choose another directory"
        )


def _remove_files(path: Path, manifest: Mapping[str, Any]) -> None:
    """Deletes what a run wrote, the checkpoint first: without it a resumed run begins at step 0."""
    recorded = [item["path"] for item in manifest["artifacts"]]
    for name in (CHECKPOINT, *ROW_FILES.values(), ACTIONS, *recorded):
        (path / name).unlink(missing_ok=True)

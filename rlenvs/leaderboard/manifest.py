"""``run.json``: what it holds, how it is written and what is checked when it is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rlenvs.leaderboard.data_files import data_files
from rlenvs.leaderboard.evaluation import protocol
from rlenvs.leaderboard.files import RecordError, canonical_json, sha256_of, write_atomically
from rlenvs.leaderboard.provenance import provenance, timestamp
from rlenvs.leaderboard.run_spec import RunSpec

SCHEMA_VERSION = 1
KEYS = ("run_id", "state", "spec", "protocol", "result", "provenance", "artifacts", "record_sha256")


def new_manifest(spec: RunSpec) -> dict[str, Any]:
    """The manifest of a run that starts now."""
    rules, files = protocol(spec.protocol), data_files(spec)
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": spec.run_id,
        "state": "running",
        "spec": spec.to_json(),
        "protocol": {**vars(rules), "eval_every": rules.eval_every(spec.budget), "eval_seeds": "public@1"},
        "result": {},
        "provenance": {**provenance(), **({"datasets": files} if files else {}), "started": timestamp(), "ended": None},
        "artifacts": [],
    }


def write_manifest(directory: Path, manifest: Mapping[str, Any]) -> None:
    """Replaces ``run.json`` in one step, with the hash of its own content in ``record_sha256``."""
    text = json.dumps({**manifest, "record_sha256": _content_hash(manifest)}, indent=1, allow_nan=False)
    write_atomically(directory / "run.json", text.encode() + b"\n")


def read_manifest(directory: Path) -> dict[str, Any]:
    """Reads and checks ``run.json``, but none of the files it lists.

    Raises:
        RecordError: It is missing, truncated, edited or of another schema version.
    """
    file = directory / "run.json"
    if not file.is_file():
        raise RecordError(f"{directory} is no run: it has no run.json")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise RecordError(f"{file} is cut off or no JSON: train the run again") from None
    if not isinstance(manifest, dict) or manifest.get("schema_version") != SCHEMA_VERSION:
        raise RecordError(f"{file} is no run record of schema version {SCHEMA_VERSION}")
    if missing := [key for key in KEYS if key not in manifest]:
        raise RecordError(f"{file} lacks {missing[0]!r}: it was edited, train the run again")
    _check_content(file, manifest)
    return manifest


def _check_content(file: Path, manifest: Mapping[str, Any]) -> None:
    try:
        run_id = RunSpec.from_json(manifest["spec"]).run_id
    except (TypeError, ValueError) as error:
        raise RecordError(f"{file}: {error}") from None
    if run_id != manifest["run_id"]:
        raise RecordError(f"{file} was edited: its spec has run_id {run_id}, recorded is {manifest['run_id']}")
    if manifest["record_sha256"] != _content_hash(manifest):
        raise RecordError(f"{file} was edited: its content does not match its record_sha256")


def _content_hash(manifest: Mapping[str, Any]) -> str:
    content = {key: value for key, value in manifest.items() if key != "record_sha256"}
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def artifact(directory: Path, name: str) -> dict[str, Any]:
    """Name, hash and size of a file of the run's directory."""
    file = directory / name
    if Path(name).name != name or not file.is_file():
        raise ValueError(f"artifacts names {name!r}: give the name of a file in {directory}")
    return {"path": name, "sha256": sha256_of(file), "bytes": file.stat().st_size}


def check_artifact(directory: Path, recorded: Mapping[str, Any]) -> None:
    """Raises RecordError unless a recorded file is there with the bytes it had when the run finished."""
    file = directory / recorded["path"]
    if not file.is_file():
        raise RecordError(f"{file} is missing: run.json lists it; copy the whole directory or train again")
    if sha256_of(file) != recorded["sha256"]:
        raise RecordError(f"{file} was changed after the run finished: its SHA-256 is not the recorded one")

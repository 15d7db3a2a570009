"""The data files that a run's environment reads: which they are, and whether they still hold what they held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rlenvs.leaderboard.files import RecordError, sha256_of
from rlenvs.leaderboard.run_spec import RunSpec
from rlenvs.tasks.dataset_files import PREFIX, find_files


def data_files(spec: RunSpec) -> list[dict[str, Any]]:
    """For every data file its path, split, SHA-256, rows and format; empty where the arguments name none.

    Raises:
        ValueError: There is no such file, or one cannot be read.
    """
    if not (task := _file_task(spec)):
        return []
    from rlenvs.tasks.dataset_code import file_task

    return file_task(task).provenance


def check_data_files(recorded: Iterable[Mapping[str, Any]], spec: RunSpec) -> None:
    """Raises RecordError unless the files that `spec` names hold, here and now, what they held when the run began.

    They may lie elsewhere: an environment looks for them in the working directory and below ``$RLENVS_DATA``.

    Raises:
        RecordError: One is missing, was added or has other content.
    """
    if not (task := _file_task(spec)):
        return
    try:
        files = {sha256_of(path): path for path in find_files(task)}
    except ValueError as error:
        raise RecordError(f"the run's data are not here: {error}") from None
    held = {file["sha256"]: file["path"] for file in recorded}
    if changed := sorted({str(files[key]) for key in files.keys() - held} | {held[key] for key in held.keys() - files}):
        raise RecordError(
            f"{', '.join(changed)} does not hold what it held when the run began: bring the file back, "
            f"or train again with --force"
        )


def _file_task(spec: RunSpec) -> str | None:
    task = spec.env_kwargs.get("task")
    return task if isinstance(task, str) and task.startswith(PREFIX) else None

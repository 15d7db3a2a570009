"""Metrics beside the record, for tools that watch trainings: TensorBoard (the extra `tb`).

Chosen for a process and its workers by the environment variable `RLENVS_LOG`, which `--log` of the commands sets. It is
no part of a specification: a run that is watched is the same run. The record's `metrics.jsonl` stays the truth.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

LOG = "RLENVS_LOG"
TRACKERS = ("tensorboard",)


class Tracker:
    """Copies the rows of a run's metrics to TensorBoard where that was asked for; elsewhere does nothing.

    Raises:
        ValueError: `RLENVS_LOG` names another tracker.
        ImportError: TensorBoard is not installed.
    """

    def __init__(self) -> None:
        self.writer_class = _summary_writer() if _chosen() else None
        self.writer: Any = None

    def open(self, run_dir: Path, first_step: int) -> None:
        """Writes to `<run_dir>/tensorboard` from now on; what stands there from `first_step` on is not shown again."""
        if self.writer_class is not None:
            self.writer = self.writer_class(str(run_dir / "tensorboard"), purge_step=first_step)

    def log(self, row: dict[str, Any]) -> None:
        """Writes every number of a row as a scalar at its `step`; it is on disk afterwards."""
        if self.writer is not None:
            for name, value in row.items():
                if name != "step":
                    self.writer.add_scalar(name, value, row["step"])
            self.writer.flush()

    def close(self) -> None:
        """Ends the file."""
        if self.writer is not None:
            self.writer.close()


def _chosen() -> str:
    name = os.environ.get(LOG, "")
    if name and name not in TRACKERS:
        raise ValueError(f"{LOG}={name!r}: choose {', '.join(TRACKERS)}, or leave it out")
    return name


def _summary_writer() -> type[Any]:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ImportError("TensorBoard is missing: pip install 'rlenvs-suite[tb]'") from error
    return SummaryWriter

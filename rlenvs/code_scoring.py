"""Judging a file of programs: `rlenvs score --code FILE.jsonl`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rlenvs.sandbox.pool import Pool
from rlenvs.scoring import Summary, parsed_object, score_rows
from rlenvs.verifiers.code import judge_many
from rlenvs.verifiers.verdict import Verdict

FIELDS = (
    "entry_point", "cases", "stdin_cases", "tests", "setup", "tolerance", "unordered", "python_equality",
    "partial_credit",
)  # fmt: skip
"""What a line may say besides `source`, as `rlenvs.verifiers.code.judge` has it; other fields are kept and ignored."""

LINES_A_WORKER = 16
"""So many are judged before their verdicts are written."""


def score_programs(path: str | Path, out: str | Path, pool: Pool) -> Summary:
    """Judges a file of lines ``{"source": ..., "entry_point": ..., "cases": [...]}`` and the like.

    Raises:
        ValueError, TypeError: A line poses no problem; the message names file and line.
        SandboxRefusedError: Programs cannot be kept in here.
    """
    pool.report()  # that the sandbox cannot be had is told before anything is read
    return score_rows(path, out, lambda lines: judged_programs(lines, pool))


def judged_programs(path: Path, pool: Pool) -> Iterator[tuple[dict[str, Any], Verdict]]:
    """The lines with their verdicts, which do not repeat the source."""
    with path.open(encoding="utf-8") as file:
        rows = (_row(line, f"{path}, line {number}") for number, line in enumerate(file, start=1) if line.strip())
        while batch := list(itertools.islice(rows, LINES_A_WORKER * pool.workers)):
            problems = [{name: row[name] for name in ("source", *FIELDS) if name in row} for row, _ in batch]
            verdicts = judge_many(problems, pool, [place for _, place in batch])
            for (row, _), verdict in zip(batch, verdicts, strict=True):
                yield row, verdict._replace(extracted=None)


def _row(line: str, place: str) -> tuple[dict[str, Any], str]:
    row = parsed_object(line, place, "source and cases, stdin_cases or tests")
    if "source" not in row:
        raise ValueError(f"{place}: give the field source; there are {sorted(row)}")
    return row, place

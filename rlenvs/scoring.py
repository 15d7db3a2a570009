"""Judging a file of responses: `rlenvs score FILE.jsonl`, or of programs: `rlenvs score --code FILE.jsonl`."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlenvs.verifiers.math import Gold, verify
from rlenvs.verifiers.verdict import STATUSES, Verdict

if TYPE_CHECKING:
    from rich.table import Table

TEXTS = ("response", "prediction")
"""Fields that hold what is judged: a whole response, or an answer that was extracted already."""


Judged = Callable[[Path], Iterator[tuple[dict[str, Any], Verdict]]]


@dataclass
class Summary:
    """What came out of a file: how many lines of each status and stage, and how long they took."""

    statuses: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def lines(self) -> int:
        """How many lines were judged."""
        return self.statuses.total()

    @property
    def accuracy(self) -> float:
        """The share of right answers among the lines that the verifier could judge; 0 without lines."""
        judged = self.lines - self.statuses["error"]
        return self.statuses["correct"] / judged if judged else 0.0

    def to_json(self) -> dict[str, Any]:
        """All figures as plain JSON types."""
        rate = self.lines / self.seconds if self.seconds else 0.0
        return {
            "lines": self.lines,
            "accuracy": self.accuracy,
            "statuses": dict(self.statuses),
            "stages": dict(self.stages),
            "verdicts_per_second": rate,
        }


def score_file(path: str | Path, out: str | Path, extraction: str = "auto") -> Summary:
    """`score_rows` for mathematical answers.

    Args:
        path: Lines ``{"gold": ..., "response": ...}`` or ``{"gold": ..., "prediction": ...}``; other fields are kept.
        out: The same lines with a field ``verdict``: reward, status, extracted, stage and reason.
        extraction: How answers are found in responses; predictions are answers as they stand.
    """
    return score_rows(path, out, lambda lines: judged_rows(lines, extraction))


def score_rows(path: str | Path, out: str | Path, judged: Judged) -> Summary:
    """Judges every line of a file and writes each with its verdict to another file, which appears when all is done.

    Args:
        path: Lines of JSON objects.
        out: The same lines with a field ``verdict``.
        judged: Yields the lines of a file with their verdicts.

    Raises:
        ValueError: No such file, or nothing in it; a line is no JSON object or lacks a field: the message names file,
            line and field.
    """
    summary, out = Summary(), Path(out)
    if not Path(path).is_file():
        raise ValueError(f"{path} is no file: give one with a line of JSON for every answer")
    start = time.perf_counter()
    with tempfile.NamedTemporaryFile("w", dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
        try:
            for row, verdict in judged(Path(path)):
                summary.statuses[verdict.status] += 1
                summary.stages[verdict.detail["stage"]] += 1
                file.write(json.dumps(row | {"verdict": _plain(verdict)}) + "\n")
            if not summary.lines:
                raise ValueError(f"{path} holds no lines: give one with a line of JSON for every answer")
            file.flush()
            os.replace(file.name, out)
        except BaseException:
            os.unlink(file.name)
            raise
    summary.seconds = time.perf_counter() - start
    return summary


def judged_rows(path: Path, extraction: str) -> Iterator[tuple[dict[str, Any], Verdict]]:
    """The lines of a file with their verdicts; an ``error`` of the verifier is tried once more."""
    for row, gold, text, name in read_rows(path):
        how = extraction if name == "response" else "exact"
        verdict = verify(gold, text, how)
        if verdict.status == "error":
            verdict = verify(gold, text, how)
        yield row, verdict


def read_rows(path: Path) -> Iterator[tuple[dict[str, Any], Gold, str, str]]:
    """Each line as a dictionary, with its gold answer, its text and the name of the text's field."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _checked(line, f"{path}, line {number}")


def parsed_object(line: str, place: str, fields: str) -> dict[str, Any]:
    """The JSON object in a line; errors name the place and the fields it should have."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{place}: no JSON ({error.msg} at column {error.colno})") from error
    if not isinstance(row, dict):
        raise ValueError(f"{place}: {type(row).__name__} instead of an object with {fields}")
    return row


def table(summary: Summary) -> Table:
    """Statuses with their counts and shares."""
    from rich.table import Table

    result = Table(box=None, header_style="bold", pad_edge=False)
    result.add_column("status")
    result.add_column("lines", justify="right")
    result.add_column("share", justify="right")
    for status in STATUSES:
        if count := summary.statuses[status]:
            result.add_row(status, str(count), f"{count / summary.lines:.1%}")
    return result


def _checked(line: str, place: str) -> tuple[dict[str, Any], Gold, str, str]:
    row = parsed_object(line, place, "gold and response or prediction")
    names = [name for name in TEXTS if name in row]
    if "gold" not in row or len(names) != 1:
        raise ValueError(f"{place}: give the field gold and one of {' and '.join(TEXTS)}; there are {sorted(row)}")
    if not isinstance(row[names[0]], str):
        raise ValueError(f"{place}: field {names[0]} is {row[names[0]]!r:.60}: it must be a string")
    return row, _gold(row["gold"], place), row[names[0]], names[0]


def _gold(value: Any, place: str) -> Gold:
    golds = value if isinstance(value, list) else [value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not golds or not all(isinstance(gold, str) and gold.strip() for gold in golds):
        raise ValueError(f"{place}: field gold is {value!r:.60}: it must be an answer or a list of accepted answers")
    return golds


def _plain(verdict: Verdict) -> dict[str, Any]:
    return {"reward": verdict.reward, "status": verdict.status, "extracted": verdict.extracted} | verdict.detail

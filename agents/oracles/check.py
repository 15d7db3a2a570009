"""Runs a file of reference cases and compares within its tolerances."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.oracles.case import Case, MalformedCase, NotCovered, Outcome, as_tensor
from agents.oracles.kinds import compute

REMARKS = ("metrics", "loss_counts_over_600_seeds")
"""Fields of `expected` that a kind does not promise: what a reference logged beside its result."""


@dataclass(frozen=True)
class Tolerance:
    """Values agree where |ours - theirs| <= atol + rtol |theirs|."""

    atol: float = 1e-6
    rtol: float = 1e-6


@dataclass
class Report:
    """Outcome by case: ids that passed, and (id, reason) for the rest."""

    passed: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    not_covered: list[tuple[str, str]] = field(default_factory=list)

    def summary(self) -> str:
        """The last line of the command."""
        return f"{len(self.passed)} passed, {len(self.failed)} failed, {len(self.not_covered)} not covered"

    def add(self, other: Report) -> None:
        """Take in the outcome of another file."""
        self.passed += other.passed
        self.failed += other.failed
        self.not_covered += other.not_covered


def check_file(path: Path) -> Report:
    """Run every case of an oracle file.

    Raises:
        ValueError: The file cannot be read, is no JSON, or not of the format; one line that says where.
    """
    document = _load(path)
    tolerances = _tolerances(document, path)
    report = Report()
    try:
        for position, raw in enumerate(document["cases"]):
            case = Case.parse(raw, position)
            check_case(case, _tolerance_of(case, raw, tolerances), report)
    except MalformedCase as error:
        raise ValueError(f"{path}: {error}") from error
    return report


def check_case(case: Case, tolerance: Tolerance, report: Report) -> None:
    """Compute a case, compare, and enter it in the report."""
    try:
        outcome = compute(case)
    except NotCovered as reason:
        report.not_covered.append((case.id, str(reason)))
    except MalformedCase:
        raise
    except (ValueError, IndexError, TypeError, RuntimeError) as error:
        report.failed.append((case.id, f"{type(error).__name__}: {str(error).splitlines()[0]}"))
    else:
        problems = differences(case, outcome, tolerance)
        report.failed += [(case.id, problem) for problem in problems[:1]]
        report.passed += [] if problems else [case.id]


def differences(case: Case, outcome: Outcome, tolerance: Tolerance) -> list[str]:
    """What does not agree, a line each; the worst entry of every array."""
    compare_at = outcome.pop("compare_at", None)
    wanted = {name: value for name, value in case.expected.items() if name not in REMARKS}
    if not wanted:
        raise MalformedCase(f"case {case.id!r}: expected is empty")
    problems = []
    for name, values in wanted.items():
        theirs = as_tensor(values, torch.float64, f"case {case.id!r}: expected.{name}")
        if name not in outcome:
            problems.append(f"{name}: not computed for kind {case.kind}")
        elif name == "loss_any_of":
            problems += _outside(outcome[name].double(), theirs, tolerance)
        else:
            problems += _unequal(name, outcome[name].double(), theirs, compare_at, tolerance)
    return problems


def _unequal(
    name: str, ours: Tensor, theirs: Tensor, compare_at: Tensor | None, tolerance: Tolerance
) -> list[str]:
    if ours.numel() == theirs.numel() == 1:
        ours, theirs = ours.reshape(()), theirs.reshape(())
    if ours.shape != theirs.shape:
        return [f"{name}: shape {tuple(ours.shape)}, expected {tuple(theirs.shape)}"]
    if compare_at is not None:
        ours, theirs = ours[compare_at], theirs[compare_at]
    wrong = ~torch.isclose(ours, theirs, rtol=tolerance.rtol, atol=tolerance.atol, equal_nan=True)
    if not bool(wrong.any()):
        return []
    error = torch.where(wrong, (ours - theirs).abs().nan_to_num(torch.inf), -1.0).flatten()
    worst = int(error.argmax())
    got, expected = ours.flatten()[worst].item(), theirs.flatten()[worst].item()
    return [f"{name}: {got:.9g}, expected {expected:.9g} ({int(wrong.sum())} of {wrong.numel()} differ)"]


def _outside(ours: Tensor, admissible: Tensor, tolerance: Tolerance) -> list[str]:
    close = torch.isclose(ours.unsqueeze(-1), admissible, rtol=tolerance.rtol, atol=tolerance.atol).any(-1)
    return [] if bool(close.all()) else [f"loss_any_of: {ours[~close][0].item():.9g} is none of them"]


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise ValueError(f"{path}: is no JSON text ({error})") from error
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list) or not document["cases"]:
        raise ValueError(f"{path}: has no list of cases; expected an object with a non-empty field 'cases'")
    return document


def _tolerances(document: dict[str, Any], path: Path) -> dict[str, Any]:
    conventions = document.get("conventions", {})
    tolerances = conventions.get("tolerance", {}) if isinstance(conventions, dict) else None
    if not isinstance(tolerances, dict):
        raise ValueError(f"{path}: conventions.tolerance is no object")
    return tolerances


def _tolerance_of(case: Case, raw: dict[str, Any], tolerances: dict[str, Any]) -> Tolerance:
    """The file's default, then that of single precision, of the source (first part of the id), of the case.

    Entries of the header that are prose, not numbers, explain and do not bind.
    """
    precision = tolerances.get("fp32") if case.single_precision else None
    steps = (
        tolerances.get("default"),
        precision,
        tolerances.get(case.id.split("/")[0]),
        raw.get("tolerance"),
    )
    values: dict[str, float] = {}
    for step in steps:
        if isinstance(step, dict):
            values |= {name: step[name] for name in ("atol", "rtol") if name in step}
    if not all(isinstance(value, int | float) and value >= 0 for value in values.values()):
        raise MalformedCase(
            f"case {case.id!r}: tolerance is {values}, expected numbers that are not negative"
        )
    return Tolerance(**values)

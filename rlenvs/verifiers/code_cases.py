"""What became of one test case, and the verdict that follows from all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlenvs.sandbox.execution import Execution
from rlenvs.verifiers.verdict import Verdict

TIME_LIMITS = ("case cpu", "case wall", "cpu", "wall")
REASONS = {
    "disk": "wrote too many files",
    "reply": "answered or printed too much",
    "orphan": "lost its judge",
    "host": "was ended",
}
NOT_RUN = "not run"
MAX_TEXT = 500


@dataclass(frozen=True)
class CaseResult:
    """One case.

    Attributes:
        passed: Whether its answer is the expected one.
        reason: Why not: `wrong answer`, `exception`, `memory`, `timeout`, `exit`, `crash`, `syntax`, `missing entry
            point`, `not plain data`, `too long`, `disk`, `reply`, `not run`; empty if it passed.
        message: The same for people.
        seconds: How long it took by the clock.
    """

    passed: bool
    reason: str = ""
    message: str = ""
    seconds: float = 0.0


def passed(seconds: float) -> CaseResult:
    """A case that is right."""
    return CaseResult(True, seconds=round(seconds, 6))


def failed(reason: str, message: str, seconds: float = 0.0) -> CaseResult:
    """A case that is not right."""
    return CaseResult(False, reason, message, round(seconds, 6))


def failure_told(answer: Mapping[str, Any], seconds: float) -> CaseResult | None:
    """The failure that a program itself tells, None if it tells a value."""
    if "malformed" in answer:
        return failed("syntax", _told(answer["malformed"], answer), seconds)
    raised = answer.get("raised", answer.get("unloaded"))
    if raised is not None:
        text = _told(raised, answer)
        return failed("memory" if text.startswith("MemoryError") else "exception", text, seconds)
    if "missing" in answer:
        return failed("missing entry point", f"there is no {_text(answer['missing'])}", seconds)
    if "refused" in answer:
        return failed("not plain data", _text(answer["refused"]), seconds)
    return None if "value" in answer else failed("not plain data", "no value", seconds)


def failure_seen(run: Execution) -> CaseResult:
    """The failure of a program that did not answer, as the sandbox saw it."""
    if run.ending in TIME_LIMITS:
        kind = "processor time" if run.ending.endswith("cpu") else "time"
        return failed("timeout", f"ran out of {kind} ({run.ending} limit)", run.wall)
    if run.ending in REASONS:
        return failed(run.ending, REASONS[run.ending], run.wall)
    if run.exit_code < 0:
        return failed("crash", f"ended by signal {-run.exit_code}", run.wall)
    return failed("exit", f"ended with exit code {run.exit_code}", run.wall)


def verdict(
    source: str, results: Sequence[CaseResult], partial_credit: bool, failing: Mapping[str, Any], layers: Any
) -> Verdict:
    """All cases' verdict: right if all are; else the first that is not tells why.

    Args:
        source: What was judged.
        results: A result a case.
        partial_credit: Whether the reward is the share of cases that passed.
        failing: What is known about the first case that failed: inputs, expected and actual answer.
        layers: What kept the program in.
    """
    right = sum(result.passed for result in results)
    detail: dict[str, Any] = {
        "stage": "sandbox",
        "reason": "",
        "passed": right,
        "total": len(results),
        "cases": [dict(vars(result)) for result in results],
        "sandbox": layers,
    }
    first = next((place for place, result in enumerate(results) if not result.passed), None)
    if first is None:
        return Verdict(1.0, "correct", source, detail)
    reason = results[first].reason
    detail |= {"reason": reason, "failing": {"case": first, "message": results[first].message, **failing}}
    status = {"syntax": "malformed", "too long": "malformed", "timeout": "timeout"}.get(reason, "wrong")
    return Verdict(right / len(results) if partial_credit else 0.0, status, source, detail)


def error(source: str, reason: str) -> Verdict:
    """The sandbox's own failure: nothing is known about the program."""
    return Verdict(0.0, "error", source, {"stage": "sandbox", "reason": reason})


def _told(described: Any, answer: Mapping[str, Any]) -> str:
    """An exception's name, message and line, as the program tells them."""
    name, text = described if isinstance(described, list) and len(described) == 2 else ("Exception", "")
    line = answer.get("line")
    place = f" (line {line})" if type(line) is int and 0 < line < 10**6 else ""
    return f"{_text(name)}{': ' if text else ''}{_text(text)}{place}"


def _text(value: Any) -> str:
    """What a program says where a text belongs."""
    return value[:MAX_TEXT] if type(value) is str else "..."

"""Cases of a function: arguments go in, values come out, and are compared here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlenvs.sandbox.comparison import Rule, equal, is_true
from rlenvs.sandbox.encoding import decode, encode
from rlenvs.sandbox.execution import Execution
from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.showing import show
from rlenvs.verifiers.code_cases import NOT_RUN, CaseResult, failed, failure_seen, failure_told, passed

MAX_INPUTS = 10_000_000
KEYS = {"args", "kwargs", "expected"}


@dataclass(frozen=True)
class FunctionCase:
    """A call and what it should return, encoded.

    Attributes:
        args: The arguments' list.
        kwargs: The keyword arguments' dictionary.
        expected: The value.
        relation: `equal` to it, or just `true` or `false`.
    """

    args: Any
    kwargs: Any
    expected: Any = None
    relation: str = "equal"


def read_cases(cases: Sequence[Mapping[str, Any]]) -> list[FunctionCase]:
    """Cases as a caller gives them.

    Raises:
        ValueError: A case lacks `args` or `expected`, or has other keys.
        TypeError: A value is no plain data.
    """
    return [_read_case(case, f"cases[{number}]") for number, case in enumerate(cases)]


def _read_case(case: Mapping[str, Any], name: str) -> FunctionCase:
    if not isinstance(case, Mapping) or not {"args", "expected"} <= case.keys() <= KEYS:
        raise ValueError(f"{name} must have the keys args, expected and, if need be, kwargs, got {case!r:.100}")
    args, kwargs = case["args"], case.get("kwargs", {})
    if not isinstance(args, list | tuple) or not isinstance(kwargs, Mapping) or not all(map(_is_text, kwargs)):
        raise TypeError(f"{name} must have a list of args and a dictionary of kwargs, got {case!r:.100}")
    try:
        return FunctionCase(encode(list(args), MAX_INPUTS), encode(dict(kwargs), MAX_INPUTS), encode(case["expected"]))
    except TypeError as problem:
        raise TypeError(f"{name} must hold plain data: {problem}") from None


def run_function(
    pool: Pool, source: str, entry_point: str, cases: Sequence[FunctionCase], rule: Rule, limits: Limits
) -> tuple[list[CaseResult], dict[str, Any]]:
    """A result a case, and what is known about the first that failed."""
    run = _run(pool, source, entry_point, cases, limits)
    results = _results(run, cases, rule)
    first = next((place for place, result in enumerate(results) if not result.passed), None)
    return results, {} if first is None else _failing(run, cases, first)


def values_of(pool: Pool, source: str, entry_point: str, inputs: Sequence[Sequence[Any]], limits: Limits) -> list[Any]:
    """What a trusted function returns for lists of arguments, computed in the sandbox all the same.

    Raises:
        ValueError: It fails on one of them.
        SandboxError: The sandbox has failed twice.
    """
    run = _run(pool, source, entry_point, read_cases([{"args": args, "expected": None} for args in inputs]), limits)
    values = []
    for place in range(len(inputs)):
        answer = run.answers[place] if place < len(run.answers) else None
        failure = failure_told(answer, 0.0) if isinstance(answer, dict) else failure_seen(run)
        if failure is not None:
            raise ValueError(f"{entry_point} fails on input {place}: {failure.message}")
        values.append(decode(run.answers[place]["value"]))
    return values


def _run(pool: Pool, source: str, entry_point: str, cases: Sequence[FunctionCase], limits: Limits) -> Execution:
    calls = [{"args": case.args, "kwargs": case.kwargs} for case in cases]
    job = {"role": "function", "source": source, "entry_point": entry_point, "cases": calls}
    return pool.run(job, limits, answers=len(cases))


def _results(run: Execution, cases: Sequence[FunctionCase], rule: Rule) -> list[CaseResult]:
    """Answers are taken in order; the first case without one is where the program has ended."""
    results: list[CaseResult] = []
    before = 0.0
    for case, answer, moment in zip(cases, run.answers, run.moments, strict=False):
        results.append(_judged(case, answer, rule, moment - before))
        before = moment
        if not isinstance(answer, dict) or "malformed" in answer or "unloaded" in answer:
            break
    else:
        if len(results) < len(cases):
            results.append(failure_seen(run))
    return results + [failed(NOT_RUN, "the program had ended")] * (len(cases) - len(results))


def _judged(case: FunctionCase, answer: Any, rule: Rule, seconds: float) -> CaseResult:
    if not isinstance(answer, dict):
        return failed("not plain data", "an answer that is none", seconds)
    if (failure := failure_told(answer, seconds)) is not None:
        return failure
    value = answer["value"]
    if equal(case.expected, value, rule) if case.relation == "equal" else is_true(value) == (case.relation == "true"):
        return passed(seconds)
    return failed("wrong answer", f"{show(value)} instead of {_wanted(case)}", seconds)


def _failing(run: Execution, cases: Sequence[FunctionCase], place: int) -> dict[str, Any]:
    """What a person needs to see about a case."""
    case, answer = cases[place], run.answers[place] if place < len(run.answers) else None
    found = {"arguments": show(case.args)[1:-1], "expected": _wanted(case)}
    if case.kwargs["dict"]:
        found["keywords"] = show(case.kwargs)
    return found | ({"got": show(answer["value"])} if isinstance(answer, dict) and "value" in answer else {})


def _wanted(case: FunctionCase) -> str:
    return show(case.expected) if case.relation == "equal" else f"something that is {case.relation}"


def _is_text(value: object) -> bool:
    return isinstance(value, str)

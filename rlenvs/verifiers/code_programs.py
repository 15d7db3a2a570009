"""Cases of a program: text goes to its standard input, and its standard output is compared here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rlenvs.sandbox.comparison import close_numbers
from rlenvs.sandbox.execution import Execution
from rlenvs.sandbox.limits import MAX_FILE_BYTES, Limits
from rlenvs.sandbox.pool import Pool
from rlenvs.verifiers.code_cases import NOT_RUN, CaseResult, failed, failure_seen, failure_told, passed

MAX_SHOWN = 200
_NUMBER = re.compile(r"[+-]?(\d++(\.\d*+)?|\.\d++)([eE][+-]?\d++)?", re.ASCII)
"""Takes digits once: a program may print millions of them."""


@dataclass(frozen=True)
class ProgramCase:
    """What is read and what should be printed."""

    stdin: str
    expected: str


def read_stdin_cases(cases: Sequence[Mapping[str, Any]]) -> list[ProgramCase]:
    """Cases as a caller gives them.

    Raises:
        ValueError: A case has not exactly the keys `stdin` and `expected`.
        TypeError: One of them is no text.
    """
    read = []
    for number, case in enumerate(cases):
        if not isinstance(case, Mapping) or case.keys() != {"stdin", "expected"}:
            raise ValueError(f"stdin_cases[{number}] must have the keys stdin and expected, got {case!r:.100}")
        if not all(isinstance(text, str) for text in case.values()):
            raise TypeError(f"stdin_cases[{number}] must hold texts, got {case!r:.100}")
        read.append(ProgramCase(_checked_input(case["stdin"], number), case["expected"]))
    return read


def run_program(
    pool: Pool, source: str, cases: Sequence[ProgramCase], tolerance: float, limits: Limits
) -> tuple[list[CaseResult], dict[str, Any]]:
    """A result a case, and what is known about the first that failed.

    Every case has a process of its own. Cases that begin when the program's time is used up, or that follow a source
    that does not compile, are not run.
    """
    results: list[CaseResult] = []
    failing: dict[str, Any] = {}
    wall, cpu = limits.wall_seconds, limits.cpu_seconds
    for case in cases:
        if wall <= 0 or cpu <= 0 or (results and results[-1].reason == "syntax"):
            results.append(failed(NOT_RUN, "the program's time was over, or it cannot be run"))
            continue
        run = pool.run(
            {"role": "program", "source": source, "stdin": case.stdin},
            replace(limits, wall_seconds=wall, cpu_seconds=cpu),
            capture=True,
        )
        wall, cpu = wall - run.wall, cpu - run.cpu
        output = run.output.decode("utf-8", "surrogateescape")
        results.append(_judged(case, run, output, tolerance))
        if not results[-1].passed and not failing:
            failing = {"stdin": _cut(case.stdin), "expected": _cut(case.expected), "got": _cut(output)}
    return results, failing


def equal_text(expected: str, output: str, tolerance: float) -> bool:
    """Whether an output is what it should be, up to blanks at the ends of lines and empty lines at the end.

    With a tolerance, numbers between blanks may differ by it, absolute up to 1 and relative beyond.
    """
    output, expected = output.rstrip(), expected.rstrip()
    if output.count("\n") != expected.count("\n"):  # before millions of empty lines become a list
        return False
    lines, wanted = ([line.rstrip() for line in text.split("\n")] for text in (output, expected))
    if lines == wanted or not tolerance:
        return lines == wanted
    return all(_close_lines(one, other, tolerance) for one, other in zip(wanted, lines, strict=True))


def _judged(case: ProgramCase, run: Execution, output: str, tolerance: float) -> CaseResult:
    if run.ending == "exit" and run.exit_code == 0:
        if equal_text(case.expected, output, tolerance):
            return passed(run.wall)
        return failed("wrong answer", f"printed {_cut(output)!r} instead of {_cut(case.expected)!r}", run.wall)
    told = run.answers[0] if run.ending == "exit" and run.exit_code == 1 and run.answers else None
    if isinstance(told, dict) and (failure := failure_told(told, run.wall)) is not None:
        return failure
    return failure_seen(run)


def _checked_input(text: str, number: int) -> str:
    try:
        size = len(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError as problem:
        raise ValueError(f"stdin_cases[{number}] must be a text that UTF-8 can say: {problem.reason}") from None
    if size > MAX_FILE_BYTES:
        raise ValueError(f"stdin_cases[{number}] must have at most {MAX_FILE_BYTES} bytes of stdin, got {size}")
    return text


def _close_lines(expected: str, line: str, tolerance: float) -> bool:
    wanted, words = expected.split(), line.split()
    return len(wanted) == len(words) and all(
        one == other or _close_words(one, other, tolerance) for one, other in zip(wanted, words, strict=True)
    )


def _close_words(expected: str, word: str, tolerance: float) -> bool:
    if not (_NUMBER.fullmatch(expected) and _NUMBER.fullmatch(word)):
        return False
    return close_numbers(float(expected), float(word), tolerance)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."

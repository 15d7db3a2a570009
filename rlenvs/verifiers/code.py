"""Judges programs: are all test cases passed? What a model wrote runs in the sandbox, what is expected stays here.

    judge("def double(x): return 2 * x", entry_point="double", cases=[{"args": [2], "expected": 4}]).reward    # 1.0
    judge("print(int(input()) * 2)", stdin_cases=[{"stdin": "2", "expected": "4"}]).status                     # correct

Thread-safe; from an event loop, call it in a thread (`asyncio.to_thread`), for it waits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rlenvs.sandbox.comparison import Rule
from rlenvs.sandbox.limits import MAX_SOURCE_BYTES, Limits
from rlenvs.sandbox.pool import Pool, shared_pool
from rlenvs.sandbox.worker import SandboxError, SandboxRefusedError
from rlenvs.verifiers.code_asserts import read_asserts
from rlenvs.verifiers.code_cases import CaseResult, error, failed, verdict
from rlenvs.verifiers.code_functions import read_cases, run_function
from rlenvs.verifiers.code_programs import read_stdin_cases, run_program
from rlenvs.verifiers.code_tests import run_tests
from rlenvs.verifiers.verdict import Verdict

Run = Callable[[Pool, Limits], tuple[list[CaseResult], dict[str, Any]]]


def judge(
    source: str,
    *,
    entry_point: str | None = None,
    cases: Sequence[Mapping[str, Any]] | None = None,
    stdin_cases: Sequence[Mapping[str, Any]] | None = None,
    tests: str | None = None,
    setup: str = "",
    tolerance: float = 0.0,
    unordered: bool = False,
    python_equality: bool = False,
    partial_credit: bool = False,
    limits: Limits | None = None,
    pool: Pool | None = None,
) -> Verdict:
    r"""Judges a source by `cases` of a function, by `stdin_cases` of a program, or by assert-style `tests`.

    Args:
        source: Python, as it came from a model.
        entry_point: The function to call; `Class.method` calls it on a new instance each time.
        cases: `{"args": [...], "expected": value}` each, and `kwargs` if need be. Plain data; lists and tuples are
            equal if no tuple is expected, True is not 1, 1 is 1.0.
        stdin_cases: `{"stdin": text, "expected": text}` each; blanks at the ends of lines and empty lines at the end
            do not count, and `\r\n` is `\n`.
        tests: Trusted code with `assert f(...) == ...` lines or a function `check(candidate)`.
        setup: Trusted code that tests need, such as helpers given with the problem.
        tolerance: How far numbers may lie apart, absolute up to 1 and relative beyond.
        unordered: Whether the outermost list may have another order; a set will do then.
        python_equality: Whether values of `cases` are equal as ``==`` has it: True is 1, a list is no tuple.
        partial_credit: Whether the reward is the share of cases that passed, else 1 if all did and 0 otherwise.
        limits: Time and memory, by default `Limits()`.
        pool: Where it runs, by default a pool that this process shares.

    Returns:
        `correct`; `malformed` if it does not compile; `timeout`; `wrong`, where `detail["reason"]` tells a wrong
        answer from an exception, too much memory, a crash and others; `error` if the sandbox itself has failed twice.
        The detail has a result a case, the first that failed, and the sandbox's layers.

    Raises:
        ValueError, TypeError: The problem is not posed as described here.
        SandboxRefusedError: This system cannot keep programs in; the message has the remedy.
    """
    _check_source(source)
    limits, pool = limits or Limits(), pool or shared_pool()
    run = _prepared(source, entry_point, cases, stdin_cases, tests, setup, _rule(tolerance, unordered, python_equality))
    if len(source) > MAX_SOURCE_BYTES:
        too_long = failed("too long", f"more than {MAX_SOURCE_BYTES} characters")
        return verdict(source, [too_long], partial_credit, {}, pool.layers())
    try:
        results, failing = run(pool, limits)
        return verdict(source, results, partial_credit, failing, pool.layers())
    except SandboxRefusedError:
        raise
    except SandboxError as problem:
        return error(source, str(problem))


def judge_many(
    problems: Sequence[Mapping[str, Any]], pool: Pool | None = None, places: Sequence[str] | None = None
) -> list[Verdict]:
    """Verdicts in order, as many at a time as the pool has workers.

    Args:
        problems: The arguments of `judge` by name, `source` among them.
        pool: Where they run, by default the pool that this process shares.
        places: What errors say of where a problem comes from, by default its number.

    Raises:
        ValueError, TypeError: As `judge`, with the problem's place before the message.
    """
    shared = pool or shared_pool()

    def judge_one(problem: Mapping[str, Any], place: str) -> Verdict:
        try:
            return judge(**{"pool": shared, **problem})
        except (ValueError, TypeError) as error:
            raise type(error)(f"{place}: {error}") from None

    named = places or [f"problems[{n}]" for n in range(len(problems))]
    with ThreadPoolExecutor(shared.workers) as threads:
        try:
            verdicts = threads.map(judge_one, problems, named)
        except RuntimeError:  # this machine starts no more threads now
            verdicts = map(judge_one, problems, named)
        return list(verdicts)


def _prepared(
    source: str,
    entry_point: str | None,
    cases: Sequence[Mapping[str, Any]] | None,
    stdin_cases: Sequence[Mapping[str, Any]] | None,
    tests: str | None,
    setup: str,
    rule: Rule,
) -> Run:
    """What has to be run, with everything checked that a caller can get wrong."""
    given = {"cases": cases, "stdin_cases": stdin_cases, "tests": tests}
    named = [name for name, value in given.items() if value]
    if len(named) != 1:
        raise ValueError(f"give one of {', '.join(given)} with something in it, got {' and '.join(named) or 'none'}")
    if stdin_cases:
        programs = read_stdin_cases(stdin_cases)
        return lambda pool, limits: run_program(pool, source, programs, rule.tolerance, limits)
    if not isinstance(entry_point, str) or not all(part.isidentifier() for part in entry_point.split(".")):
        raise ValueError(f"entry_point must be a function's name, got {entry_point!r:.100}")
    if cases:
        calls = read_cases(cases)
        return lambda pool, limits: run_function(pool, source, entry_point, calls, rule, limits)
    plain = read_asserts(str(tests), entry_point)
    if plain is not None:
        return lambda pool, limits: run_function(pool, source, entry_point, plain, Rule(python=True), limits)
    return lambda pool, limits: ([run_tests(pool, source, entry_point, str(tests), setup, limits)], {})


def _rule(tolerance: float, unordered: bool, python_equality: bool) -> Rule:
    if not isinstance(tolerance, int | float) or isinstance(tolerance, bool):
        raise TypeError(f"tolerance must be a number, got {tolerance!r:.100}")
    if not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance must be at least 0 and finite, got {tolerance}")
    for name, value in (("unordered", unordered), ("python_equality", python_equality)):
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be True or False, got {value!r:.100}")
    return Rule(float(tolerance), unordered, python_equality)


def _check_source(source: object) -> None:
    if not isinstance(source, str):
        raise TypeError(f"source must be a string, got {type(source).__name__}")

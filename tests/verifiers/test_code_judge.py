"""Verdicts: statuses and reasons, results a case, tests in a process of their own, wrong arguments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.worker import SandboxError
from rlenvs.verifiers import code
from rlenvs.verifiers.code import judge, judge_many

SHORT = Limits(cpu_seconds=1.0, wall_seconds=6.0, case_cpu_seconds=0.3, case_wall_seconds=2.0)
DOUBLE = [{"args": [2], "expected": 4}, {"args": [3], "expected": 6}, {"args": [], "kwargs": {"x": 0}, "expected": 0}]
LOOPED = "def check(candidate):\n    for n in range(4):\n        assert candidate(n) == 2 * n, n\n"


@pytest.fixture(scope="module", autouse=True)
def pool() -> Iterator[Pool]:
    with Pool(2) as found:
        yield found


def f(body: str) -> str:
    return f"def f(x):\n    {body}\n"


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        (f("return 2 * x"), "correct", ""),
        (f("return x"), "wrong", "wrong answer"),
        (f("return 1 / 0"), "wrong", "exception"),
        ("import missing", "wrong", "exception"),
        ("g = 1", "wrong", "missing entry point"),
        ("", "wrong", "missing entry point"),
        ("def f(x) return x", "malformed", "syntax"),
        ("\0", "malformed", "syntax"),
        ("#" * (2**20 + 1), "malformed", "too long"),
        (f("return [0] * 10**12"), "wrong", "memory"),
        (f("return object()"), "wrong", "not plain data"),
        (f("while True: pass"), "timeout", "timeout"),
        (f("import time; time.sleep(99)"), "timeout", "timeout"),
        (f("import os; os._exit(3)"), "wrong", "exit"),
        ("exit()", "wrong", "exception"),
        (f("import ctypes; ctypes.string_at(0)"), "wrong", "crash"),
        (f("return 'x' * 10**7"), "wrong", "reply"),
    ],
)
def test_statuses_of_functions(pool: Pool, source: str, status: str, reason: str) -> None:
    verdict = judge(source, entry_point="f", cases=DOUBLE, limits=SHORT, pool=pool)
    assert (verdict.status, verdict.detail["reason"]) == (status, reason)
    assert verdict.reward == (status == "correct") and verdict.extracted == source
    json.dumps(verdict.detail)


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        ("print(int(input()) * 2)", "correct", ""),
        ("print(input())", "wrong", "wrong answer"),
        ("print(int(input()) * 2); raise SystemExit(1)", "wrong", "exit"),
        ("print(int(input()) * 2); 1 / 0", "wrong", "exception"),
        ("print(bytearray(10**12))", "wrong", "memory"),
        ("print(", "malformed", "syntax"),
        ("while True: pass", "timeout", "timeout"),
        ("while True: print('x' * 10**6)", "wrong", "reply"),
        ("import os; os.kill(os.getpid(), 9)", "wrong", "crash"),
    ],
)
def test_statuses_of_programs(pool: Pool, source: str, status: str, reason: str) -> None:
    cases = [{"stdin": "2\n", "expected": "4"}, {"stdin": "-1", "expected": "-2\n\n"}]
    verdict = judge(source, stdin_cases=cases, limits=SHORT, pool=pool)
    assert (verdict.status, verdict.detail["reason"]) == (status, reason)
    assert len(verdict.detail["cases"]) == 2


@pytest.mark.parametrize(
    ("source", "status", "reason"),
    [
        (f("return 2 * x"), "correct", ""),
        (f("return x"), "wrong", "wrong answer"),
        (f("raise KeyError(x)"), "wrong", "exception"),
        ("1 / 0", "wrong", "exception"),
        ("def f(x", "malformed", "syntax"),
        (f("import os; os._exit(0)"), "wrong", "exit"),
        (f("while True: pass"), "timeout", "timeout"),
        (f("return object()"), "wrong", "exception"),
        ("", "wrong", "exception"),
    ],
)
def test_statuses_of_tests_that_have_to_be_run(pool: Pool, source: str, status: str, reason: str) -> None:
    verdict = judge(source, entry_point="f", tests=LOOPED, limits=SHORT, pool=pool)
    assert (verdict.status, verdict.detail["reason"]) == (status, reason)


def test_tests_see_plain_values_and_built_in_exceptions_and_have_helpers_of_their_own(pool: Pool) -> None:
    source = (
        "class L(list):\n    __eq__ = lambda *a: True\n"
        "def half(x): return -1\n"
        "def f(x):\n    if x < 0: raise ValueError(x)\n    return L([x])\n"
    )
    tests = (
        "def check(candidate):\n"
        "    assert candidate(3) == [3] and candidate(3) != [4] and type(f(half(4))) is list and f(half(4)) == [2]\n"
        "    try:\n        candidate(-1)\n    except ValueError as error:\n        assert '-1' in str(error)\n"
        "    else:\n        assert False\n"
    )
    verdict = judge(source, entry_point="f", tests=tests, setup="def half(x): return x // 2", pool=pool)
    assert verdict.status == "correct", verdict


def test_results_of_all_cases_and_the_first_that_failed(pool: Pool) -> None:
    source = f("return 2 * x if x != 3 else 'three'")
    verdict = judge(source, entry_point="f", cases=DOUBLE, partial_credit=True, pool=pool)
    assert verdict.reward == pytest.approx(2 / 3) and verdict.status == "wrong"
    assert [case["passed"] for case in verdict.detail["cases"]] == [True, False, True]
    failing = verdict.detail["failing"]
    assert (failing["case"], failing["arguments"], failing["expected"], failing["got"]) == (1, "3", "6", "'three'")
    assert verdict.detail["sandbox"]["not_denied"] == []


def test_a_program_that_ends_leaves_the_other_cases_unjudged(pool: Pool) -> None:
    source = f("import os\n    if x == 3: os._exit(0)\n    return 2 * x")
    reasons = [case["reason"] for case in judge(source, entry_point="f", cases=DOUBLE, pool=pool).detail["cases"]]
    assert reasons == ["", "exit", "not run"]


def test_the_time_of_a_whole_program_is_shared_by_its_cases(pool: Pool) -> None:
    cases = [{"stdin": "", "expected": ""}] * 6
    limits = Limits(cpu_seconds=0.4, case_cpu_seconds=0.3)
    verdict = judge("while True: pass", stdin_cases=cases, limits=limits, pool=pool)
    reasons = [case["reason"] for case in verdict.detail["cases"]]
    assert reasons == ["timeout", "timeout", "not run", "not run", "not run", "not run"]


def test_answers_are_taken_when_they_are_given(pool: Pool) -> None:
    source = "kept = []\ndef f(x):\n    kept.append(x)\n    return kept\n"
    cases = [{"args": [1], "expected": [1]}, {"args": [2], "expected": [1, 2]}]
    assert judge(source, entry_point="f", cases=cases, pool=pool).status == "correct"


def test_a_method_is_called_on_a_new_instance(pool: Pool) -> None:
    source = "class Solution:\n    n = 0\n    def f(self, x):\n        self.n += x\n        return self.n\n"
    cases = [{"args": [1], "expected": 1}, {"args": [2], "expected": 2}]
    assert judge(source, entry_point="Solution.f", cases=cases, pool=pool).status == "correct"


def test_options_of_comparison(pool: Pool) -> None:
    third = [{"args": [3], "expected": 0.33333}]
    assert judge(f("return 1 / x"), entry_point="f", cases=third, pool=pool).status == "wrong"
    assert judge(f("return 1 / x"), entry_point="f", cases=third, tolerance=1e-4, pool=pool).status == "correct"
    bag = [{"args": [3], "expected": [2, 1, 0]}]
    assert judge(f("return range(x)"), entry_point="f", cases=bag, pool=pool).status == "wrong"
    assert judge(f("return range(x)"), entry_point="f", cases=bag, unordered=True, pool=pool).status == "correct"
    lines = [{"stdin": "", "expected": "x 0.3333\n"}]
    for source, sides in (("return True", (False, True)), ("return (1,)[0]", (True, True))):
        one = [{"args": [0], "expected": 1}]
        assert sides == tuple(
            judge(f(source), entry_point="f", cases=one, python_equality=how, pool=pool).reward == 1
            for how in (False, True)
        )
    assert judge("print('x', 1 / 3)", stdin_cases=lines, tolerance=1e-3, pool=pool).status == "correct"
    assert judge("print('y', 1 / 3)", stdin_cases=lines, tolerance=1e-3, pool=pool).status == "wrong"
    assert judge("print('x nan')", stdin_cases=lines, tolerance=1e-3, pool=pool).status == "wrong"


def test_programs_are_the_same_every_time(pool: Pool) -> None:
    source = "import random\ndef f(x):\n    return [random.random(), hash('x'), list({'a', 'b', 'c'})]\n"
    cases = [{"args": [1], "expected": None}]
    got = {judge(source, entry_point="f", cases=cases, pool=pool).detail["failing"]["got"] for _ in range(4)}
    assert len(got) == 1


def test_many_in_order(pool: Pool) -> None:
    problems = [{"source": f(f"return {n} * x"), "entry_point": "f", "cases": DOUBLE} for n in range(12)]
    assert [verdict.reward for verdict in judge_many(problems, pool)] == [float(n == 2) for n in range(12)]
    with pytest.raises(ValueError, match=r"problems\[1\]: give one of cases"):
        judge_many([problems[0], {"source": ""}], pool)


def test_batches_do_without_threads_where_there_are_none(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", fail)
    problems = [{"source": f(f"return {n} * x"), "entry_point": "f", "cases": DOUBLE} for n in (2, 1)]
    assert [verdict.status for verdict in judge_many(problems, pool)] == ["correct", "wrong"]


def test_the_sandboxs_failure_is_an_error_and_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Pool):
        def twice(self, use: Any) -> Any:
            raise SandboxError("the zygote has gone")

    for problem in ({"cases": DOUBLE}, {"tests": LOOPED}):
        verdict = judge(f("return x"), entry_point="f", pool=Broken(1), **problem)
        assert (verdict.status, verdict.detail["reason"]) == ("error", "the zygote has gone")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": None}, "source must be a string, got NoneType"),
        ({"cases": []}, "give one of cases, stdin_cases, tests with something in it, got none"),
        ({"stdin_cases": [{"stdin": "", "expected": ""}]}, "got cases and stdin_cases"),
        ({"entry_point": None}, "entry_point must be a function's name, got None"),
        ({"entry_point": "f()"}, r"entry_point must be a function's name, got 'f\(\)'"),
        ({"cases": [{"args": [1]}]}, r"cases\[0\] must have the keys args, expected"),
        ({"cases": [{"args": 1, "expected": 1}]}, r"cases\[0\] must have a list of args"),
        ({"cases": [{"args": [object()], "expected": 1}]}, r"cases\[0\] must hold plain data: not plain data: object"),
        ({"tolerance": -1}, "tolerance must be at least 0 and finite, got -1"),
        ({"tolerance": "1"}, "tolerance must be a number, got '1'"),
        ({"python_equality": 1}, "python_equality must be True or False, got 1"),
        ({"unordered": 1}, "unordered must be True or False, got 1"),
        ({"cases": None, "stdin_cases": [{"stdin": ""}]}, r"stdin_cases\[0\] must have the keys stdin and expected"),
        ({"cases": None, "stdin_cases": [{"stdin": 1, "expected": ""}]}, r"stdin_cases\[0\] must hold texts"),
        ({"cases": None, "stdin_cases": [{"stdin": "\ud800", "expected": ""}]}, r"a text that UTF-8 can say"),
        ({"cases": None, "tests": "assert f(1 =="}, "tests must be Python"),
    ],
)
def test_wrong_arguments(pool: Pool, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        judge(**{"source": f("return x"), "entry_point": "f", "cases": DOUBLE, "pool": pool, **arguments})


def test_the_shared_pool_is_the_default(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "shared_pool", lambda: pool)
    assert judge(f("return 2 * x"), entry_point="f", cases=DOUBLE).status == "correct"

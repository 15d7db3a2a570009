"""Which tests are read, and that reading them gives what running them would."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rlenvs.sandbox.encoding import decode
from rlenvs.sandbox.pool import Pool
from rlenvs.verifiers.code import judge
from rlenvs.verifiers.code_asserts import read_asserts

HUMANEVAL = """

METADATA = {'author': 'somebody', 'dataset': 'test'}


def check(candidate):
    assert True, "This prints if this assert fails"
    assert candidate([1.0, 2.0], 0.5) == False, "a message"
    assert candidate([], key=-1) == (1, {'a': None})
    assert candidate("x")
    assert not candidate('')

check(f)
"""


def test_the_forms_of_humaneval_and_mbpp() -> None:
    cases = read_asserts(HUMANEVAL, "f")
    assert cases is not None
    read = [(decode(case.args), decode(case.kwargs), decode(case.expected), case.relation) for case in cases]
    assert read == [
        ([[1.0, 2.0], 0.5], {}, False, "equal"),
        ([[]], {"key": -1}, (1, {"a": None}), "equal"),
        (["x"], {}, None, "true"),
        ([""], {}, None, "false"),
    ]
    assert len(read_asserts("import math\nassert f((1, 2), {3}) == [1, 2]\nassert f(set()) == 'a'", "f") or ()) == 2


@pytest.mark.parametrize(
    "tests",
    [
        "assert g(1) == 2",
        "assert f(f(1)) == 2",
        "assert f(1) == 1 + f(0)",
        "assert f(1) != 2",
        "assert f(1) is None",
        "assert 0 < f(1) < 2",
        "assert abs(f(1) - 2) < 1e-6",
        "assert f(*[1]) == 2",
        "assert f(**{'x': 1}) == 2",
        "for n in range(3):\n    assert f(n) == n",
        "x = f(1)\nassert f(1) == 2",
        "x = 1\nassert f(x) == 2",
        "def check(candidate):\n    import random\n    assert candidate(random.random())",
        "def check(a, b):\n    assert a(1) == 1",
        "f(1)",
        "",
        "METADATA = {}",
    ],
)
def test_everything_else_has_to_be_run(tests: str) -> None:
    assert read_asserts(tests, "f") is None


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as found:
        yield found


@pytest.mark.parametrize("answer", ["1", "True", "1.0", "[1]", "(1,)", "'1'", "None", "{1: 1}", "{1}", "0", "''"])
@pytest.mark.parametrize("wanted", ["f(0) == 1", "f(0) == (1,)", "f(0) == {1}", "f(0)", "not f(0)", "f(0) == None"])
def test_reading_is_running(pool: Pool, answer: str, wanted: str) -> None:
    source = f"def f(x):\n    return {answer}\n"
    names = {"f": lambda x: __import__("ast").literal_eval(answer)}
    holds = {
        "f(0) == 1": names["f"](0) == 1,
        "f(0) == (1,)": names["f"](0) == (1,),
        "f(0) == {1}": names["f"](0) == {1},
    }
    holds |= {"f(0)": bool(names["f"](0)), "not f(0)": not names["f"](0), "f(0) == None": names["f"](0) is None}
    tests = f"assert {wanted}"
    assert read_asserts(tests, "f") is not None
    assert judge(source, entry_point="f", tests=tests, pool=pool).reward == holds[wanted]


def test_both_ways_agree(pool: Pool) -> None:
    read, run = "assert f(2) == [2, (2.0, None)]", "for n in [2]:\n    assert f(n) == [n, (2.0, None)]"
    for value in ("[x, (2.0, None)]", "[x, [2.0, None]]", "[True, (2.0, None)]", "[x, (2, None)]"):
        source = f"def f(x):\n    return {value}\n"
        verdicts = [judge(source, entry_point="f", tests=tests, pool=pool).reward for tests in (read, run)]
        assert verdicts[0] == verdicts[1], value

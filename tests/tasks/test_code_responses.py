"""Finding the program in a response, and what is said when it fails."""

from __future__ import annotations

import pytest

from rlenvs.tasks.catalog import make_task
from rlenvs.tasks.programs.responses import fenced, program_in, widened

F = "def f(x):\n    return x"
G = "def g(x):\n    return 2"


@pytest.mark.parametrize(
    ("response", "program"),
    [
        (F, F),
        (f"\n{F}\n\n", F),
        (fenced(F), F),
        (f"Here:\n\n{fenced(F)}\n\nIt returns x.", F),
        (f"{fenced(G)}\nNo, better:\n{fenced(F)}", F),
        (f"{fenced(F)}\nFor example:\n{fenced('print(f(3))')}", F),
        (f"{fenced(F)}\nIt prints:\n```text\n3\n```", F),
        (f"```\n{F}\n```", F),
        (f"```Python\n{F}\n```", F),
        (f"  ```py\n{F}\n  ```", F),
        (f"```python\n{F}", F),
        (f"<think>{fenced(G)}</think>{fenced(F)}", F),
        (f"<think>a</think>\n{F}", F),
        (f"<think>{fenced(F)}", ""),
        (f"<think>x</think> then <think>{fenced(F)}", ""),
        ("```text\nno program\n```", ""),
        ("```python\n```", ""),
        ("   \n ", ""),
        ("", ""),
        (fenced(G), G),
    ],
)
def test_the_program_is_found(response: str, program: str) -> None:
    assert program_in(response, "f") == program


def test_methods_are_looked_for_by_their_own_name() -> None:
    solution = "class Solution:\n    def f(self): pass"
    assert program_in(f"{fenced(solution)}{chr(10)}{fenced('print(1)')}", "Solution.f") == solution
    assert program_in(f"{fenced('a=1')}\n{fenced('b=2')}") == "b=2"


def test_long_responses_are_read_in_linear_time() -> None:
    response = ("``` \n" * 100_000) + " " * 100_000 + "```python\n" + F
    assert isinstance(program_in(response, "f"), str)


def test_indentation_is_widened() -> None:
    assert widened("def f(a):\n if a:\n  return 1\n return 'a  b'") == (
        "def f(a):\n    if a:\n        return 1\n    return 'a  b'"
    )


@pytest.mark.parametrize(
    ("program", "status", "remark"),
    [
        ("def f(x): return 0", "wrong", "For the arguments {x}: 0 instead of {value}"),
        ("def f(x): return x.y", "wrong", "For the arguments {x}: AttributeError: 'int' object has no attribute 'y'"),
        ("def f(x): return 'é\\n' * 500", "wrong", "For the arguments {x}: '?"),
        ("def f(x) return 0", "malformed", "SyntaxError: expected ':' (solution.py, line 1)"),
        ("g = 3", "wrong", "For the arguments {x}: there is no f"),
        ("", "no_answer", ""),
    ],
)
def test_remarks_tell_the_first_case_that_failed(program: str, status: str, remark: str) -> None:
    task = make_task("steps", style="chat")
    problem = task.problem(0)
    first = task.cases(problem.meta["content"]).hidden[0]  # type: ignore[attr-defined]
    verdict = task.verify(problem, fenced(program))
    told = task.remark(verdict)
    assert verdict.status == status
    assert told.startswith(remark.format(x=first.args[0], value=first.expected)) and bool(told) == bool(remark)
    assert len(told) < task.longest_remark and set(told) <= set(task.alphabet)


def test_a_loop_without_end_costs_about_a_second() -> None:
    task = make_task("steps", style="chat")
    verdict = task.verify(task.problem(0), "def f(x):\n    while True: pass")
    assert (verdict.status, verdict.reward) == ("timeout", 0.0)


def test_responses_must_be_texts() -> None:
    task = make_task("loop")
    with pytest.raises(TypeError, match="response is NoneType: it must be a str"):
        task.verify(task.problem(0), None)  # type: ignore[arg-type]

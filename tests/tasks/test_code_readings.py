"""Documented problems read as documented; the little languages take what they should, and nothing else."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlenvs.tasks.catalog import CODE_TASKS, make_task
from rlenvs.tasks.problem import Problem
from rlenvs.tasks.programs.dynamic_oracles import apart, edits, fewest, greedy, longest, ordered_ways, ways

FIRST_SUM = "def f(n):\n s=3\n for i in range(1,n+1):\n  if i%3==1:\n   s=s+5*i\n return s"
PROBLEMS: dict[str, tuple[Any, str, str, str]] = {
    "steps": ((("+", 7), ("-", 2), ("*", 7)), "x;+7-2*7=", "(x+7-2)*7", "x+7-2*7"),
    "list_program": (("zr", ("jchib",)), "jchib>jbihc=", "zr", "rz"),
    "points": (((2, 3), (2, 5, 3)), "2:7,5:13,3:9=", "2*x+3", "2*x+7"),
    "list_function": (
        (((">", 3),), (("+", 2),), "sum"),
        ">3;+2;sum=",
        "def f(a):\n return sum(x+2 for x in a if x>3)",
        "def f(a):\n return sum(x+2 for x in a if x>2)",
    ),
    "string_function": (
        (("r",), ("-", "a")),
        "r;-a=",
        "def f(s):\n s=s[::-1]\n s=s.replace('a','')\n return s",
        "def f(s):\n s=s.replace('a','')\n s=s[::-1]\n return s",
    ),
    "loop": ((3, 3, 1, 1, 5, 1, 0, 0), "s=3;i%3=1;s+5*i=", FIRST_SUM, FIRST_SUM.replace("n+1", "n")),
    "recurrence": (
        ((1, 2), (3, -1), 4, 0, 0),
        "1,2;3,-1;4=",
        "def f(n):\n a,b=1,2\n for i in range(n):\n  a,b=b,3*b-a+4\n return a",
        "def f(n):\n a,b=1,2\n for i in range(1,n):\n  a,b=b,3*b-a+4\n return a",
    ),
    "sort_key": (
        ((0, "%", 7), (1, "x")),
        "x%7;-x=",
        "def f(a):\n return sorted(a,key=lambda x:(x%7,-x))",
        "def f(a):\n return sorted(a,key=lambda x:(-x,x%7))",
    ),
    "output": (
        ("loop", (3, 3, 1, 1, 5, 1, 0, 0), (4,)),
        f"{FIRST_SUM}\nf(4)=",
        "28",
        "8",
    ),
}


def problem_of(name: str) -> Problem:
    content, prompt, gold, _ = PROBLEMS[name]
    return Problem("made", prompt, "", gold, {"content": content})


@pytest.mark.parametrize("name", PROBLEMS)
def test_prompts_answers_and_mistakes_read_as_documented(name: str) -> None:
    content, prompt, gold, mistake = PROBLEMS[name]
    task = make_task(name)
    assert (task.compact(content), task.answer(content), next(task.mistakes(content))) == (prompt, gold, mistake)


@pytest.mark.parametrize(
    ("name", "content", "args", "value"),
    [
        ("grid_paths", ("c", ((0, 1), (1, 0)), 10), ([[1, 1, 1], [1, 1, 1]],), 3),
        ("grid_paths", ("c", ((0, 1), (1, 0)), 5), ([[1, 7, 1], [1, 1, 1]],), 1),
        ("grid_paths", ("l", ((0, 1), (1, 0)), 10), ([[1, 5], [2, 4]],), 7),
        ("grid_paths", ("g", ((0, 1), (1, 0)), 10), ([[1, 5], [2, 4]],), 10),
        ("grid_paths", ("g", ((1, 1),), 10), ([[1, 5, 1], [2, 4, 1]],), -1),
        ("parsing", ("n", ">", 5, ";", "sum"), ("3;14;5;6",), 20),
        ("parsing", ("n", "<", 5, ";", "max"), ("9;8",), 0),
        ("parsing", ("b", ">", 1, "()", "a"), ("a(a(ab)a)a",), 1),
        ("parsing", ("r", ">", 1, ",", "cn"), ("aabccc",), "a2,c3"),
        ("parsing", ("r", "<", 3, ".", "nc"), ("aabccc",), "2a.1b"),
        ("dynamic", ("w", (2, 5)), (10,), 2),
        ("dynamic", ("f", (2, 5)), (3,), -1),
        ("list_function", ((("%", 3, 1),), (), "max"), ([3, 6],), 0),
        ("recurrence", ((0, 1), (1, 1), 0, 10, 0), (7,), 3),
    ],
)
def test_functions_compute_what_they_say(name: str, content: Any, args: tuple, value: Any) -> None:
    assert make_task(name).run(content, *args) == value  # type: ignore[attr-defined]


def test_small_dynamic_programs_have_their_known_values() -> None:
    assert (ways(10, (2, 5)), ways(4, (1, 2)), ordered_ways(4, (1, 2))) == (2, 3, 5)
    assert (fewest(12, (1, 6, 9)), greedy(12, (1, 6, 9)), fewest(7, (2, 4)), greedy(7, (2, 4))) == (2, 4, -1, -1)
    assert apart([5, 9, 4, 8], 2, 0) == 17 and apart([5, 9, 4, 8], 3, 3) == 7 and apart([1], 2, 3) == 0
    assert longest([1, 5, 2, 8, 3], 1, 9) == 3 and longest([1, 5, 2, 8, 3], 4, 9) == 2
    assert edits("kitten", "sitting", 1, 1, 1) == 3 and edits("a", "b", 1, 1, 5) == 2


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("steps", "7*(x+5)"),
        ("steps", "7*x+35"),
        ("steps", " ( x + 7 - 2 ) * 7 "),
        ("points", "x+x+3"),
        ("points", "1*(3+2*x)"),
        ("list_program", "zrrr"),
        ("output", " 28 "),
        ("output", "'28'"),
    ],
)
def test_other_right_answers_score(name: str, answer: str) -> None:
    assert make_task(name).verify(problem_of(name), answer).status == "correct"


@pytest.mark.parametrize("name", ["steps", "points"])
@pytest.mark.parametrize(
    "answer",
    ["x/1", "7*(x+5", "y", "xx", "x x", "2x", "x**1", "-x", "x=7", "def f(x):\n return 7*x+35", "lambda x:x", "x" * 300,
     "(" * 90 + "x" + ")" * 90, "9999999999", "\u0663*x", "__import__('os')", "f(x)", "x\n"],
)  # fmt: skip
def test_expressions_take_nothing_but_expressions(name: str, answer: str) -> None:
    verdict = make_task(name).verify(problem_of(name), answer)
    assert verdict.reward == 0.0
    assert verdict.status == ("wrong" if answer == "x\n" else "malformed") and verdict.detail["reason"]


def test_programs_of_letters_take_nothing_but_operations() -> None:
    task = make_task("list_program")
    for answer in ("a", "z r", "ZR", "zr" * 30, "reverse"):
        assert task.verify(problem_of("list_program"), answer).status == "malformed"
    assert task.verify(problem_of("list_program"), "r").status == "wrong"
    assert task.verify(problem_of("list_program"), "").status == "no_answer"


@settings(max_examples=150)
@given(
    st.text(alphabet="0123456789()x+-*/ rsztuw\n", max_size=60), st.sampled_from(["steps", "points", "list_program"])
)
def test_no_answer_raises_anything(answer: str, name: str) -> None:
    assert make_task(name).verify(problem_of(name), answer).status in ("correct", "wrong", "malformed", "no_answer")


@pytest.mark.parametrize("name", CODE_TASKS)
def test_tasks_can_be_pickled(name: str) -> None:
    task = make_task(name)
    task.problem(0)
    assert pickle.loads(pickle.dumps(task)).problem(5) == task.problem(5)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("steps", {"steps": 1}, "steps must be at least 2, got 1"),
        ("points", {"degree": 9}, "degree must be at most 3, got 9"),
        ("list_program", {"operations": 9}, "operations must be at most 4"),
        ("grid_paths", {"kinds": "x"}, "kinds must be letters of clg, got 'x'"),
        ("parsing", {"kinds": ""}, "kinds must be letters of nbr, got ''"),
        ("dynamic", {"kinds": "o"}, "kinds must be letters of wfgle, got 'o'"),
        ("repair", {"families": ("steps",)}, "families must be a tuple of list_function"),
    ],
)
def test_bad_options_are_named(name: str, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_task(name, **options)


def test_bad_levels_and_types_are_named() -> None:
    with pytest.raises(ValueError, match="level of output must be one of 1, 2, 3, got 9"):
        make_task("output", 9)
    with pytest.raises(TypeError, match="unsafe must be True or False, got 1"):
        make_task("steps", unsafe=1)

"""HumanEval+ and MBPP+ with inputs only: types, tolerances, several right answers, whose values are right."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from rlenvs.sandbox.worker import SandboxError
from rlenvs.tasks.catalog import make_task
from rlenvs.tasks.dataset_code import CodeFileTask
from rlenvs.tasks.dataset_code_inputs import RESTORED, read_tests
from rlenvs.tasks.programs.sandboxing import Sandbox

ROW: dict[str, Any] = {
    "task_id": "HumanEval/9000",
    "prompt": 'def f(x):\n    """Half of x."""\n',
    "entry_point": "f",
    "canonical_solution": "    return x / 2\n",
    "base_input": [[1]],
    "plus_input": [[-4], [3.0]],
    "contract": "    assert x < 9 # $_CONTRACT_$\n",
    "atol": 0,
    "test": "def check(candidate):\n    pass\n",
}


def task_of(path: Path, **row: Any) -> CodeFileTask:
    (path / "plus.jsonl").write_text(json.dumps(ROW | row) + "\n")
    task = make_task(f"file:{path / 'plus.jsonl'}")
    assert isinstance(task, CodeFileTask)
    return task


def statuses(task: CodeFileTask, *sources: str) -> list[str]:
    problem = task.problem(0, "test")
    return [verdict.status for verdict in task.verify_many([problem] * len(sources), sources)]


def test_values_are_those_of_the_solution_and_computed_once(tmp_path: Path, monkeypatch) -> None:
    task, asked = task_of(tmp_path), []
    values = Sandbox.values
    monkeypatch.setattr(Sandbox, "values", lambda *args: asked.append(args[2]) or values(*args))
    assert statuses(task, "    return 0.5 * x", "def f(x): return x // 2", "def f(x): return x / 2 + 1e-8") == [
        "correct",
        "wrong",
        "correct",  # real numbers are expected
    ]
    assert statuses(task, "def f(x): return x / 2 + 1e-5") == ["wrong"]
    assert asked == ["f"]
    assert statuses(pickle.loads(pickle.dumps(task)), "    return x / 2") == ["correct"] and asked == ["f"]


def test_the_rows_tolerance_counts(tmp_path: Path) -> None:
    assert statuses(task_of(tmp_path, atol=0.01), "def f(x): return x / 2 + 1e-3") == ["correct"]
    whole = {"canonical_solution": "    return [x, x > 2]\n"}
    assert statuses(task_of(tmp_path, **whole), "def f(x): return [x, int(x > 2)]", "def f(x): return x, x > 2") == [
        "correct",
        "wrong",
    ]


@pytest.mark.parametrize(
    ("number", "given", "restored"),
    [
        (2, [[1], [2]], [(1,), (2,)]),
        (63, [[[1, 2], [3]]], [[(1, 2), (3,)]]),
        (75, [[[1]], 2], [[(1,)], 2]),
        (106, [[1], [2]], [[1], (2,)]),
        (115, [[[1], []]], [[{1}, {}]]),
        (124, ["1.5", "1j"], [1.5, 1j]),
        (252, ["(1+2j)"], [1 + 2j]),
        (278, [[1, [2], [3]]], [(1, (2,), (3,))]),
        (307, [[1, [2]], 3, [4]], [(1, [2]), 3, [4]]),
        (580, [[1, [2, [3]]]], [(1, (2, (3,)))]),
        (722, [{"a": [1]}, 2], [{"a": (1,)}, 2]),
        (9000, [[1]], [[1]]),
    ],
)
def test_arguments_of_mbpp_have_their_types(number: int, given: list[Any], restored: list[Any]) -> None:
    row = ROW | {"task_id": f"Mbpp/{number}", "base_input": [given], "plus_input": []}
    assert repr(read_tests(row)["inputs"]) == repr([restored])
    assert repr(read_tests(row | {"task_id": f"HumanEval/{number}"})["inputs"]) == repr([given])


def test_no_problem_is_restored_twice() -> None:
    assert len(RESTORED) == 22 + 15 + 4 + 2 + 8 + 4 + 3 + 4


@pytest.mark.parametrize(
    ("name", "solution", "inputs", "right", "wrong"),
    [
        ("sum_div", "def sum_div(n): return 1", [[7]], ["lambda n: 0", "lambda n: 1"], "lambda n: 2"),
        ("Diff", "def Diff(a, b): return [1, 2]", [[[1], [2]]], ["lambda *_: [2, 1, 1]"], "lambda *_: [1]"),
        (
            "surface_Area",
            "def surface_Area(a, h): return a * a + 2 * a * h",
            [[3, 4]],
            ["lambda a, h: 33", "lambda a, h: 35"],
            "lambda a, h: 34",
        ),
        (
            "digit_distance_nums",
            "def digit_distance_nums(a, b): return sum(map(int, str(abs(a - b))))",
            [[1, 256]],
            ["lambda a, b: 12", "lambda a, b: 2 + 5 + 5"],
            "lambda a, b: 9",
        ),
        (
            "check_str",
            "import re\ndef check_str(s): return re.match('[aeiou]', s)",
            [["abc"], ["bcd"]],
            ["lambda s: s[0] in 'aeiou'", "lambda s: s if s[0] == 'a' else None"],
            "lambda s: True",
        ),
    ],
)
def test_several_answers_may_be_right(
    tmp_path: Path, name: str, solution: str, inputs: list[Any], right: list[str], wrong: str
) -> None:
    row = {"entry_point": name, "canonical_solution": solution, "base_input": inputs, "plus_input": []}
    task = task_of(tmp_path, task_id="Mbpp/1", prompt='"""\nText.\n"""', **row)
    assert task.problem(0, "test").prompt.startswith("Text.")
    assert statuses(task, *[f"{name} = {source}" for source in right]) == ["correct"] * len(right)
    assert statuses(task, f"{name} = {wrong}") == ["wrong"]
    assert task.verify(task.problem(0, "test"), task.reference_response(task.problem(0, "test"))).reward == 1


def test_any_zero_of_a_polynomial_is_right(tmp_path: Path) -> None:
    row = {"entry_point": "find_zero", "canonical_solution": "    return 1.0\n", "atol": 1e-4}
    row |= {"prompt": "def find_zero(xs):\n", "base_input": [[[2, -3, 1]]], "plus_input": []}
    task = task_of(tmp_path, **row)
    sources = [f"def find_zero(xs): return {value}" for value in ("1.0", "2.0", "1.5", "float('nan')", "None")]
    assert statuses(task, *sources) == ["correct", "correct", "wrong", "wrong", "wrong"]


def test_a_solution_that_fails_is_told(tmp_path: Path) -> None:
    task = task_of(tmp_path, canonical_solution="    return 1 / (x + 4)\n")
    with pytest.raises(ValueError, match="its own solution is wrong: f fails on input 1: ZeroDivisionError") as raised:
        statuses(task, "    return x")
    assert "plus.jsonl" in str(raised.value) and "\n" not in str(raised.value)
    assert statuses(task, "") == ["no_answer"]


def test_a_sandbox_that_fails_is_no_wrong_answer(tmp_path: Path, monkeypatch) -> None:
    def fail(*_: Any) -> None:
        raise SandboxError("gone")

    task = task_of(tmp_path)
    monkeypatch.setattr(Sandbox, "values", fail)
    assert statuses(task, "    return x / 2") == ["error"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"base_input": "x"}, "field base_input: it is 'x', not a list of lists of arguments"),
        ({"plus_input": [[1], 2]}, r"field plus_input: it is \[\[1\], 2\], not a list"),
        ({"base_input": [], "plus_input": []}, "field base_input: there is no input"),
        (
            {"task_id": "Mbpp/2"},
            "field base_input: its arguments are not those of Mbpp/2 ",
        ),
        ({"atol": "x"}, "field atol: it is 'x', not a tolerance"),
        ({"atol": -1}, "field atol: it is -1, not a tolerance"),
        ({"canonical_solution": "return ("}, "field canonical_solution: it is no Python"),
        ({"entry_point": "f g"}, "field entry_point: 'f g' is no function's name"),
    ],
)
def test_errors_name_the_field(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"plus.jsonl, line 1: {message}"):
        task_of(tmp_path, **row)

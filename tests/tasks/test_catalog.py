"""Making tasks: by name, level, style and options, with one-line errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from rlenvs.tasks.audit import digest_of
from rlenvs.tasks.catalog import CODE_TASKS, TASKS, TEXT_TASKS, all_levels, make_task
from rlenvs.tasks.references import REFERENCES

ELSEWHERE = """
import json
from rlenvs.tasks.audit import digest_of
from rlenvs.tasks.catalog import all_levels
print(json.dumps({task.name: digest_of(task) for task in all_levels() if task.level == 1}))
"""


def test_every_family_and_level_is_documented() -> None:
    assert len(TEXT_TASKS) >= 26 and len(CODE_TASKS) >= 13 and len(TASKS) == len(TEXT_TASKS) + len(CODE_TASKS)
    assert [(task.name, task.level) for task in all_levels()] == list(REFERENCES)
    assert all(0 < reference.chance < 0.25 for reference in REFERENCES.values())


def test_options_change_a_level() -> None:
    task = make_task("sort", level=3, length=10)
    assert len(task.problem(0).gold) == 10
    assert task.reference is None
    assert make_task("sort", level=3, length=8).reference == make_task("sort", level=3).reference
    assert make_task("countdown", level=2, numbers=5).problem(0).prompt.count(" ") == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "adition"}, "task 'adition' is not known: choose one of addition"),
        ({"name": "sort", "level": 9}, "level of sort must be one of 1, 2, 3, 4, got 9"),
        ({"name": "sort", "style": "long"}, "style must be one of 'compact', 'chat', got 'long'"),
        ({"name": "sort", "size": 3}, "size is no option of sort: choose from length, symbols"),
        ({"name": "sort", "length": 2}, "length must be at least 3, got 2"),
        ({"name": "sort", "length": 99}, "length must be at most 60, got 99"),
        ({"name": "sort", "symbols": "abA"}, "symbols must be at least 2 different letters"),
        ({"name": "modular", "operators": "+/"}, "operators must be different characters of"),
        ({"name": "sequence", "kinds": ("odd",)}, "kinds must be a tuple of arithmetic"),
        ({"name": "base_conversion", "bases": (2,)}, "bases must be a tuple of at least two"),
        ({"name": "derivative", "degree": 1}, "degree must be at least 2 with one factor"),
    ],
)
def test_wrong_arguments_give_one_line_that_names_them(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match="must be|choose") as raised:
        make_task(**arguments)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("arguments", [{"name": "sort", "length": 4.0}, {"name": "sort", "symbols": 3}])
def test_wrong_types_give_type_errors(arguments: dict) -> None:
    with pytest.raises(TypeError, match="must be"):
        make_task(**arguments)


def test_wrong_calls_give_one_line() -> None:
    task = make_task("addition")
    with pytest.raises(ValueError, match="split must be one of 'train', 'validation', 'test', got 'dev'"):
        task.problem(0, "dev")
    with pytest.raises(ValueError, match="index must be at least 0, got -1"):
        task.problem(-1)
    with pytest.raises(TypeError, match="response is NoneType"):
        task.verify(task.problem(0), None)  # type: ignore[arg-type]


def test_options_that_leave_no_problems_end_in_an_error_and_not_in_a_loop() -> None:
    task = make_task("shortest_path", level=3, rows=20, columns=20, wall_percent=50, fewest=38)
    with pytest.raises(ValueError, match="leave shortest_path too few problems"):
        task.problem(0)


def test_problems_are_the_same_in_another_process() -> None:
    environment = os.environ | {"PYTHONHASHSEED": "77"}
    run = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, check=True, env=environment)
    assert json.loads(run.stdout) == {task.name: digest_of(task) for task in all_levels() if task.level == 1}

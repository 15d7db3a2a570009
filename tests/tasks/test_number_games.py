"""Countdown and 24: how many problems there are, and which numbers solutions use."""

from __future__ import annotations

import pytest

from rlenvs.tasks.catalog import make_task
from rlenvs.tasks.expressions import value
from rlenvs.tasks.problem import SPLITS
from rlenvs.tasks.twentyfour import solved


def total(name: str, level: int) -> int:
    sizes = [make_task(name, level).size(split) for split in SPLITS]
    return sum(size for size in sizes if size is not None)


def test_three_numbers_make_4004_problems() -> None:
    assert total("countdown", 1) == 4004


@pytest.mark.parametrize(("level", "hands"), [(1, 566), (2, 1362)])
def test_all_solvable_hands_are_there(level: int, hands: int) -> None:
    assert total("twentyfour", level) == hands


@pytest.mark.parametrize("numbers", [(1, 1, 1, 1), (1, 1, 10, 10), (3, 3, 8, 8), (1, 5, 5, 5), (1, 3, 4, 6)])
def test_solutions_are_exact(numbers: tuple[int, ...]) -> None:
    tree = solved(numbers)
    if numbers in ((1, 1, 1, 1), (1, 1, 10, 10)):
        assert tree is None
    else:
        assert tree is not None
        assert value(tree) == 24


@pytest.mark.parametrize("level", [2, 3, 4])
def test_drawn_problems_stay_within_their_bounds(level: int) -> None:
    task = make_task("countdown", level)
    for index in range(100):
        problem = task.problem(index)
        numbers, target, _ = problem.meta["content"]
        assert 1 <= target <= task.config.target
        assert all(1 <= number <= task.config.largest for number in numbers)
        assert set(problem.gold) <= set("0123456789()" + task.config.operators)


def test_operators_of_other_levels_are_wrong() -> None:
    task = make_task("countdown", operators="+-")
    problem = task.problem(0)._replace(meta={"content": ((2, 3, 4), 9, None)}, gold="2+3+4")
    assert task.verify(problem, "4+3+2").status == "correct"
    assert task.verify(problem._replace(meta={"content": ((2, 3, 4), 10, None)}), "2*3+4").status == "wrong"

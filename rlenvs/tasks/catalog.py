"""All families of problems in one table, and how to make a task by name."""

from __future__ import annotations

from typing import Any

from rlenvs.tasks.addition import Addition
from rlenvs.tasks.base import Task
from rlenvs.tasks.base_conversion import BaseConversion
from rlenvs.tasks.brackets import Brackets
from rlenvs.tasks.chain_sum import ChainSum
from rlenvs.tasks.countdown import Countdown
from rlenvs.tasks.dataset_code import file_task
from rlenvs.tasks.dataset_files import PREFIX
from rlenvs.tasks.derivative import Derivative
from rlenvs.tasks.division import Division
from rlenvs.tasks.factoring import Factoring
from rlenvs.tasks.fractions import Fractions
from rlenvs.tasks.gcd_lcm import GcdLcm
from rlenvs.tasks.letter_count import LetterCount
from rlenvs.tasks.linear_equation import LinearEquation
from rlenvs.tasks.linear_system import LinearSystem
from rlenvs.tasks.modular import Modular
from rlenvs.tasks.multiplication import Multiplication
from rlenvs.tasks.polynomial_roots import PolynomialRoots
from rlenvs.tasks.programs.dynamic import Dynamic
from rlenvs.tasks.programs.grid_paths import GridPaths
from rlenvs.tasks.programs.list_function import ListFunction
from rlenvs.tasks.programs.list_program import ListProgram
from rlenvs.tasks.programs.loop import Loop
from rlenvs.tasks.programs.output import Output
from rlenvs.tasks.programs.parsing import Parsing
from rlenvs.tasks.programs.points import Points
from rlenvs.tasks.programs.recurrence import Recurrence
from rlenvs.tasks.programs.repair import Repair
from rlenvs.tasks.programs.sort_key import SortKey
from rlenvs.tasks.programs.steps import Steps
from rlenvs.tasks.programs.string_function import StringFunction
from rlenvs.tasks.reverse import Reverse
from rlenvs.tasks.rotate import Rotate
from rlenvs.tasks.satisfiability import Satisfiability
from rlenvs.tasks.sequence import Sequence
from rlenvs.tasks.shortest_path import ShortestPath
from rlenvs.tasks.sort import Sort
from rlenvs.tasks.string_operation import StringOperation
from rlenvs.tasks.subtraction import Subtraction
from rlenvs.tasks.sudoku import Sudoku
from rlenvs.tasks.twentyfour import TwentyFour

TEXT_TASKS: dict[str, type[Task]] = {
    family.name: family
    for family in (
        *(Addition, Subtraction, Multiplication, Division, ChainSum, Modular, GcdLcm, BaseConversion, Fractions),
        *(LinearEquation, LinearSystem, PolynomialRoots, Factoring, Derivative, Sequence),
        *(LetterCount, Reverse, Sort, Rotate, StringOperation, Brackets),
        *(Countdown, TwentyFour, Satisfiability, Sudoku, ShortestPath),
    )
}
"""Families whose answers are texts."""

CODE_TASKS: dict[str, type[Task]] = {
    family.name: family
    for family in (
        *(Steps, ListProgram, Points),
        *(ListFunction, StringFunction, Loop, Recurrence, SortKey, GridPaths, Parsing, Dynamic),
        *(Repair, Output),
    )
}
"""Families about programs, by package `rlenvs.tasks.programs`."""

TASKS = TEXT_TASKS | CODE_TASKS


def make_task(name: str, level: int = 1, style: str = "compact", **options: Any) -> Task:
    """A task by the name of its family, or from a data file.

    Args:
        name: One of `TASKS`, or ``file:PATH`` (`rlenvs.tasks.datasets`, `rlenvs.tasks.dataset_code`).
        level: How hard, from 1; data files have only 1.
        style: ``compact`` or ``chat``; data files are in words always.
        options: Fields of the level's configuration to change, such as ``length=10`` for ``sort``; tasks about
            programs also take ``unsafe=True``, which runs them even where the sandbox cannot keep them in.

    Raises:
        ImportError: A parquet file, and pyarrow is not installed.
        ValueError: A name, level, style, option or value is not known, or a data file cannot be read.
    """
    if name.startswith(PREFIX):
        return file_task(name, level, **options)
    if name not in TASKS:
        raise ValueError(f"task {name!r} is not known: choose one of {', '.join(TASKS)}, or {PREFIX}PATH")
    return TASKS[name](level, style, **options)


def all_levels(style: str = "compact") -> list[Task]:
    """A task for every family and level."""
    return [family(level, style) for family in TASKS.values() for level in family.levels]

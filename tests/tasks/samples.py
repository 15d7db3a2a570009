"""Tasks and problems that several tests look at."""

from __future__ import annotations

import functools

from rlenvs.tasks.base import Task
from rlenvs.tasks.catalog import TASKS, TEXT_TASKS
from rlenvs.tasks.problem import Problem

LEVELS = [(name, level) for name, family in TEXT_TASKS.items() for level in family.levels]
"""All families whose answers are texts, at all levels."""

COUNT = 80


@functools.cache
def task_of(name: str, level: int, style: str = "compact") -> Task:
    return TASKS[name](level, style)


@functools.cache
def problems_of(name: str, level: int, split: str = "train") -> list[Problem]:
    task = task_of(name, level)
    size = task.size(split)
    return [task.problem(index, split) for index in range(COUNT if size is None else min(size, COUNT))]

"""Every family with levels and examples, as a Markdown page."""

from __future__ import annotations

import dataclasses
import sys
from typing import NamedTuple

import numpy as np

from rlenvs.tasks.base import Task
from rlenvs.tasks.catalog import CODE_TASKS, TASKS
from rlenvs.tasks.problem import SPLITS

EXAMPLES = 2
_HEADER = "| level | settings | problems: training, validation, test | tokens | best constant | its score |"


class Example(NamedTuple):
    """A problem with what may be answered."""

    prompt: str
    answer: str
    systematic: str
    scattered: str


def examples(task: Task, count: int = EXAMPLES) -> list[Example]:
    """The first problems with a right answer and one wrong answer of each kind."""
    rng = np.random.default_rng(0)
    problems = [task.problem(index) for index in range(count)]
    return [
        Example(
            task.prompt(problem),
            task.reference_response(problem),
            task.demonstration(problem, rng, 1.0, "systematic")[0],
            task.demonstration(problem, rng, 1.0, "scattered")[0],
        )
        for problem in problems
    ]


def gallery() -> str:
    """The page."""
    contents = ", ".join(f"[{name}](#{name})" for name in TASKS)
    introduction = (
        f"# Text tasks\n\n{len(TASKS)} families, the last {len(CODE_TASKS)} about programs. The best constant is the "
        "answer that scores most if it is always given: what a response can score without reading the prompt."
        f"\n\n{contents}"
    )
    return "\n\n".join([introduction, *map(section, TASKS.values())]) + "\n"


def section(family: type[Task]) -> str:
    """What a family is, its levels, and problems with right and wrong answers."""
    tasks = [family(level) for level in family.levels]
    text = (sys.modules[family.__module__].__doc__ or "").strip()
    chat = family(tasks[0].level, "chat")
    prompt = chat.prompt(chat.problem(0))
    rows = "\n".join([_HEADER, "|---|---|---|---|---|---|", *map(_level_row, tasks)])
    return f"## {family.name}\n\n{text}\n\n{rows}\n\n{_examples(tasks)}\n\nIn words:\n\n````text\n{prompt}\n````"


def _level_row(task: Task) -> str:
    settings = ", ".join(f"{name} {_shown(value)}" for name, value in dataclasses.asdict(task.config).items())
    sizes = [task.size(split) for split in SPLITS]
    problems = "drawn without end" if None in sizes else ", ".join(f"{size:,}" for size in sizes)
    constant, chance = (task.reference.constant, task.reference.chance) if task.reference else ("", 0.0)
    return f"| {task.level} | {settings} | {problems} | {task.max_tokens} | `{one_line(constant)}` | {chance:.4f} |"


def one_line(text: str) -> str:
    """A text without line breaks, which an arrow stands for."""
    return text.replace("\n", "\u21b5")


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return f"`{value}`" if isinstance(value, str) else str(value)


def _examples(tasks: list[Task]) -> str:
    lines = ["| level | prompt | answer | systematic mistake | scattered mistake |", "|---|---|---|---|---|"]
    for task in tasks:
        for example in examples(task):
            lines.append(f"| {task.level} | " + " | ".join(f"`{one_line(text)}`" for text in example) + " |")
    return "\n".join(lines)

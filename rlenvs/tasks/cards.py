"""One family or data file with examples, as Markdown or as plain data: what `rlenvs info addition` prints."""

from __future__ import annotations

import dataclasses
from typing import Any

from rlenvs.tasks.base import Task
from rlenvs.tasks.catalog import TASKS
from rlenvs.tasks.dataset_code import file_task
from rlenvs.tasks.dataset_files import PREFIX
from rlenvs.tasks.datasets import FileTask
from rlenvs.tasks.gallery import examples, section
from rlenvs.tasks.problem import SPLITS

SHOWN = 2


def is_task(name: str) -> bool:
    """Whether a name is a family's, or names a data file."""
    return name in TASKS or name.startswith(PREFIX)


def card(name: str) -> str:
    """What the problems are about, levels or files, and examples, as Markdown."""
    return section(TASKS[name]) if name in TASKS else _file_section(file_task(name))


def facts(name: str) -> dict[str, Any]:
    """What `card` shows, as plain JSON types."""
    if name in TASKS:
        return {"task": name, "levels": [_level_facts(task) for task in map(TASKS[name], TASKS[name].levels)]}
    task = file_task(name)
    return {"task": task.name, "files": task.provenance, "examples": _file_examples(task)}


def _level_facts(task: Task) -> dict[str, Any]:
    return {
        "level": task.level,
        "settings": dataclasses.asdict(task.config),
        "problems": {split: task.size(split) for split in SPLITS},
        "max_tokens": task.max_tokens,
        "best_constant": task.reference.constant if task.reference else None,
        "chance": task.reference.chance if task.reference else None,
        "examples": [example._asdict() for example in examples(task)],
    }


def _file_section(task: FileTask) -> str:
    lines = ["| file | format | split | problems | left out: in a later split | SHA-256 |", "|---|---|---|---|---|---|"]
    for file in task.provenance:
        used, left_out = f"{file['rows'] - file['left_out']:,}", f"{file['left_out']:,}"
        cells = (file["path"], file["format"], file["split"], used, left_out, file["sha256"][:12])
        lines.append(f"| {' | '.join(map(str, cells))} |")
    shown = [f"```text\n{example['prompt']}\n```\n\nAnswer: `{example['answer']}`" for example in _file_examples(task)]
    return "\n\n".join([f"## {task.name}", "\n".join(lines), *shown])


def _file_examples(task: FileTask) -> list[dict[str, str]]:
    split = next(split for split in SPLITS if task.size(split))
    problems = task.problems(range(min(SHOWN, task.size(split) or 0)), split)
    return [{"prompt": task.prompt(problem), "answer": problem.gold} for problem in problems]

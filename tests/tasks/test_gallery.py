"""The gallery shows every family, and its examples are what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlenvs.tasks.catalog import TASKS, make_task
from rlenvs.tasks.gallery import examples, gallery
from scripts.task_gallery import main


def test_examples_are_right_and_wrong() -> None:
    for name in TASKS:
        task = make_task(name)
        for index, example in enumerate(examples(task)):
            problem = task.problem(index)
            rewards = [task.verify(problem, response).reward for response in example[1:]]
            assert example.prompt == problem.prompt
            assert rewards == [1.0, 0.0, 0.0]


def test_the_page_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "docs" / "tasks.md"
    monkeypatch.setattr("sys.argv", ["task_gallery", "--out", str(out)])
    assert main() == 0
    page = out.read_text()
    assert page == gallery()
    assert all(f"\n## {name}\n" in page for name in TASKS)
    assert [path.name for path in out.parent.iterdir()] == ["tasks.md"]
    levels = sum(len(family.levels) for family in TASKS.values())
    assert page.count("\n| ") == 2 * len(TASKS) + 3 * levels

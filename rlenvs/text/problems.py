"""The problems that are played: those of one split of a task, with prompts as tokens, made when they are first met."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.foundation.checks import integer_from, positive_integer
from rlenvs.tasks.base import Task
from rlenvs.tasks.problem import SPLITS, Problem
from rlenvs.text.tokenizers import Tokenizer, prompt_ids

IntArray = npt.NDArray[np.int64]

WITHOUT_END = 1 << 16
"""How many problems are played of a split that is drawn without end, unless `num_problems` asks for more.

Not all of them: every problem has its row here, and those who warm up go through the whole split in random order.
"""

_MEASURED = 500
_UNKNOWN, _TOO_LONG = 0, -1


class ProblemBook:
    """Problems by index, each kept once it was met (about a kilobyte).

    Args:
        task: Whose problems.
        split: Which of its splits.
        tokenizer: Makes ids of prompts.
        num_problems: Only the first so many of the split, which may be more than `WITHOUT_END`; None for all, of a
            split without end `WITHOUT_END`.
        max_prompt_tokens: P; problems with longer prompts are not played. None: the longest of the first 500 training
            problems, so of most tasks all are played.

    Attributes:
        size: Number of problems, those with too long prompts included.
        tokens: int32 `[size, P]`, padded on the right; rows that were looked up are filled.
        lengths: int64 `[size]`.
        ids: object `[size]`, the ids of the problems.

    Raises:
        ValueError: The split is empty or has fewer problems, or no prompt is short enough.
    """

    def __init__(
        self, task: Task, split: str, tokenizer: Tokenizer, num_problems: int | None, max_prompt_tokens: int | None
    ) -> None:
        self.task, self.split, self.tokenizer = task, split, tokenizer
        self.size = _size(task, split, num_problems)
        self.max_prompt_tokens = _longest_prompt(task, tokenizer, max_prompt_tokens)
        self._clear()

    def indices(self, uniforms: npt.NDArray[np.float64]) -> IntArray:
        """The problems that uniform numbers in [0, 1) stand for; those with too long prompts give way to the next."""
        indices = (uniforms * self.size).astype(np.int64)
        for _ in range(self.size):
            self._meet(indices)
            too_long = self.lengths[indices] == _TOO_LONG
            if not too_long.any():
                return indices
            indices = np.where(too_long, (indices + 1) % self.size, indices)
        raise ValueError(f"max_prompt_tokens={self.max_prompt_tokens}: all prompts are longer; raise it")

    def check(self, index: object) -> int:
        """An index that a caller chose.

        Raises:
            TypeError: It is no integer.
            ValueError: There is no such problem, or its prompt is too long.
        """
        number = integer_from(0, index, "options['problem']")
        if number >= self.size:
            raise ValueError(f"options['problem'] must be below {self.size}, the number of problems, got {number}")
        self._meet(np.array([number]))
        if self.lengths[number] == _TOO_LONG:
            raise ValueError(
                f"options['problem'] is {number}, whose prompt has over {self.max_prompt_tokens} tokens: raise "
                "max_prompt_tokens"
            )
        return number

    def problem(self, index: int) -> Problem:
        """The problem of an index that was given out."""
        if (found := self._problems[index]) is not None:
            return found
        return self._problems[self.check(index)]  # type: ignore[return-value]

    def text(self, index: int) -> str:
        """Its prompt in the task's style."""
        return self.task.prompt(self.problem(index))

    def __getstate__(self) -> dict[str, Any]:
        """Without what can be made again."""
        made = ("tokens", "lengths", "ids", "_problems")
        return {name: value for name, value in vars(self).items() if name not in made}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Undo `__getstate__`."""
        vars(self).update(state)
        self._clear()

    def _clear(self) -> None:
        self.tokens = np.zeros((self.size, self.max_prompt_tokens), np.int32)
        self.lengths: IntArray = np.full(self.size, _UNKNOWN, np.int64)
        self.ids = np.empty(self.size, object)
        self._problems: list[Problem | None] = [None] * self.size

    def _meet(self, indices: IntArray) -> None:
        unknown = indices[self.lengths[indices] == _UNKNOWN]
        if unknown.size:
            new = np.unique(unknown).tolist()
            for index, problem in zip(new, self.task.problems(new, self.split), strict=True):
                self._enter(index, problem)

    def _enter(self, index: int, problem: Problem) -> None:
        tokens = prompt_ids(self.tokenizer, self.task.prompt(problem))
        if len(tokens) > self.max_prompt_tokens:
            self.lengths[index] = _TOO_LONG
            return
        self.tokens[index] = self.tokenizer.pad_id
        self.tokens[index, : len(tokens)] = tokens
        self.lengths[index] = len(tokens)
        self.ids[index], self._problems[index] = problem.id, problem


def _size(task: Task, split: str, num_problems: int | None) -> int:
    available = task.size(split)
    if available == 0:
        raise ValueError(f"split={split!r}: {task.name} has no problems there; choose another split")
    if num_problems is None:
        return WITHOUT_END if available is None else available
    count = positive_integer(num_problems, "num_problems")
    if available is not None and count > available:
        raise ValueError(f"num_problems must be at most {available}, the size of {split}, got {count}")
    return count


def _longest_prompt(task: Task, tokenizer: Tokenizer, limit: int | None) -> int:
    """Of the training problems also where others are played, so that all splits have the same observations."""
    split = next(split for split in SPLITS if task.size(split) != 0)
    size = task.size(split)
    measured = task.problems(range(_MEASURED if size is None else min(size, _MEASURED)), split)
    lengths = [len(prompt_ids(tokenizer, task.prompt(problem))) for problem in measured]
    if limit is None:
        return max(lengths)
    if positive_integer(limit, "max_prompt_tokens") < min(lengths):
        raise ValueError(f"max_prompt_tokens must be at least {min(lengths)}, the shortest prompt's, got {limit}")
    return limit

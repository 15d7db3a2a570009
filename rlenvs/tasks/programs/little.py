"""Families whose compact answers are of a little language, with an interpreter here; in style ``chat`` they are Python.

The language has no names, no loops and no calls, so its answers need no sandbox: they are read by a parser of our own
with bounds, and evaluated exactly.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.programs.base import CodeTask
from rlenvs.verifiers.verdict import Verdict


class NotInLanguageError(ValueError):
    """An answer that the little language does not have."""


class LittleTask(CodeTask):
    """A family with a little language."""

    is_little = True

    @abstractmethod
    def read(self, answer: str) -> Callable[[Any], Any]:
        """The function of one argument that an answer stands for.

        Raises:
            NotInLanguageError: It stands for none.
        """

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """By the hidden cases, in process."""
        try:
            function = self.read(answer)
        except NotInLanguageError as error:
            return malformed(answer, str(error))
        for case in self.cases(problem.meta["content"]).hidden:
            if (value := function(*case.args)) != case.expected:
                return wrong(answer, f"{value!r:.60} instead of {case.expected!r} for {case.args[0]!r}")
        return correct(answer)

    def is_telling(self, content: Content) -> bool:
        """Whether one of the mistakes fails a hidden case."""
        hidden = self.cases(content).hidden
        readings = map(self.read, self.mistakes(content))
        return any(function(*case.args) != case.expected for function in readings for case in hidden)

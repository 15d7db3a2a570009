"""Families whose answers are Python in both styles: a problem is a function with parameters, a mistake another one.

So right and wrong programs of ours are told apart by what they compute, without running them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.programs.base import CodeTask

CHARACTERS = "\n !'()*+,-./0123456789:;<=>[]_abcdefghijklmnopqrstuvwxyz|%^"
_MAX_SLIPS = 200


class Part(NamedTuple):
    """A piece of a function, with places for its parameters in braces.

    Attributes:
        compact: In a compact prompt.
        source: In Python.
        words: In a sentence.
        apply: What it computes, of a value and the parameters.
    """

    compact: str
    source: str
    words: str
    apply: Callable[..., Any]


class WrittenTask(CodeTask):
    """A family of functions ``content -> source, run``."""

    characters = CHARACTERS

    @abstractmethod
    def source(self, content: Content) -> str:
        """The function in Python, indented by one blank a level."""

    @abstractmethod
    def wrong(self, content: Content) -> Iterator[Content]:
        """The function with one definite mistake, then others where that happens to be right."""

    @abstractmethod
    def neighbour(self, content: Content, draws: Draws) -> Content:
        """A function that differs in one part."""

    def agrees(self, other: Content, content: Content) -> bool:
        """Whether a function passes the hidden cases of another one."""
        return all(self.run(other, *case.args) == case.expected for case in self.cases(content).hidden)

    def accepts(self, problem: Problem, other: Problem) -> bool:
        """By what the other problem's function computes; one that fails on an input is wrong."""
        content, function = problem.meta["content"], other.meta["content"]
        try:
            return self.signature(function) == self.signature(content) and self.agrees(function, content)
        except ValueError:
            return False

    def answer(self, content: Content) -> str:
        """The function."""
        return self.source(content)

    def is_telling(self, content: Content) -> bool:
        """Whether the definite mistake, or the first of the others, fails a hidden case."""
        return any(not self.agrees(other, content) for other in self.wrong(content))

    def mistakes(self, content: Content) -> Iterator[str]:
        """The sources of `wrong`."""
        return (self.source(other) for other in self.wrong(content))

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """The source of a `neighbour`."""
        return self.source(self.neighbour(content, draws))

    def wrong_answers(self, problem: Problem, draws: Draws, wrong_kind: str) -> Iterator[str]:
        """Sources of functions that fail a hidden case."""
        content = problem.meta["content"]
        neighbours = (self.neighbour(content, draws) for _ in range(_MAX_SLIPS))
        others = self.wrong(content) if wrong_kind == "systematic" else neighbours
        return (self.source(other) for other in others if not self.agrees(other, content))


def replaced(content: Content, place: int, value: Any) -> Content:
    """A content with another value at a place."""
    return (*content[:place], value, *content[place + 1 :])

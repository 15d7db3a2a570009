"""Answers that are expressions in x, with whole numbers, + - * and parentheses: read and evaluated in process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.expressions import OPERATIONS, Malformed, Tree, parse
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.little import LittleTask, NotInLanguageError
from rlenvs.tasks.slips import DIGITS, slip

OPERATORS = "+-*"
LARGEST_INPUT = 50


class ExpressionTask(LittleTask):
    """A family of functions of one whole number."""

    def signature(self, content: Content) -> str:
        """Whole numbers."""
        return "(x: int) -> int"

    def draw_args(self, content: Content, draws: Draws) -> tuple[Any, ...]:
        """A number, negative ones too."""
        return (draws.between(-LARGEST_INPUT, LARGEST_INPUT),)

    def program(self, answer: str) -> str:
        """A function that returns the expression's value."""
        return f"def f(x):\n return {answer}"

    def read(self, answer: str) -> Callable[[int], Any]:
        """The expression as a function."""
        try:
            parsed = parse(answer, "x")
        except Malformed as error:
            raise NotInLanguageError(str(error)) from None
        if not parsed.operators <= set(OPERATORS):
            raise NotInLanguageError(f"an operator other than {' '.join(OPERATORS)}")
        return lambda x: value_at(parsed.tree, x)

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """Another operator or another digit."""
        return slip(answer, draws, (OPERATORS, DIGITS))


def value_at(tree: Tree, x: int) -> int:
    """The value of a tree without quotients at x."""
    if not isinstance(tree, tuple):
        return x if isinstance(tree, str) else tree
    sign, left, right = tree
    return int(OPERATIONS[sign](value_at(left, x), value_at(right, x)))

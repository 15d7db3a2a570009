"""Steps from left to right as one expression: ``x;+7-2*7=`` is ``(x+7-2)*7``.

The definite mistake: the parentheses are left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlenvs.tasks.base import FEW
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.expressions import OPERATIONS, Tree, written
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.expression_task import OPERATORS, ExpressionTask
from rlenvs.tasks.slips import DIGITS

_WORDS = {"+": "add {}", "-": "subtract {}", "*": "multiply by {}"}


@dataclass(frozen=True)
class StepsConfig:
    """How many steps, and the largest number."""

    steps: int
    largest: int = 9

    def __post_init__(self) -> None:
        integer_within(2, 12, self.steps, "steps")
        integer_within(2, 99, self.largest, "largest")


class Steps(ExpressionTask):
    """Sequences of additions, subtractions and multiplications that need parentheses."""

    name = "steps"
    characters = DIGITS + OPERATORS + "()x;="
    levels = {1: StepsConfig(3), 2: StepsConfig(4), 3: StepsConfig(6)}
    config: StepsConfig

    def draw(self, draws: Draws) -> Content | None:
        """Operators and numbers."""
        steps = range(self.config.steps)
        content = tuple((draws.choice(OPERATORS), draws.between(1, self.config.largest)) for _ in steps)
        return content if _is_good(content) else None

    def contents(self) -> Iterable[Content] | None:
        """All sequences, where they are few."""
        steps = list(itertools.product(OPERATORS, range(1, self.config.largest + 1)))
        if len(steps) ** self.config.steps > FEW:
            return None
        return filter(_is_good, itertools.product(steps, repeat=self.config.steps))

    def compact(self, content: Content) -> str:
        """``x;+7-2*7=``."""
        return f"x;{_joined(content)}="

    def statement(self, content: Content) -> str:
        """In words."""
        steps = ", ".join(_WORDS[sign].format(number) for sign, number in content)
        return f"Start with x and do one step after the other: {steps}. Return the result."

    def answer(self, content: Content) -> str:
        """With as few parentheses as it takes."""
        tree: Tree = "x"
        for sign, number in content:
            tree = (sign, tree, number)
        return written(tree)

    @property
    def longest_answer(self) -> int:
        """All steps, and a pair of parentheses for every second one."""
        steps = self.config.steps
        return 1 + steps * (1 + len(str(self.config.largest))) + 2 * (steps // 2)

    def run(self, content: Content, x: int) -> int:
        """One step after the other."""
        for sign, number in content:
            x = OPERATIONS[sign](x, number)
        return x

    def mistakes(self, content: Content) -> Iterator[str]:
        """The steps as they stand."""
        yield f"x{_joined(content)}"


def _is_good(content: Content) -> bool:
    """A sum or difference is multiplied by more than 1, so that the parentheses count."""
    signs = [sign for sign, number in content if (sign, number) != ("*", 1)]
    return any(first in "+-" and second == "*" for first, second in itertools.pairwise(signs))


def _joined(content: Content) -> str:
    return "".join(f"{sign}{number}" for sign, number in content)

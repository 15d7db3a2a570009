"""Countdown: ``3 7 3:18=`` is ``3*7-3`` or any other expression of the numbers with that value.

The definite mistake: the last number is left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from rlenvs.tasks.checks import integer_within, operators_of
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.expressions import random_tree, whole_value
from rlenvs.tasks.number_games import NumberGame, reachable
from rlenvs.tasks.problem import Content

_TRIES = 20
_LISTED_NUMBERS = 3
_LISTED_LARGEST = 12


@dataclass(frozen=True)
class CountdownConfig:
    """How many numbers, the largest number and target, and the operators that may be used."""

    numbers: int
    largest: int = 12
    target: int = 99
    operators: str = "+-*"

    def __post_init__(self) -> None:
        integer_within(3, 8, self.numbers, "numbers")
        integer_within(2, 100, self.largest, "largest")
        integer_within(1, 999, self.target, "target")
        operators_of(self.operators, "+-*/")


class Countdown(NumberGame):
    """Numbers from 1 in random order and a target that they reach; all numbers must be used.

    Three numbers up to 12 make 4,004 problems, which a model can learn by heart; four make over 50,000.
    """

    name = "countdown"
    levels = {
        1: CountdownConfig(3),
        2: CountdownConfig(4),
        3: CountdownConfig(4, largest=25, operators="+-*/"),
        4: CountdownConfig(5, largest=25, operators="+-*/"),
    }
    config: CountdownConfig

    @property
    def characters(self) -> str:  # type: ignore[override]
        """Digits, operators and signs."""
        return "0123456789() :=" + self.config.operators

    @property
    def operators(self) -> str:
        """Those of this level."""
        return self.config.operators

    def draw(self, draws: Draws) -> Content | None:
        """Numbers and a random expression of them; its value is the target; all parts are whole."""
        numbers = [draws.between(1, self.config.largest) for _ in range(self.config.numbers)]
        for _ in range(_TRIES):
            tree = random_tree(draws.shuffled(numbers), self.config.operators, draws)
            target = whole_value(tree)
            if target is not None and 1 <= target <= self.config.target:
                return tuple(numbers), target, tree
        return None

    def contents(self) -> Iterator[Content] | None:
        """All multisets of three small numbers with all their targets."""
        if self.config.numbers > _LISTED_NUMBERS or self.config.largest > _LISTED_LARGEST:
            return None
        return self._all()

    def compact(self, content: Content) -> str:
        """``3 7 3:18=``."""
        return f"{' '.join(map(str, content[0]))}:{content[1]}="

    def question(self, content: Content) -> str:
        """In words."""
        numbers, signs = ", ".join(map(str, content[0])), " ".join(self.config.operators)
        return f"Use each of the numbers {numbers} exactly once, with {signs} and parentheses, to reach {content[1]}."

    @property
    def longest_answer(self) -> int:
        """All numbers, an operator between any two, and two parentheses for all but one operator."""
        count = self.config.numbers
        return count * len(str(self.config.largest)) + count - 1 + 2 * (count - 2)

    def _all(self) -> Iterator[Content]:
        for numbers in itertools.combinations_with_replacement(range(1, self.config.largest + 1), self.config.numbers):
            found = reachable(numbers, self.config.operators)
            for target in range(1, self.config.target + 1):
                if Fraction(target) in found:
                    order = Draws(self.name, numbers, target).shuffled(numbers)
                    yield tuple(order), target, found[Fraction(target)]

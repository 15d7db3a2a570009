"""Addition: ``12+34=`` is 46. The definite mistake: nothing is carried."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from rlenvs.tasks.operands import Digits, TwoOperands, digits_of, number_of
from rlenvs.tasks.problem import Content
from rlenvs.tasks.whole_numbers import IntegerTask


class Addition(TwoOperands, IntegerTask):
    """Sums of two numbers that are not negative."""

    name = "addition"
    symbol = "+"
    characters = "0123456789+="
    levels = {1: Digits(1, 1), 2: Digits(2, 2), 3: Digits(3, 3), 4: Digits(5, 5)}

    def result(self, left: int, right: int) -> int:
        """The sum."""
        return left + right

    def canonical(self, content: Content) -> Content:
        """Without the order of the operands."""
        return tuple(sorted(content))

    def question(self, content: Content) -> str:
        """In words."""
        return f"What is {content[0]} + {content[1]}?"

    @property
    def longest_answer(self) -> int:
        """One digit more than the longer operand."""
        return max(self.config.left, self.config.right) + 1

    def mistakes(self, content: Content) -> Iterator[str]:
        """Digit by digit without carry; one too many where nothing is to carry."""
        columns = itertools.zip_longest(*map(digits_of, content), fillvalue=0)
        yield str(number_of((left + right) % 10 for left, right in columns))
        yield str(sum(content) + 1)

"""Subtraction: ``12-34=`` is -22. The definite mistake: in each column the smaller digit is taken from the larger."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from rlenvs.tasks.operands import Digits, TwoOperands, digits_of, number_of
from rlenvs.tasks.problem import Content
from rlenvs.tasks.whole_numbers import IntegerTask


class Subtraction(TwoOperands, IntegerTask):
    """Differences of two numbers that are not negative; the result may be."""

    name = "subtraction"
    symbol = "-"
    characters = "0123456789-="
    levels = {1: Digits(1, 1), 2: Digits(2, 2), 3: Digits(3, 3), 4: Digits(5, 5)}

    def result(self, left: int, right: int) -> int:
        """The difference."""
        return left - right

    def question(self, content: Content) -> str:
        """In words."""
        return f"What is {content[0]} - {content[1]}?"

    @property
    def longest_answer(self) -> int:
        """A sign and as many digits as the longer operand; one more for a slip."""
        return max(self.config.left, self.config.right) + 2

    def mistakes(self, content: Content) -> Iterator[str]:
        """Column by column without borrowing; one too many where nothing is to borrow."""
        columns = itertools.zip_longest(*map(digits_of, content), fillvalue=0)
        yield str(number_of(abs(left - right) for left, right in columns))
        yield str(content[0] - content[1] + 1)

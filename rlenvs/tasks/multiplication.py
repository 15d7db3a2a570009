"""Multiplication: ``12*34=`` is 408. The definite mistake: nothing is carried."""

from __future__ import annotations

from collections.abc import Iterator

from rlenvs.tasks.operands import Digits, TwoOperands, digits_of, number_of
from rlenvs.tasks.problem import Content
from rlenvs.tasks.whole_numbers import IntegerTask


class Multiplication(TwoOperands, IntegerTask):
    """Products of two numbers that are not negative."""

    name = "multiplication"
    symbol = "*"
    characters = "0123456789*="
    levels = {1: Digits(1, 1), 2: Digits(2, 1), 3: Digits(2, 2), 4: Digits(3, 3)}

    def result(self, left: int, right: int) -> int:
        """The product."""
        return left * right

    def canonical(self, content: Content) -> Content:
        """Without the order of the operands."""
        return tuple(sorted(content))

    def question(self, content: Content) -> str:
        """In words."""
        return f"What is {content[0]} * {content[1]}?"

    @property
    def longest_answer(self) -> int:
        """As many digits as both operands together, or a sum that is one too large."""
        return self.config.left + self.config.right

    def mistakes(self, content: Content) -> Iterator[str]:
        """Column by column without carry; one too many where nothing is to carry."""
        left, right = map(digits_of, content)
        columns = [0] * (len(left) + len(right) - 1)
        for place, digit in enumerate(left):
            for other_place, other in enumerate(right):
                columns[place + other_place] += digit * other
        yield str(number_of(column % 10 for column in columns))
        yield str(content[0] * content[1] + 1)

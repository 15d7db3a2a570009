"""Arithmetic with two operands: what addition, subtraction, multiplication and division share."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rlenvs.tasks.base import FEW, Task
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content

MAX_DIGITS = 12


@dataclass(frozen=True)
class Digits:
    """At most so many digits has each operand; they are uniform from the smallest allowed number on."""

    left: int
    right: int

    def __post_init__(self) -> None:
        integer_within(1, MAX_DIGITS, self.left, "left")
        integer_within(1, MAX_DIGITS, self.right, "right")


class TwoOperands(Task):
    """Problems ``a, b`` that read ``a+b=``."""

    symbol: ClassVar[str]
    smallest_right: ClassVar[int] = 0
    config: Digits

    def draw(self, draws: Draws) -> Content:
        """Both operands, uniform."""
        left, right = self._ranges()
        return left.start + draws.below(len(left)), right.start + draws.below(len(right))

    def contents(self) -> Iterable[Content] | None:
        """All pairs, where they are few."""
        left, right = self._ranges()
        return itertools.product(left, right) if len(left) * len(right) <= FEW else None

    def compact(self, content: Content) -> str:
        """``12+34=``."""
        return f"{content[0]}{self.symbol}{content[1]}="

    def answer(self, content: Content) -> str:
        """The result, in digits."""
        return str(self.result(*content))

    @abstractmethod
    def result(self, left: int, right: int) -> int | str:
        """What the operation gives."""

    def _ranges(self) -> tuple[range, range]:
        return range(10**self.config.left), range(self.smallest_right, 10**self.config.right)


def digits_of(number: int) -> list[int]:
    """Decimal digits, ones first."""
    return [int(digit) for digit in reversed(str(number))]


def number_of(digits: Iterable[int]) -> int:
    """The number with some decimal digits, ones first."""
    return sum(digit * 10**place for place, digit in enumerate(digits))

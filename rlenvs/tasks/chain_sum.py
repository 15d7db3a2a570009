"""Sums of several terms: ``3+5-2=`` is 6. The definite mistake: the last term is forgotten."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlenvs.tasks.base import FEW
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.whole_numbers import IntegerTask


@dataclass(frozen=True)
class ChainSumConfig:
    """How many terms, and the largest; no term is 0."""

    terms: int
    largest: int

    def __post_init__(self) -> None:
        integer_within(2, 20, self.terms, "terms")
        integer_within(1, 10**6, self.largest, "largest")


class ChainSum(IntegerTask):
    """Additions and subtractions in a row; the first term is positive."""

    name = "chain_sum"
    characters = "0123456789+-="
    levels = {1: ChainSumConfig(3, 9), 2: ChainSumConfig(5, 9), 3: ChainSumConfig(5, 99), 4: ChainSumConfig(8, 99)}
    config: ChainSumConfig

    def draw(self, draws: Draws) -> Content:
        """Terms with their signs."""
        largest = self.config.largest
        first = draws.between(1, largest)
        return first, *(_signed(draws.below(2 * largest), largest) for _ in range(self.config.terms - 1))

    def contents(self) -> Iterable[Content] | None:
        """All sums, where they are few."""
        terms, largest = self.config.terms, self.config.largest
        if largest * (2 * largest) ** (terms - 1) > FEW:
            return None
        further = [_signed(number, largest) for number in range(2 * largest)]
        return itertools.product(range(1, largest + 1), *[further] * (terms - 1))

    def canonical(self, content: Content) -> Content:
        """Without the order of the terms."""
        return tuple(sorted(content))

    def compact(self, content: Content) -> str:
        """``3+5-2=``."""
        return "".join(f"{term:+d}" for term in content).removeprefix("+") + "="

    def question(self, content: Content) -> str:
        """In words."""
        return "What is " + " ".join(f"{'-' if term < 0 else '+'} {abs(term)}" for term in content)[2:] + "?"

    def answer(self, content: Content) -> str:
        """The sum."""
        return str(sum(content))

    @property
    def longest_answer(self) -> int:
        """A sign and the digits of the largest sum."""
        return 1 + len(str(self.config.terms * self.config.largest))

    def mistakes(self, content: Content) -> Iterator[str]:
        """The sum without the last term."""
        yield str(sum(content[:-1]))


def _signed(number: int, largest: int) -> int:
    """0 to 2 * largest - 1 as -largest to -1 and 1 to largest."""
    return number - largest if number < largest else number - largest + 1

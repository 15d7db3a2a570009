"""The 24 game: ``3 3 8 8=`` is ``8/(3-8/3)`` or any other expression of the four numbers with value 24.

The definite mistake: the last number is left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.expressions import Tree
from rlenvs.tasks.number_games import NumberGame, parts, reachable
from rlenvs.tasks.problem import Content

TARGET = 24


@dataclass(frozen=True)
class TwentyFourConfig:
    """The largest number: 10 and 13 are the usual packs of cards."""

    largest: int

    def __post_init__(self) -> None:
        integer_within(6, 13, self.largest, "largest")


class TwentyFour(NumberGame):
    """All solvable hands of four numbers from 1, each in one random order."""

    name = "twentyfour"
    characters = "0123456789()+-*/ ="
    levels = {1: TwentyFourConfig(10), 2: TwentyFourConfig(13)}
    config: TwentyFourConfig

    def draw(self, draws: Draws) -> Content | None:
        """A random hand, if it is solvable."""
        return _hand(tuple(sorted(draws.between(1, self.config.largest) for _ in range(4))))

    def contents(self) -> Iterator[Content]:
        """All solvable hands."""
        hands = itertools.combinations_with_replacement(range(1, self.config.largest + 1), 4)
        return (content for numbers in hands if (content := _hand(numbers)))

    def compact(self, content: Content) -> str:
        """``3 3 8 8=``."""
        return " ".join(map(str, content[0])) + "="

    def question(self, content: Content) -> str:
        """In words."""
        numbers = ", ".join(map(str, content[0]))
        return f"Use each of the numbers {numbers} exactly once, with + - * / and parentheses, to reach {TARGET}."

    @property
    def longest_answer(self) -> int:
        """Four numbers of two digits, three operators, two pairs of parentheses."""
        return 4 * len(str(self.config.largest)) + 3 + 4


def _hand(numbers: tuple[int, ...]) -> Content | None:
    tree = solved(numbers)
    if tree is None:
        return None
    return tuple(Draws("twentyfour", numbers).shuffled(numbers)), TARGET, tree


def solved(numbers: tuple[int, ...]) -> Tree | None:
    """An expression of sorted numbers with value 24, or None: the last operation is undone, not tried."""
    for left, right in sorted(parts(numbers)):
        if len(left) > len(right):
            continue
        others = reachable(right, "+-*/")
        for number, tree in reachable(left, "+-*/").items():
            for sign, other, is_left in _undone(number):
                if other in others:
                    return (sign, tree, others[other]) if is_left else (sign, others[other], tree)
    return None


def _undone(number: Fraction) -> Iterator[tuple[str, Fraction, bool]]:
    """Operators and other operands that make 24 of a number, and whether the number stands on the left."""
    yield "+", TARGET - number, True
    yield "-", number - TARGET, True
    yield "-", number + TARGET, False
    if number:
        yield "/", number * TARGET, False
        yield "*", TARGET / number, True
        yield "/", number / TARGET, True

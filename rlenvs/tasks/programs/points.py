"""Expressions through points: ``2:7,5:13,3:9=`` is ``2*x+3``; judged at other points of the same polynomial.

The definite mistake: the first point's value is taken for the constant term.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.expression_task import OPERATORS, ExpressionTask
from rlenvs.tasks.slips import DIGITS

_X_MAX = 9


@dataclass(frozen=True)
class PointsConfig:
    """The degree, the largest leading coefficient and the largest others; one point more is shown than it takes."""

    degree: int
    leading: int
    largest: int

    def __post_init__(self) -> None:
        integer_within(1, 3, self.degree, "degree")
        integer_within(1, 99, self.leading, "leading")
        integer_within(1, 99, self.largest, "largest")


class Points(ExpressionTask):
    """Polynomials with whole coefficients, given by points at 1 to 9."""

    name = "points"
    characters = DIGITS + OPERATORS + "()x:,="
    levels = {1: PointsConfig(1, 20, 30), 2: PointsConfig(2, 5, 9), 3: PointsConfig(2, 9, 40)}
    config: PointsConfig

    def draw(self, draws: Draws) -> Content | None:
        """Coefficients from the highest power down, and where the points are."""
        degree, largest = self.config.degree, self.config.largest
        others = [draws.between(-largest, largest) for _ in range(degree)]
        places = draws.shuffled(range(1, _X_MAX + 1))[: degree + 2]
        return (draws.between(1, self.config.leading), *others), tuple(places)

    def canonical(self, content: Content) -> Content:
        """The polynomial."""
        return content[0]

    def compact(self, content: Content) -> str:
        """``2:7,5:13,3:9=``."""
        return ",".join(f"{x}:{self.run(content, x)}" for x in content[1]) + "="

    def statement(self, content: Content) -> str:
        """In words."""
        points = ", ".join(f"f({x}) = {self.run(content, x)}" for x in content[1])
        return f"The polynomial in x of degree {self.config.degree} with whole coefficients for which {points}."

    def answer(self, content: Content) -> str:
        """Without powers and without terms that are 0."""
        return _written(content[0])

    @property
    def longest_answer(self) -> int:
        """All terms, with room for the wrong constant."""
        wrong = self.config.leading * _X_MAX**self.config.degree + self.config.largest * _X_MAX**self.config.degree
        powers = sum(2 * power for power in range(1, self.config.degree + 1))
        return powers + self.config.degree * (1 + len(str(self.config.largest))) + 1 + len(str(wrong))

    def run(self, content: Content, x: int) -> int:
        """By Horner's rule."""
        result = 0
        for coefficient in content[0]:
            result = result * x + coefficient
        return result

    def mistakes(self, content: Content) -> Iterator[str]:
        """The value at the first point for the constant; always wrong, or else the constant with the other sign."""
        coefficients, places = content
        for constant in (self.run(content, places[0]), -coefficients[-1]):
            yield _written((*coefficients[:-1], constant))


def _written(coefficients: tuple[int, ...]) -> str:
    """``2*x*x-x+5``; the leading coefficient is positive."""
    text = ""
    for power, coefficient in zip(reversed(range(len(coefficients))), coefficients, strict=True):
        if coefficient:
            factors = [str(abs(coefficient))] if abs(coefficient) != 1 or not power else []
            text += ("-" if coefficient < 0 else "+") + "*".join(factors + ["x"] * power)
    return text.removeprefix("+")

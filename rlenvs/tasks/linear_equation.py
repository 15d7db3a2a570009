"""Linear equations: ``3x+5=20;x=`` is 5. The definite mistake: the sign is kept when a term changes sides."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from rlenvs.tasks.base import FEW
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.polynomials import written
from rlenvs.tasks.problem import Content
from rlenvs.tasks.whole_numbers import IntegerTask


@dataclass(frozen=True)
class LinearEquationConfig:
    """The largest solution, the largest factor and addend (all in size), and whether x stands on both sides."""

    solution: int
    factor: int
    addend: int
    both_sides: bool = False

    def __post_init__(self) -> None:
        for name in ("solution", "factor", "addend"):
            integer_within(2, 10**6, getattr(self, name), name)
        if not isinstance(self.both_sides, bool):
            raise TypeError(f"both_sides must be True or False, got {self.both_sides!r}")


class LinearEquation(IntegerTask):
    """Equations ``ax + b = cx + d`` with a whole solution; a and c differ, b is not 0."""

    name = "linear_equation"
    characters = "0123456789x+-=;/"
    levels = {
        1: LinearEquationConfig(9, 9, 20),
        2: LinearEquationConfig(20, 9, 50, both_sides=True),
        3: LinearEquationConfig(99, 30, 200, both_sides=True),
    }
    config: LinearEquationConfig

    def draw(self, draws: Draws) -> Content | None:
        """Factor, addend, factor on the right (0 if x stands on one side only), addend on the right."""
        factor, other, solution, addend = (draws.choice(values) for values in self._ranges())
        right = (factor - other) * solution + addend
        return (factor, addend, other, right) if factor != other and addend else None

    def contents(self) -> Iterable[Content] | None:
        """All equations, where they are few."""
        if math.prod(map(len, self._ranges())) > FEW:
            return None
        return (
            (factor, addend, other, (factor - other) * solution + addend)
            for factor, other, solution, addend in itertools.product(*self._ranges())
            if factor != other and addend
        )

    def compact(self, content: Content) -> str:
        """``3x+5=20;x=``."""
        return _equation(content) + ";x="

    def question(self, content: Content) -> str:
        """In words."""
        return f"Solve {_equation(content)} for x."

    def answer(self, content: Content) -> str:
        """The solution."""
        factor, addend, other, right = content
        return str((right - addend) // (factor - other))

    @property
    def longest_answer(self) -> int:
        """The solution or the fraction that the mistake gives."""
        largest = self.config.solution * self.config.factor * 2 + 3 * self.config.addend
        return 2 + len(str(largest)) + len(str(self.config.factor))

    def mistakes(self, content: Content) -> Iterator[str]:
        """The left addend is added on the right instead of taken away."""
        factor, addend, other, right = content
        yield str(Fraction(right + addend, factor - other))

    def _ranges(self) -> tuple[range, range, range, range]:
        """Of the factor, the factor on the right, the solution and the addend."""
        factors, solution, addend = range(1, self.config.factor + 1), self.config.solution, self.config.addend
        others = factors if self.config.both_sides else range(1)
        return factors, others, range(-solution, solution + 1), range(-addend, addend + 1)


def _equation(content: Content) -> str:
    factor, addend, other, right = content
    return f"{written((addend, factor))}={written((right, other))}"

"""Two linear equations: ``2x+3y=7,x-y=1;`` is ``2,1``. The definite mistake: x and y change places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.tasks.base import Task
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.problem import Content, Problem
from rlenvs.verifiers.verdict import Verdict

_FORM = re.compile(r"\(?(?:x ?= ?)?([+-]?[0-9]{1,30}) ?, ?(?:y ?= ?)?([+-]?[0-9]{1,30})\)?")


@dataclass(frozen=True)
class LinearSystemConfig:
    """The largest solution and the largest factor, in size."""

    solution: int
    factor: int

    def __post_init__(self) -> None:
        integer_within(2, 10**6, self.solution, "solution")
        integer_within(2, 10**6, self.factor, "factor")


class LinearSystem(Task):
    """Systems with one whole solution ``x, y``; x and y differ, no factor is 0."""

    name = "linear_system"
    characters = "0123456789xy+-=,;"
    levels = {1: LinearSystemConfig(5, 3), 2: LinearSystemConfig(9, 9), 3: LinearSystemConfig(50, 30)}
    config: LinearSystemConfig

    def draw(self, draws: Draws) -> Content | None:
        """Both equations as (factor of x, factor of y, right side)."""
        x, y = (draws.between(-self.config.solution, self.config.solution) for _ in range(2))
        a, b, c, d = (self._factor(draws) for _ in range(4))
        return ((a, b, a * x + b * y), (c, d, c * x + d * y)) if a * d != b * c and x != y else None

    def canonical(self, content: Content) -> Content:
        """Without the order of the equations."""
        return tuple(sorted(content))

    def compact(self, content: Content) -> str:
        """``2x+3y=7,x-y=1;``."""
        return ",".join(map(_equation, content)) + ";"

    def question(self, content: Content) -> str:
        """In words."""
        return f"Solve {' and '.join(map(_equation, content))}. Give x,y."

    def answer(self, content: Content) -> str:
        """``x,y``, by Cramer's rule."""
        (a, b, e), (c, d, f) = content
        determinant = a * d - b * c
        return f"{(e * d - b * f) // determinant},{(a * f - e * c) // determinant}"

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if x and y are, in this order."""
        match = _FORM.fullmatch(answer)
        if not match:
            return malformed(answer, "not of the form x,y")
        x, y = map(int, match.groups())
        solved = all(a * x + b * y == right for a, b, right in problem.meta["content"])
        return correct(answer) if solved else wrong(answer, "does not solve both equations")

    @property
    def longest_answer(self) -> int:
        """Two solutions with signs; a slip may add a digit."""
        return 2 * (1 + len(str(self.config.solution))) + 1

    def mistakes(self, content: Content) -> Iterator[str]:
        """``y,x``."""
        yield ",".join(reversed(self.answer(content).split(",")))

    def _factor(self, draws: Draws) -> int:
        size = draws.between(1, self.config.factor)
        return -size if draws.below(2) else size


def _equation(equation: tuple[int, int, int]) -> str:
    a, b, right = equation
    return f"{_factor(a)}x{'' if b < 0 else '+'}{_factor(b)}y={right}"


def _factor(number: int) -> str:
    return {1: "", -1: "-"}.get(number, str(number))

"""Derivatives of polynomials: ``d(x^3+2x)=`` is ``3x^2+2``. The definite mistake: the powers are not lowered."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlenvs.tasks import polynomials
from rlenvs.tasks.base import FEW, Task
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.problem import Content, Problem
from rlenvs.verifiers.verdict import Verdict


@dataclass(frozen=True)
class DerivativeConfig:
    """Of each factor the degree, and the largest coefficient in size; how many factors (1, or 2: product rule)."""

    degree: int
    largest: int
    factors: int = 1

    def __post_init__(self) -> None:
        integer_within(1, 8, self.degree, "degree")
        integer_within(1, 1000, self.largest, "largest")
        integer_within(1, 2, self.factors, "factors")
        if self.degree == self.factors == 1:
            raise ValueError("degree must be at least 2 with one factor, got 1")


class Derivative(Task):
    """With respect to x, in the form of a sum of powers in any order."""

    name = "derivative"
    characters = "0123456789dx^+-=()"
    levels = {1: DerivativeConfig(2, 9), 2: DerivativeConfig(4, 9), 3: DerivativeConfig(2, 9, factors=2)}
    config: DerivativeConfig

    def draw(self, draws: Draws) -> Content | None:
        """The factors, each as coefficients by power."""
        size = self.config.largest
        factors = [
            tuple(draws.between(-size, size) for _ in range(self.config.degree + 1)) for _ in range(self.config.factors)
        ]
        return tuple(factors) if all(map(_is_good, factors)) else None

    def contents(self) -> Iterable[Content] | None:
        """All polynomials of one factor, where they are few."""
        coefficients = range(-self.config.largest, self.config.largest + 1)
        if self.config.factors > 1 or len(coefficients) ** (self.config.degree + 1) > FEW:
            return None
        return (
            (factor,) for factor in itertools.product(coefficients, repeat=self.config.degree + 1) if _is_good(factor)
        )

    def canonical(self, content: Content) -> Content:
        """Without the order of the factors."""
        return tuple(sorted(content))

    def compact(self, content: Content) -> str:
        """``d(x^3+2x)=``."""
        return f"d({_function(content)})="

    def question(self, content: Content) -> str:
        """In words."""
        return f"What is the derivative of {_function(content)} with respect to x? Give it as a sum of powers of x."

    def answer(self, content: Content) -> str:
        """Highest power first."""
        return polynomials.written(polynomials.derivative(_expanded(content)))

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if the same polynomial, each power once."""
        found = polynomials.read(answer.replace("*", "").replace(" ", ""))
        if found is None:
            return malformed(answer, "no sum of different powers of x")
        right = polynomials.trimmed(polynomials.derivative(_expanded(problem.meta["content"])))
        return correct(answer) if found == right else wrong(answer, "another polynomial")

    @property
    def longest_answer(self) -> int:
        """One term a power, of the product or of the mistake."""
        terms = self.config.degree * self.config.factors
        largest = terms * (self.config.largest * (self.config.degree + 1)) ** self.config.factors
        return (terms + 1) * (4 + len(str(largest)))

    def mistakes(self, content: Content) -> Iterator[str]:
        """Each term times its power, which stays."""
        yield polynomials.written([power * coefficient for power, coefficient in enumerate(_expanded(content))])


def _is_good(factor: tuple[int, ...]) -> bool:
    """Of full degree, and more than one power."""
    return bool(factor[-1]) and sum(map(bool, factor)) > 1


def _function(content: Content) -> str:
    texts = [polynomials.written(factor) for factor in content]
    return texts[0] if len(texts) == 1 else "".join(f"({text})" for text in texts)


def _expanded(content: Content) -> list[int]:
    return polynomials.product(*content) if len(content) == 2 else list(content[0])

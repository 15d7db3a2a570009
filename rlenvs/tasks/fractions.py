"""Fractions: ``1/2+1/3=`` is ``5/6``. The definite mistake: numerators and denominators each on their own."""

from __future__ import annotations

import functools
import itertools
import math
import operator
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from rlenvs.tasks.base import FEW, Task
from rlenvs.tasks.checks import integer_within, operators_of
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.problem import Content, Problem
from rlenvs.verifiers.verdict import Verdict

OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_FORM = re.compile(r"-?[0-9]{1,30}(?:/[1-9][0-9]{0,29})?")


@dataclass(frozen=True)
class FractionsConfig:
    """The largest denominator and the operators."""

    largest: int
    operators: str = "+-*"

    def __post_init__(self) -> None:
        integer_within(3, 200, self.largest, "largest")
        operators_of(self.operators, "+-*")


class Fractions(Task):
    """Two proper fractions in lowest terms; the answer must be in lowest terms too."""

    name = "fractions"
    characters = "0123456789+-*/="
    levels = {1: FractionsConfig(9), 2: FractionsConfig(20), 3: FractionsConfig(99)}
    config: FractionsConfig

    def draw(self, draws: Draws) -> Content:
        """Numerator, denominator, operator, numerator, denominator."""
        left, right = draws.choice(self._values), draws.choice(self._values)
        return *left, draws.choice(self.config.operators), *right

    def contents(self) -> Iterable[Content] | None:
        """All problems, where they are few."""
        if self.config.largest**4 > FEW:
            return None
        problems = itertools.product(self._values, self.config.operators, self._values)
        return ((*left, sign, *right) for left, sign, right in problems)

    def canonical(self, content: Content) -> Content:
        """Without the order of what may change places."""
        left, sign, right = content[:2], content[2], content[3:]
        return content if sign == "-" else (*min(left, right), sign, *max(left, right))

    def compact(self, content: Content) -> str:
        """``1/2+1/3=``."""
        return "{}/{}{}{}/{}=".format(*content)

    def question(self, content: Content) -> str:
        """In words."""
        return "What is {}/{} {} {}/{} in lowest terms?".format(*content)

    def answer(self, content: Content) -> str:
        """In lowest terms; a whole number without denominator."""
        left, bottom, sign, right, other_bottom = content
        return str(OPERATIONS[sign](Fraction(left, bottom), Fraction(right, other_bottom)))

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if the same number in lowest terms, so that the problem is no answer to itself."""
        if not _FORM.fullmatch(answer):
            return malformed(answer, "no fraction")
        if Fraction(answer) != Fraction(problem.gold):
            return wrong(answer, "another number")
        return correct(answer) if answer == problem.gold else wrong(answer, "not in lowest terms")

    @property
    def longest_answer(self) -> int:
        """A sign, both products of denominators (the numerator up to twice that) and the slash."""
        return 2 + len(str(2 * self.config.largest**2)) + len(str(self.config.largest**2))

    def mistakes(self, content: Content) -> Iterator[str]:
        """Top and bottom each on their own, denominators always added; for a product, the quotient."""
        left, bottom, sign, right, other_bottom = content
        if sign == "*":
            yield str(Fraction(left, bottom) / Fraction(right, other_bottom))
        else:
            yield str(Fraction(OPERATIONS[sign](left, right), bottom + other_bottom))
        yield str(Fraction(self.answer(content)) + 1)

    @functools.cached_property
    def _values(self) -> list[tuple[int, int]]:
        """All proper fractions in lowest terms."""
        bottoms = range(2, self.config.largest + 1)
        return [(top, bottom) for bottom in bottoms for top in range(1, bottom) if math.gcd(top, bottom) == 1]

"""Modular arithmetic: ``(37*12)%7=`` is 3. The definite mistake: the modulus is forgotten."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlenvs.tasks.base import FEW
from rlenvs.tasks.checks import integer_within, operators_of
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.whole_numbers import IntegerTask

OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@dataclass(frozen=True)
class ModularConfig:
    """The largest operand, the largest modulus, and the operators; no modulus is below half the largest."""

    largest: int
    modulus: int
    operators: str = "+-*"

    def __post_init__(self) -> None:
        integer_within(1, 10**6, self.largest, "largest")
        integer_within(2, 10**6, self.modulus, "modulus")
        operators_of(self.operators, "+-*")


class Modular(IntegerTask):
    """One operation and its remainder, from 0 to the modulus less 1 also for negative numbers."""

    name = "modular"
    characters = "0123456789+-*%()="
    levels = {1: ModularConfig(20, 9), 2: ModularConfig(99, 20), 3: ModularConfig(999, 97)}
    config: ModularConfig

    def draw(self, draws: Draws) -> Content:
        """Operand, operator, operand, modulus."""
        left, right = draws.between(0, self.config.largest), draws.between(0, self.config.largest)
        return left, draws.choice(self.config.operators), right, draws.choice(self._moduli)

    def contents(self) -> Iterable[Content] | None:
        """All problems, where they are few."""
        operands, moduli = range(self.config.largest + 1), self._moduli
        if len(operands) ** 2 * len(moduli) * len(self.config.operators) > FEW:
            return None
        return itertools.product(operands, self.config.operators, operands, moduli)

    def canonical(self, content: Content) -> Content:
        """Without the order of what may change places."""
        left, sign, right, modulus = content
        return content if sign == "-" else (min(left, right), sign, max(left, right), modulus)

    def compact(self, content: Content) -> str:
        """``(37*12)%7=``."""
        return "({}{}{})%{}=".format(*content)

    def question(self, content: Content) -> str:
        """In words."""
        left, sign, right, modulus = content
        return f"What is {left} {sign} {right} modulo {modulus}, from 0 to {modulus - 1}?"

    def answer(self, content: Content) -> str:
        """The remainder."""
        return str(_value(content) % content[3])

    @property
    def longest_answer(self) -> int:
        """A sign and the digits of the largest product, which a mistake gives."""
        return 1 + len(str(self.config.largest**2))

    def mistakes(self, content: Content) -> Iterator[str]:
        """The number itself; where that is right, one more."""
        yield str(_value(content))
        yield str(_value(content) + 1)

    @property
    def _moduli(self) -> range:
        return range(self.config.modulus // 2 + 1, self.config.modulus + 1)


def _value(content: Content) -> int:
    left, sign, right, _ = content
    return OPERATIONS[sign](left, right)

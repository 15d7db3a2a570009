"""Greatest common divisor and least common multiple: ``gcd(12,18)=`` is 6. The definite mistake: the other one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlenvs.tasks.base import FEW
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.whole_numbers import IntegerTask

FUNCTIONS = {"gcd": math.gcd, "lcm": math.lcm}
NAMES = {"gcd": "greatest common divisor", "lcm": "least common multiple"}


@dataclass(frozen=True)
class GcdLcmConfig:
    """The largest number."""

    largest: int

    def __post_init__(self) -> None:
        integer_within(10, 10**6, self.largest, "largest")


class GcdLcm(IntegerTask):
    """Of two different numbers that have a common factor, in either order."""

    name = "gcd_lcm"
    characters = "0123456789gcdlm(),="
    levels = {1: GcdLcmConfig(30), 2: GcdLcmConfig(100), 3: GcdLcmConfig(1000)}
    config: GcdLcmConfig

    def draw(self, draws: Draws) -> Content | None:
        """Function and numbers."""
        left, right = draws.between(2, self.config.largest), draws.between(2, self.config.largest)
        return (draws.choice(tuple(FUNCTIONS)), left, right) if _is_good(left, right) else None

    def contents(self) -> Iterable[Content] | None:
        """All pairs, where they are few."""
        largest = self.config.largest
        if largest**2 > FEW:
            return None
        problems = itertools.product(FUNCTIONS, range(2, largest + 1), range(2, largest + 1))
        return (content for content in problems if _is_good(*content[1:]))

    def canonical(self, content: Content) -> Content:
        """Without the order of the numbers."""
        return content[0], *sorted(content[1:])

    def compact(self, content: Content) -> str:
        """``gcd(12,18)=``."""
        return "{}({},{})=".format(*content)

    def question(self, content: Content) -> str:
        """In words."""
        function, left, right = content
        return f"What is the {NAMES[function]} of {left} and {right}?"

    def answer(self, content: Content) -> str:
        """The number."""
        function, left, right = content
        return str(FUNCTIONS[function](left, right))

    @property
    def longest_answer(self) -> int:
        """The digits of the largest product."""
        return len(str(self.config.largest**2 // 2))

    def mistakes(self, content: Content) -> Iterator[str]:
        """The other function; two different numbers never have the same of both."""
        function, left, right = content
        yield str(FUNCTIONS["lcm" if function == "gcd" else "gcd"](left, right))


def _is_good(left: int, right: int) -> bool:
    return left != right and math.gcd(left, right) > 1

"""Loops with an accumulator: ``s=3;i%3=1;s+5*i=`` adds 5*i to 3 for every i up to n that leaves 1 when divided by 3.

The definite mistake: the loop ends before n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rlenvs.foundation.checks import boolean
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.written import WrittenTask

_MODULI = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)


@dataclass(frozen=True)
class LoopConfig:
    """Whether some turns are left out, whether the sum is multiplied in every turn, and the largest input."""

    has_test: bool = False
    has_factor: bool = False
    largest: int = 20

    def __post_init__(self) -> None:
        boolean(self.has_test, "has_test")
        boolean(self.has_factor, "has_factor")
        integer_within(15, 60, self.largest, "largest")


class _Loop(NamedTuple):
    """For i from 1 to n (short: n - 1) where i % divisor == remainder: s = s * factor + coefficient * i**power."""

    start: int
    divisor: int
    remainder: int
    factor: int
    coefficient: int
    power: int
    modulus: int
    short: int = 0


class Loop(WrittenTask):
    """Sums over i, in every turn or in some; on level 3 of the form s * factor + term, modulo a prime."""

    name = "loop"
    levels = {1: LoopConfig(), 2: LoopConfig(has_test=True), 3: LoopConfig(has_test=True, has_factor=True)}
    config: LoopConfig

    def draw(self, draws: Draws) -> Content | None:
        """All parameters."""
        divisor = draws.between(2, 6) if self.config.has_test else 1
        factor, modulus = (draws.between(2, 5), draws.choice(_MODULI)) if self.config.has_factor else (1, 0)
        coefficient = draws.choice((-1, 1)) * draws.between(1, 9)
        power = draws.between(1, 2)
        return (*_Loop(draws.between(0, 20), divisor, draws.below(divisor), factor, coefficient, power, modulus),)

    def compact(self, content: Content) -> str:
        """``s=3;i%3=1;s+5*i=``."""
        loop = _Loop(*content)
        test = [f"i%{loop.divisor}={loop.remainder}"] if loop.divisor > 1 else []
        return ";".join([f"s={loop.start}", *test, _turn(loop)]) + "="

    def signature(self, content: Content) -> str:
        """A number for a number."""
        return "(n: int) -> int"

    def statement(self, content: Content) -> str:
        """In words."""
        loop = _Loop(*content)
        which = f" that leaves {loop.remainder} when divided by {loop.divisor}" if loop.divisor > 1 else ""
        return f"Start with s = {loop.start}. For every i of 1, 2, ..., n{which}: replace s by {_turn(loop)}. Return s."

    def source(self, content: Content) -> str:
        """A loop."""
        loop = _Loop(*content)
        end = "n" if loop.short else "n+1"
        lines = ["def f(n):", f" s={loop.start}", f" for i in range(1,{end}):"]
        if loop.divisor > 1:
            lines += [f"  if i%{loop.divisor}=={loop.remainder}:", f"   s={_turn(loop)}"]
        else:
            lines += [f"  s={_turn(loop)}"]
        return "\n".join([*lines, " return s"])

    @property
    def longest_answer(self) -> int:
        """With a test in a line of its own, factor and modulus."""
        return 64 + 14 * self.config.has_test + 8 * self.config.has_factor

    def draw_args(self, content: Content, draws: Draws) -> tuple[int]:
        """A number from 0 on."""
        return (draws.between(0, self.config.largest),)

    def run(self, content: Content, n: int) -> int:
        """The loop."""
        loop = _Loop(*content)
        s = loop.start
        for i in range(1, n + 1 - loop.short):
            if i % loop.divisor == loop.remainder:
                s = s * loop.factor + loop.coefficient * i**loop.power
                s = s % loop.modulus if loop.modulus else s
        return s

    def wrong(self, content: Content) -> Iterator[Content]:
        """One turn too few."""
        yield (*_Loop(*content)._replace(short=1),)

    def neighbour(self, content: Content, draws: Draws) -> Content:
        """Another start, remainder, coefficient or power."""
        loop = _Loop(*content)
        changes = {
            "start": draws.between(0, 20),
            "remainder": draws.below(loop.divisor),
            "coefficient": draws.choice((-1, 1)) * draws.between(1, 9),
            "power": 3 - loop.power,
        }
        name = draws.choice(tuple(changes))
        return (*loop._replace(**{name: changes[name]}),)


def _turn(loop: _Loop) -> str:
    """What s becomes: ``(s*2+5*i*i)%17``."""
    factors = [str(abs(loop.coefficient))] if abs(loop.coefficient) > 1 else []
    term = "*".join(factors + ["i"] * loop.power)
    text = ("s" if loop.factor == 1 else f"s*{loop.factor}") + ("+" if loop.coefficient > 0 else "-") + term
    return f"({text})%{loop.modulus}" if loop.modulus else text

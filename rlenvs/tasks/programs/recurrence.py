"""Recurrences: ``1,2;3,-1;4=`` is f(0) = 1, f(1) = 2, f(n) = 3f(n-1) - f(n-2) + 4; a last number is a modulus.

The definite mistake: one step too few.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.foundation.checks import boolean
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.written import WrittenTask, replaced

_NAMES = "abc"
_LARGEST_INPUT = 14


@dataclass(frozen=True)
class RecurrenceConfig:
    """How many values a new one depends on, and whether it is taken modulo a number."""

    order: int
    has_modulus: bool = False

    def __post_init__(self) -> None:
        integer_within(1, 3, self.order, "order")
        boolean(self.has_modulus, "has_modulus")


class Recurrence(WrittenTask):
    """Linear recurrences ``first values, factors, constant, modulus, steps too few``."""

    name = "recurrence"
    levels = {1: RecurrenceConfig(1), 2: RecurrenceConfig(2), 3: RecurrenceConfig(3, has_modulus=True)}
    config: RecurrenceConfig

    def draw(self, draws: Draws) -> Content | None:
        """All numbers; the modulus is 0 for none."""
        first = tuple(draws.between(0, 9) for _ in range(self.config.order))
        factors = tuple(_draw_factor(draws) for _ in range(self.config.order))
        modulus = draws.between(11, 99) if self.config.has_modulus else 0
        return first, factors, draws.between(-9, 9), modulus, 0

    def compact(self, content: Content) -> str:
        """``1,2;3,-1;4=``."""
        first, factors, constant, modulus, _ = content
        parts = [",".join(map(str, first)), ",".join(map(str, factors)), str(constant)]
        return ";".join(parts + [str(modulus)] * (modulus > 0)) + "="

    def signature(self, content: Content) -> str:
        """A number for a number."""
        return "(n: int) -> int"

    def statement(self, content: Content) -> str:
        """In words."""
        first, factors, constant, modulus, _ = content
        values = ", ".join(f"f({place}) = {value}" for place, value in enumerate(first))
        names = [f"f(n-{place})" for place in range(1, len(first) + 1)]
        rule = _sum(list(zip(factors, names, strict=True)), constant)
        rule = f"({rule}) % {modulus}" if modulus else rule
        return f"The sequence with {values} and, from n = {len(first)} on, f(n) = {rule}."

    def source(self, content: Content) -> str:
        """A loop over the last values."""
        first, factors, constant, modulus, late = content
        names = _NAMES[: len(first)]
        rule = _sum(list(zip(factors, reversed(names), strict=True)), constant)
        values = [*names[1:], f"({rule})%{modulus}" if modulus else rule]
        start = "n" if not late else f"{late},n"
        return (
            f"def f(n):\n {','.join(names)}={','.join(map(str, first))}\n for i in range({start}):\n"
            f"  {','.join(names)}={','.join(values)}\n return a"
        )

    @property
    def longest_answer(self) -> int:
        """Each value has a name, a first value and a factor."""
        return 52 + 12 * self.config.order + 5 * self.config.has_modulus

    def draw_args(self, content: Content, draws: Draws) -> tuple[int]:
        """A number from 0 on."""
        return (draws.between(0, _LARGEST_INPUT),)

    def run(self, content: Content, n: int) -> int:
        """Step by step."""
        first, factors, constant, modulus, late = content
        values = list(first)
        for _ in range(late, n):
            new = constant + sum(factor * value for factor, value in zip(factors, reversed(values), strict=True))
            values = [*values[1:], new % modulus if modulus else new]
        return values[0]

    def wrong(self, content: Content) -> Iterator[Content]:
        """The loop begins at 1."""
        yield replaced(content, 4, 1)

    def neighbour(self, content: Content, draws: Draws) -> Content:
        """Another first value, factor or constant."""
        first, factors, _, _, _ = content
        place, kind = draws.below(len(first)), draws.below(3)
        if kind == 0:
            return replaced(content, 0, replaced(first, place, draws.between(0, 9)))
        if kind == 1:
            return replaced(content, 1, replaced(factors, place, _draw_factor(draws)))
        return replaced(content, 2, draws.between(-9, 9))


def _draw_factor(draws: Draws) -> int:
    return draws.choice((-3, -2, -1, 1, 2, 3))


def _sum(terms: list[tuple[int, str]], constant: int) -> str:
    """``3*b-a+4``."""
    text = "".join(
        ("-" if factor < 0 else "+") + (f"{abs(factor)}*" if abs(factor) > 1 else "") + name for factor, name in terms
    )
    return text.removeprefix("+") + (f"{constant:+d}" if constant else "")

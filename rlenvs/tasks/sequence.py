"""Number sequences: ``2,5,8,11,`` goes on with 14. The definite mistake: the last number comes again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.whole_numbers import IntegerTask

KINDS = ("arithmetic", "alternating", "affine", "quadratic", "fibonacci")


@dataclass(frozen=True)
class SequenceConfig:
    """The kinds, how many numbers are shown, and the largest first number and step in size."""

    kinds: tuple[str, ...]
    shown: int
    largest: int

    def __post_init__(self) -> None:
        if not isinstance(self.kinds, tuple) or not self.kinds or not set(self.kinds) <= set(KINDS):
            raise ValueError(f"kinds must be a tuple of {', '.join(KINDS)}, got {self.kinds!r}")
        integer_within(4, 12, self.shown, "shown")
        integer_within(4, 1000, self.largest, "largest")


class Sequence(IntegerTask):
    """Steps that are constant, alternate or grow; twice to four times the last and a constant; sums of the last two."""

    name = "sequence"
    characters = "0123456789-,"
    levels = {
        1: SequenceConfig(("arithmetic",), 4, 99),
        2: SequenceConfig(("arithmetic", "alternating", "affine"), 5, 50),
        3: SequenceConfig(KINDS, 6, 50),
    }
    config: SequenceConfig

    def draw(self, draws: Draws) -> Content | None:
        """The numbers with the one to find."""
        kind = draws.choice(self.config.kinds)
        start, step, change = (draws.between(-self.config.largest, self.config.largest) for _ in range(3))
        numbers = _numbers(kind, start, step, change, self.config.shown + 1)
        return tuple(numbers) if numbers[-1] != numbers[-2] else None

    def compact(self, content: Content) -> str:
        """``2,5,8,11,``."""
        return "".join(f"{number}," for number in content[:-1])

    def question(self, content: Content) -> str:
        """In words."""
        return f"What is the next number of {', '.join(map(str, content[:-1]))}?"

    def answer(self, content: Content) -> str:
        """The next number."""
        return str(content[-1])

    @property
    def longest_answer(self) -> int:
        """A sign and the digits of the fastest growth."""
        return 1 + len(str(self.config.largest * 5 ** (self.config.shown + 1)))

    def mistakes(self, content: Content) -> Iterator[str]:
        """The last number that is shown."""
        yield str(content[-2])


def _numbers(kind: str, start: int, step: int, change: int, count: int) -> list[int]:
    """The first numbers of a sequence; what a kind does not need of its arguments it leaves."""
    if kind == "quadratic":
        return [start + step * place + (1 + change % 4) * place * (place - 1) // 2 for place in range(count)]
    if kind == "alternating":
        return [start + step * ((place + 1) // 2) + change * (place // 2) for place in range(count)]
    if kind == "arithmetic":
        return [start + step * place for place in range(count)]
    numbers = [start, start + step] if kind == "fibonacci" else [start]
    while len(numbers) < count:
        numbers.append(sum(numbers[-2:]) if kind == "fibonacci" else (2 + step % 3) * numbers[-1] + change % 10)
    return numbers

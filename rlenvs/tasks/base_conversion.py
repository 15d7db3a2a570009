"""Conversion between bases: ``1011_2>10=`` is 11. The definite mistake: digits in reverse order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlenvs.tasks.base import FEW, Task
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.slips import slip
from rlenvs.verifiers.verdict import Verdict

DIGITS = "0123456789abcdef"
MAX_LENGTH = 64


@dataclass(frozen=True)
class BaseConversionConfig:
    """The bases and the largest number."""

    bases: tuple[int, ...]
    largest: int

    def __post_init__(self) -> None:
        if not isinstance(self.bases, tuple) or len(set(self.bases)) < 2:
            raise ValueError(f"bases must be a tuple of at least two different bases, got {self.bases!r}")
        for base in self.bases:
            integer_within(2, 16, base, "bases")
        integer_within(1, 10**9, self.largest, "largest")


class BaseConversion(Task):
    """Numbers of 1 or more from one base to another; digits beyond 9 are lower-case letters."""

    name = "base_conversion"
    characters = DIGITS + "_>="
    levels = {
        1: BaseConversionConfig((2, 10), 255),
        2: BaseConversionConfig((2, 8, 10, 16), 4095),
        3: BaseConversionConfig(tuple(range(2, 17)), 65535),
    }
    config: BaseConversionConfig

    def draw(self, draws: Draws) -> Content | None:
        """Number, base, other base."""
        source, target = draws.choice(self.config.bases), draws.choice(self.config.bases)
        return (draws.between(1, self.config.largest), source, target) if source != target else None

    def contents(self) -> Iterable[Content] | None:
        """All conversions, where they are few."""
        pairs = [(source, target) for source in self.config.bases for target in self.config.bases if source != target]
        if len(pairs) * self.config.largest > FEW:
            return None
        return ((number, *pair) for number in range(1, self.config.largest + 1) for pair in pairs)

    def compact(self, content: Content) -> str:
        """``1011_2>10=``."""
        number, source, target = content
        return f"{written(number, source)}_{source}>{target}="

    def question(self, content: Content) -> str:
        """In words."""
        number, source, target = content
        return f"Write {written(number, source)}, a number in base {source}, in base {target}, in lower case."

    def answer(self, content: Content) -> str:
        """The digits in the other base."""
        number, _, target = content
        return written(number, target)

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if the same number; leading zeros do not count."""
        number, _, target = problem.meta["content"]
        if len(answer) > MAX_LENGTH or not set(answer) <= set(DIGITS[:target]):
            return malformed(answer, f"no number in base {target}")
        return correct(answer) if int(answer, target) == number else wrong(answer, "another number")

    @property
    def longest_answer(self) -> int:
        """The largest number in the smallest base, one digit more for a mistake."""
        return len(written(self.config.largest, min(self.config.bases))) + 1

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """Another digit of the base."""
        return slip(answer, draws, (DIGITS[: content[2]],))

    def mistakes(self, content: Content) -> Iterator[str]:
        """The least significant digit first; where that is the same, one too many."""
        number, _, target = content
        yield written(number, target)[::-1]
        yield written(number + 1, target)


def written(number: int, base: int) -> str:
    """A number of 1 or more in a base."""
    digits = []
    while number:
        number, digit = divmod(number, base)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))

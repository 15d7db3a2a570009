"""Counting letters: ``banana,a=`` is 3. The definite mistake: the letter of the question is counted too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.tasks.checks import distinct_letters, integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.whole_numbers import IntegerTask


@dataclass(frozen=True)
class LetterCountConfig:
    """The shortest and the longest string, and its letters."""

    shortest: int
    longest: int
    symbols: str

    def __post_init__(self) -> None:
        integer_within(1, 200, self.longest, "longest")
        integer_within(1, self.longest, self.shortest, "shortest")
        distinct_letters(self.symbols, "symbols")


class LetterCount(IntegerTask):
    """Random strings; every count up to half the length is about as likely as any other."""

    name = "letter_count"
    levels = {
        1: LetterCountConfig(6, 8, "abcdef"),
        2: LetterCountConfig(10, 16, "abcdefghij"),
        3: LetterCountConfig(20, 40, "abcdefghijklmnopqrstuvwxyz"),
    }
    config: LetterCountConfig

    @property
    def characters(self) -> str:  # type: ignore[override]
        """Letters, digits and signs."""
        return self.config.symbols + "0123456789,="

    def draw(self, draws: Draws) -> Content:
        """String and letter: some places hold the letter, the others are random."""
        letter = draws.choice(self.config.symbols)
        length = draws.between(self.config.shortest, self.config.longest)
        count = draws.between(0, (length + 1) // 2)
        others = draws.letters(self.config.symbols.replace(letter, ""), length - count)
        return "".join(draws.shuffled(letter * count + others)), letter

    def compact(self, content: Content) -> str:
        """``banana,a=``."""
        return "{},{}=".format(*content)

    def question(self, content: Content) -> str:
        """In words."""
        text, letter = content
        return f"How often does the letter {letter} occur in {text}?"

    def answer(self, content: Content) -> str:
        """The count."""
        text, letter = content
        return str(text.count(letter))

    @property
    def longest_answer(self) -> int:
        """The digits of the longest string's length, one more for a mistake."""
        return len(str(self.config.longest)) + 1

    def mistakes(self, content: Content) -> Iterator[str]:
        """One more."""
        yield str(int(self.answer(content)) + 1)

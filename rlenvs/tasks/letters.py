"""Strings of letters: what reversing, sorting, rotating and other operations on strings share."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

from rlenvs.tasks.base import FEW, Task
from rlenvs.tasks.checks import distinct_letters, integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.slips import swap

MAX_LENGTH = 60


@dataclass(frozen=True)
class LettersConfig:
    """How many letters, and which."""

    length: int
    symbols: str = "abcdefghij"

    def __post_init__(self) -> None:
        integer_within(3, MAX_LENGTH, self.length, "length")
        distinct_letters(self.symbols, "symbols")


LEVELS = {1: LettersConfig(4), 2: LettersConfig(6), 3: LettersConfig(8), 4: LettersConfig(12)}


class LettersTask(Task):
    """Problems whose content is a string of letters; the answer has the same letters in another order."""

    levels = LEVELS
    config: LettersConfig

    @property
    def characters(self) -> str:  # type: ignore[override]
        """The letters of this level and the end of the prompt."""
        return self.config.symbols + "="

    @abstractmethod
    def is_good(self, text: str) -> bool:
        """Whether the family's definite mistake shows on a string."""

    def draw(self, draws: Draws) -> Content | None:
        """One string."""
        text = draws.letters(self.config.symbols, self.config.length)
        return (text,) if self.is_good(text) else None

    def contents(self) -> Iterable[Content] | None:
        """All strings, where they are few."""
        if len(self.config.symbols) ** self.config.length > FEW:
            return None
        texts = map("".join, itertools.product(self.config.symbols, repeat=self.config.length))
        return ((text,) for text in texts if self.is_good(text))

    def compact(self, content: Content) -> str:
        """``chdiaafc=``."""
        return f"{content[0]}="

    @property
    def longest_answer(self) -> int:
        """As long as the string."""
        return self.config.length

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """Two letters that differ change places."""
        return swap(answer, draws)

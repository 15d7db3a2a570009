"""Closing brackets: ``<{{(<=`` is ``>)}}>``. The definite mistake: closed in the order in which they were opened."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlenvs.tasks.base import FEW, Task
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.slips import slip

PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_CLOSING = "".join(PAIRS.values())


@dataclass(frozen=True)
class BracketsConfig:
    """The shortest and the longest string, and how likely a bracket closes the last open one, in percent."""

    shortest: int
    longest: int
    closing_percent: int = 0

    def __post_init__(self) -> None:
        integer_within(3, 200, self.longest, "longest")
        integer_within(3, self.longest, self.shortest, "shortest")
        integer_within(0, 45, self.closing_percent, "closing_percent")


class Brackets(Task):
    """Four kinds of brackets; at least two open ones of different kinds are to be closed."""

    name = "brackets"
    characters = "()[]{}<>="
    levels = {1: BracketsConfig(4, 6), 2: BracketsConfig(8, 10), 3: BracketsConfig(12, 20, closing_percent=30)}
    config: BracketsConfig

    def draw(self, draws: Draws) -> Content | None:
        """A string in which some brackets are open."""
        length = draws.between(self.config.shortest, self.config.longest)
        text, open_ones = "", ""
        for _ in range(length):
            if open_ones and draws.below(100) < self.config.closing_percent:
                text, open_ones = text + PAIRS[open_ones[-1]], open_ones[:-1]
            else:
                bracket = draws.choice(tuple(PAIRS))
                text, open_ones = text + bracket, open_ones + bracket
        return (text, open_ones) if open_ones != open_ones[::-1] else None

    def contents(self) -> Iterable[Content] | None:
        """All strings of opening brackets, where they are few and none is closed."""
        if self.config.closing_percent or 2 * 4**self.config.longest > FEW:
            return None
        lengths = range(self.config.shortest, self.config.longest + 1)
        texts = ("".join(text) for length in lengths for text in itertools.product(PAIRS, repeat=length))
        return ((text, text) for text in texts if text != text[::-1])

    def compact(self, content: Content) -> str:
        """``<{{(<=``."""
        return f"{content[0]}="

    def question(self, content: Content) -> str:
        """In words."""
        return f"Close all open brackets of {content[0]} in the right order. Write only the closing brackets."

    def answer(self, content: Content) -> str:
        """The last opened first."""
        return "".join(PAIRS[bracket] for bracket in reversed(content[1]))

    @property
    def longest_answer(self) -> int:
        """All may be open."""
        return self.config.longest

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """One bracket of another kind."""
        return slip(answer, draws, (_CLOSING,))

    def mistakes(self, content: Content) -> Iterator[str]:
        """The first opened first."""
        yield "".join(PAIRS[bracket] for bracket in content[1])

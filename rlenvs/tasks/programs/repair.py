"""Program repair: what a function should do, and a program that does it wrong; the answer is the right program.

Functions are those of the families of lists, strings, loops, recurrences and sorting. The definite mistake: the program
is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.base import Cases
from rlenvs.tasks.programs.nested import LEVELS, NestedConfig, draw_function, functions, longest_of
from rlenvs.tasks.programs.responses import widened
from rlenvs.tasks.programs.written import WrittenTask


class Repair(WrittenTask):
    """Problems ``family, function, function of the wrong program``; the split is that of the function in its family."""

    name = "repair"
    levels = LEVELS
    config: NestedConfig

    def __init__(self, level: int = 1, style: str = "compact", unsafe: bool = False, **options: Any) -> None:
        super().__init__(level, style, unsafe, **options)
        self.families = functions(self.config)

    def draw(self, draws: Draws) -> Content | None:
        """A function, and the program of its definite mistake or of one at random."""
        drawn = draw_function(self.families, draws)
        if drawn is None:
            return None
        name, content = drawn
        family = self.families[name]
        broken = next(family.wrong(content)) if draws.below(2) else family.neighbour(content, draws)
        return name, content, broken

    def canonical(self, content: Content) -> Content:
        """The function, as in its own family."""
        return self.families[content[0]].canonical(content[1])

    def cases(self, content: Content) -> Cases:
        """Those of the function in its own family."""
        return self.families[content[0]].cases(content[1])

    def compact(self, content: Content) -> str:
        """The function's own prompt, then the wrong program."""
        family = self.families[content[0]]
        return f"{family.compact(content[1])}\n{family.source(content[2])}\n="

    def signature(self, content: Content) -> str:
        """The function's."""
        return self.families[content[0]].signature(content[1])

    def statement(self, content: Content) -> str:
        """The function's, in words."""
        return self.families[content[0]].statement(content[1])

    def question(self, content: Content) -> str:
        """The function's, with the wrong program."""
        broken = widened(self.families[content[0]].source(content[2]))
        asked = super().question(content).replace("Write a Python function.", "Repair a Python function.", 1)
        return f"{asked}\nThis program does something else:\n\n{broken}\n"

    def source(self, content: Content) -> str:
        """The right program."""
        return self.families[content[0]].source(content[1])

    @property
    def longest_answer(self) -> int:
        """Of all families."""
        return longest_of(self.families.values())

    def draw_args(self, content: Content, draws: Draws) -> tuple[Any, ...]:
        """As in the family."""
        return self.families[content[0]].draw_args(content[1], draws)

    def run(self, content: Content, *args: Any) -> Any:
        """The function."""
        return self.families[content[0]].run(content[1], *args)

    def completed(self, content: Content) -> Content | None:
        """Only functions that make good problems in their family, and programs that are wrong."""
        family = self.families[content[0]]
        return content if family.completed(content[1]) and not family.agrees(content[2], content[1]) else None

    def wrong(self, content: Content) -> Iterator[Content]:
        """The wrong program."""
        yield content[0], content[2], content[2]

    def neighbour(self, content: Content, draws: Draws) -> Content:
        """A function that differs in one part from the right one."""
        return content[0], self.families[content[0]].neighbour(content[1], draws), content[2]

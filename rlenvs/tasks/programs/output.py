"""Output prediction: a program and a call; the answer is the value, as text: ``[3,1,2]``.

Functions are those of the families of lists, strings, loops, recurrences and sorting. The definite mistake: the value
that the function has with its family's definite mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rlenvs.tasks.base import Task
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import judge_text
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.programs.nested import LEVELS, NestedConfig, draw_function, functions, shown_call
from rlenvs.tasks.programs.responses import widened
from rlenvs.tasks.programs.string_function import StringFunction
from rlenvs.tasks.programs.written import CHARACTERS
from rlenvs.tasks.slips import DIGITS, slip
from rlenvs.verifiers.verdict import Verdict

_LETTERS = "abcdefghij"
_LONGEST_LIST, _LONGEST_STRING = 60, 10


class Output(Task):
    """Problems ``family, function, arguments``; the split is that of the function in its family."""

    name = "output"
    characters = CHARACTERS
    levels = LEVELS
    config: NestedConfig

    def __init__(self, level: int = 1, style: str = "compact", **options: Any) -> None:
        super().__init__(level, style, **options)
        self.families = functions(self.config)

    def draw(self, draws: Draws) -> Content | None:
        """A function and arguments."""
        drawn = draw_function(self.families, draws)
        if drawn is None:
            return None
        return *drawn, self.families[drawn[0]].draw_args(drawn[1], draws)

    def canonical(self, content: Content) -> Content:
        """The function, as in its own family."""
        return self.families[content[0]].canonical(content[1])

    def completed(self, content: Content) -> Content | None:
        """Only functions that make good problems in their family, values that its mistake changes, and none empty."""
        family = self.families[content[0]]
        value = family.run(content[1], *content[2])
        is_good = family.completed(content[1]) and value not in ("", [], content[2][0])
        return content if is_good and any(answer != _shown(value) for answer in self.mistakes(content)) else None

    def compact(self, content: Content) -> str:
        """The program and the call."""
        return f"{self.families[content[0]].source(content[1])}\n{shown_call(content[2])}="

    def question(self, content: Content) -> str:
        """In words."""
        return f"What is {shown_call(content[2])}?\n\n{widened(self.families[content[0]].source(content[1]))}\n"

    def answer(self, content: Content) -> str:
        """The value, without blanks."""
        return _shown(self.families[content[0]].run(content[1], *content[2]))

    @property
    def longest_answer(self) -> int:
        """A list of eight numbers, or a string that every operation doubles, in quotes."""
        doubled = [family.config.operations for family in self.families.values() if isinstance(family, StringFunction)]
        return max([_LONGEST_LIST, *(2 + _LONGEST_STRING * 2**times for times in doubled)])

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if equal up to blanks and quotes."""
        return judge_text(_bare(problem.gold), _bare(answer))

    def mistakes(self, content: Content) -> Iterator[str]:
        """Values of functions with the family's mistakes."""
        name, function, args = content
        family = self.families[name]
        return (_shown(family.run(other, *args)) for other in family.wrong(function))

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """One digit or letter for another."""
        return slip(answer, draws, (DIGITS, _LETTERS))


def _shown(value: Any) -> str:
    return repr(value).replace(" ", "")


def _bare(text: str) -> str:
    return "".join(character for character in text if character not in " '\"")

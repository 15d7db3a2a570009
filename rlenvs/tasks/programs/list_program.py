"""A program from an example: ``jchib>jbihc=`` is ``zr``; one letter an operation, judged with other strings.

The operations: r reverses, s sorts, z moves the first letter to the end, t drops the first letter, u drops letters that
came before, w exchanges the first and the last letter. The definite mistake: the operations in the opposite order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.little import LittleTask, NotInLanguageError
from rlenvs.tasks.programs.written import Part

SYMBOLS = "abcdefghij"
MAX_OPERATIONS = 40
OPERATIONS = {
    "r": Part("r", "a=a[::-1]", "reverse it", lambda a: a[::-1]),
    "s": Part("s", "a=''.join(sorted(a))", "sort its letters", lambda a: "".join(sorted(a))),
    "z": Part("z", "a=a[1:]+a[:1]", "move its first letter to the end", lambda a: a[1:] + a[:1]),
    "t": Part("t", "a=a[1:]", "drop its first letter", lambda a: a[1:]),
    "u": Part("u", "a=''.join(dict.fromkeys(a))", "drop letters that came before", lambda a: "".join(dict.fromkeys(a))),
    "w": Part("w", "a=a[-1:]+a[1:-1]+a[:1]", "exchange its first and last letter", lambda a: _exchanged(a)),
}


@dataclass(frozen=True)
class ListProgramConfig:
    """How many operations, and how many letters and examples are shown."""

    operations: int
    letters: int = 5
    examples: int = 1

    def __post_init__(self) -> None:
        integer_within(2, 4, self.operations, "operations")
        integer_within(3, 20, self.letters, "letters")
        integer_within(1, 4, self.examples, "examples")


class ListProgram(LittleTask):
    """Problems ``program, example strings`` whose examples leave no doubt about the hidden cases."""

    name = "list_program"
    characters = SYMBOLS + "".join(OPERATIONS) + ">;="
    levels = {1: ListProgramConfig(2), 2: ListProgramConfig(2, 7, 2), 3: ListProgramConfig(3, 7, 2)}
    config: ListProgramConfig

    def draw(self, draws: Draws) -> Content | None:
        """Operations and strings."""
        names = "".join(OPERATIONS)
        program = draws.letters(names, self.config.operations)
        texts = [draws.letters(SYMBOLS, self.config.letters) for _ in range(self.config.examples)]
        return program, tuple(texts)

    def completed(self, content: Content) -> Content | None:
        """Every program of as many operations that fits the examples gives the right answers to the hidden cases."""
        program, texts = content
        if super().completed(content) is None:
            return None
        hidden = [case.args[0] for case in self.cases(content).hidden]
        names = itertools.product(OPERATIONS, repeat=self.config.operations)
        fitting = ["".join(other) for other in names if all(apply(other, a) == apply(program, a) for a in texts)]
        is_clear = all(apply(other, a) == apply(program, a) for other in fitting for a in hidden)
        return content if is_clear else None

    def compact(self, content: Content) -> str:
        """``jchib>jbihc=``."""
        return ";".join(f"{text}>{apply(content[0], text)}" for text in content[1]) + "="

    def signature(self, content: Content) -> str:
        """A string for a string."""
        return "(a: str) -> str"

    def statement(self, content: Content) -> str:
        """In words."""
        program, texts = content
        choices = "; ".join(part.words for part in OPERATIONS.values())
        examples = ", ".join(f"f({text!r}) = {apply(program, text)!r}" for text in texts)
        return f"Do {len(program)} of these things to a: {choices}. Which ones, and in which order, show {examples}."

    def answer(self, content: Content) -> str:
        """The operations."""
        return content[0]

    @property
    def longest_answer(self) -> int:
        """A letter an operation."""
        return self.config.operations

    def draw_args(self, content: Content, draws: Draws) -> tuple[str]:
        """A string of four to nine letters."""
        return (draws.letters(SYMBOLS, draws.between(4, 9)),)

    def run(self, content: Content, a: str) -> str:
        """One operation after the other."""
        return apply(content[0], a)

    def program(self, answer: str) -> str:
        """A statement an operation; what is no program stays what it is."""
        if not set(answer) <= OPERATIONS.keys():
            return answer
        return "\n ".join(["def f(a):", *(OPERATIONS[name].source for name in answer), "return a"])

    def read(self, answer: str) -> Callable[[str], str]:
        """The program as a function."""
        if not set(answer) <= OPERATIONS.keys() or len(answer) > MAX_OPERATIONS:
            raise NotInLanguageError(f"no program of at most {MAX_OPERATIONS} of the operations {''.join(OPERATIONS)}")
        return lambda a: apply(answer, a)

    def mistakes(self, content: Content) -> Iterator[str]:
        """The opposite order; where that does the same, the last operation left out."""
        yield content[0][::-1]
        yield content[0][:-1]

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """Another operation at one place."""
        place = draws.below(len(answer))
        others = [name for name in OPERATIONS if name != answer[place]]
        return answer[:place] + draws.choice(others) + answer[place + 1 :]


def apply(program: str | tuple[str, ...], text: str) -> str:
    """A string after some operations."""
    for name in program:
        text = OPERATIONS[name].apply(text)
    return text


def _exchanged(text: str) -> str:
    return text[-1:] + text[1:-1] + text[:1] if len(text) > 1 else text

"""Functions of strings: ``r;-a=`` reverses a string, then deletes every a.

The definite mistake: the operations in the opposite order; where that does the same, the last one left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.written import Part, WrittenTask, replaced

SYMBOLS = "abcdefghij"
OPERATIONS = {
    "r": Part("r", "s=s[::-1]", "reverse it", lambda s: s[::-1]),
    "o": Part("o", "s=''.join(sorted(s))", "sort its letters", lambda s: "".join(sorted(s))),
    "d": Part("d", "s=''.join(c*2 for c in s)", "double every letter", lambda s: "".join(c * 2 for c in s)),
    "-": Part("-{}", "s=s.replace('{}','')", "delete every {}", lambda s, p: s.replace(p, "")),
    "<": Part("<{}", "s=''.join(c for c in s if c<'{}')", "keep the letters before {} in the alphabet",
              lambda s, p: "".join(c for c in s if c < p)),
    "/": Part("{}/{}", "s=s.replace('{}','{}')", "write {1} for every {0}", lambda s, p, q: s.replace(p, q)),
    "^": Part("^{}", "s=s[{0}:]+s[:{0}]", "move the first {} letter(s) to the end",
              lambda s, k: s[k:] + s[:k]),
    "%": Part("%{}", "s=s[::{}]", "keep the first of every {} letters", lambda s, k: s[::k]),
}  # fmt: skip


@dataclass(frozen=True)
class StringFunctionConfig:
    """How many operations."""

    operations: int

    def __post_init__(self) -> None:
        integer_within(2, 6, self.operations, "operations")


class StringFunction(WrittenTask):
    """Functions that are operations on a string, one after the other."""

    name = "string_function"
    levels = {1: StringFunctionConfig(2), 2: StringFunctionConfig(3), 3: StringFunctionConfig(4)}
    config: StringFunctionConfig

    def draw(self, draws: Draws) -> Content | None:
        """All operations."""
        return tuple(_draw_operation(draws) for _ in range(self.config.operations))

    def compact(self, content: Content) -> str:
        """``r;-a=``."""
        return ";".join(OPERATIONS[name].compact.format(*parameters) for name, *parameters in content) + "="

    def signature(self, content: Content) -> str:
        """A string for a string."""
        return "(s: str) -> str"

    def statement(self, content: Content) -> str:
        """In words."""
        done = ", then ".join(OPERATIONS[name].words.format(*parameters) for name, *parameters in content)
        return f"Take s and {done}; return the result."

    def source(self, content: Content) -> str:
        """A statement an operation."""
        statements = [OPERATIONS[name].source.format(*parameters) for name, *parameters in content]
        return "\n ".join(["def f(s):", *statements, "return s"])

    @property
    def longest_answer(self) -> int:
        """A statement an operation, at most a comprehension."""
        return 21 + 35 * self.config.operations

    def draw_args(self, content: Content, draws: Draws) -> tuple[str]:
        """Five to ten letters."""
        return (draws.letters(SYMBOLS, draws.between(5, 10)),)

    def run(self, content: Content, s: str) -> str:
        """One operation after the other."""
        for name, *parameters in content:
            s = OPERATIONS[name].apply(s, *parameters)
        return s

    def wrong(self, content: Content) -> Iterator[Content]:
        """The opposite order; the last left out."""
        yield content[::-1]
        yield content[:-1]

    def neighbour(self, content: Content, draws: Draws) -> Content:
        """Another operation at one place."""
        return replaced(content, draws.below(len(content)), _draw_operation(draws))


def _draw_operation(draws: Draws) -> Content:
    name = draws.choice(tuple(OPERATIONS))
    parameters: dict[str, tuple[object, ...]] = {
        "-": (draws.choice(SYMBOLS),),
        "<": (draws.choice(SYMBOLS[3:]),),
        "/": tuple(draws.shuffled(SYMBOLS)[:2]),
        "^": (draws.between(1, 4),),
        "%": (draws.between(2, 3),),
    }
    return (name, *parameters.get(name, ()))

"""One of several operations on strings: ``s:igaadf=`` is ``aadfgi``. The definite mistake: the next operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.letters import LettersTask
from rlenvs.tasks.problem import Content

OPERATIONS = {
    "r": ("Write the letters of {} in reverse order.", lambda text: text[::-1]),
    "s": ("Sort the letters of {} alphabetically.", lambda text: "".join(sorted(text))),
    "t": ("Move the first letter of {} to the end.", lambda text: text[1:] + text[:1]),
    "e": ("Write the 1st, 3rd, 5th ... letters of {}, then the 2nd, 4th ...", lambda text: text[::2] + text[1::2]),
}
_ORDER = tuple(OPERATIONS)


class StringOperation(LettersTask):
    """Reverse, sort, turn by one, even-odd: the first letter of the prompt says which; all four results differ."""

    name = "string_operation"

    @property
    def characters(self) -> str:  # type: ignore[override]
        """Letters, names of operations and signs."""
        return self.config.symbols + "".join(OPERATIONS) + ":="

    def is_good(self, text: str) -> bool:
        """All operations give different strings."""
        return len({apply(operation, text) for operation in OPERATIONS}) == len(OPERATIONS)

    def draw(self, draws: Draws) -> Content | None:
        """Operation and string."""
        text = draws.letters(self.config.symbols, self.config.length)
        return (draws.choice(_ORDER), text) if self.is_good(text) else None

    def contents(self) -> Iterable[Content] | None:
        """Too many to list."""
        return None

    def compact(self, content: Content) -> str:
        """``s:igaadf=``."""
        return "{}:{}=".format(*content)

    def question(self, content: Content) -> str:
        """In words."""
        operation, text = content
        return OPERATIONS[operation][0].format(text)

    def answer(self, content: Content) -> str:
        """What the operation gives."""
        return apply(*content)

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """What one of the other operations gives."""
        operation, text = content
        return apply(draws.choice([other for other in _ORDER if other != operation]), text)

    def mistakes(self, content: Content) -> Iterator[str]:
        """What the next operation gives."""
        operation, text = content
        yield apply(_ORDER[(_ORDER.index(operation) + 1) % len(_ORDER)], text)


def apply(operation: str, text: str) -> str:
    """A string after an operation."""
    return OPERATIONS[operation][1](text)

"""Rotating strings: ``abcdef<2=`` is ``cdefab``. The definite mistake: rotated the other way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.letters import LettersTask
from rlenvs.tasks.problem import Content


class Rotate(LettersTask):
    """Rotations to the left by 1 to length - 1 places, where left and right differ."""

    name = "rotate"

    @property
    def characters(self) -> str:  # type: ignore[override]
        """Letters, digits and signs."""
        return self.config.symbols + "0123456789<="

    def is_good(self, text: str) -> bool:
        """By one place, left and right differ."""
        return rotated(text, 1) != rotated(text, -1)

    def draw(self, draws: Draws) -> Content | None:
        """String and number of places."""
        text = draws.letters(self.config.symbols, self.config.length)
        return _unless_equal(text, draws.between(1, self.config.length - 1))

    def contents(self) -> Iterable[Content] | None:
        """Too many to list: each string comes with several rotations."""
        return None

    def compact(self, content: Content) -> str:
        """``abcdef<2=``."""
        return "{}<{}=".format(*content)

    def question(self, content: Content) -> str:
        """In words."""
        text, places = content
        return f"Rotate {text} to the left by {places}: the first {places} letters move to the end."

    def answer(self, content: Content) -> str:
        """The first letters at the end."""
        return rotated(*content)

    def mistakes(self, content: Content) -> Iterator[str]:
        """The last letters at the start."""
        text, places = content
        yield rotated(text, -places)


def rotated(text: str, places: int) -> str:
    """Rotated to the left."""
    places %= len(text)
    return text[places:] + text[:places]


def _unless_equal(text: str, places: int) -> Content | None:
    return (text, places) if rotated(text, places) != rotated(text, -places) else None

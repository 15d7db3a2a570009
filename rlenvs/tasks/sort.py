"""Sorting strings: ``chdiaafc=`` is ``aaccdfhi``. The definite mistake: sorted the other way."""

from __future__ import annotations

from collections.abc import Iterator

from rlenvs.tasks.letters import LettersTask
from rlenvs.tasks.problem import Content


class Sort(LettersTask):
    """Strings that are not in order yet."""

    name = "sort"

    def is_good(self, text: str) -> bool:
        """Not sorted already, else copying would score."""
        return text != "".join(sorted(text))

    def question(self, content: Content) -> str:
        """In words."""
        return f"Sort the letters of {content[0]} alphabetically."

    def answer(self, content: Content) -> str:
        """Ascending."""
        return "".join(sorted(content[0]))

    def mistakes(self, content: Content) -> Iterator[str]:
        """Descending."""
        yield "".join(sorted(content[0], reverse=True))

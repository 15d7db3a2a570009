"""Reversing strings: ``bdaacfij=`` is ``jifcaadb``. The definite mistake: copied as it stands."""

from __future__ import annotations

from collections.abc import Iterator

from rlenvs.tasks.letters import LettersTask
from rlenvs.tasks.problem import Content


class Reverse(LettersTask):
    """Strings that read differently backwards."""

    name = "reverse"

    def is_good(self, text: str) -> bool:
        """No palindrome."""
        return text != text[::-1]

    def question(self, content: Content) -> str:
        """In words."""
        return f"Write the letters of {content[0]} in reverse order."

    def answer(self, content: Content) -> str:
        """The last letter first."""
        return str(content[0])[::-1]

    def mistakes(self, content: Content) -> Iterator[str]:
        """The string itself."""
        yield content[0]

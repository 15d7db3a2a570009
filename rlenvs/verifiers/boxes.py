r"""Finding ``\boxed{...}`` and other marked passages in time proportional to the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_BRACES = re.compile(r"\\[{}\\]|[{}]")
_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")
_UNBRACED = re.compile(r"[^\s${}\\]+")
_JOINER = re.compile(
    r"(?:[\s$,;&()]|\\\\|\\[()]|\\q?quad|\\[,; ]|and\b|or\b|\\(?:text|mbox|quad)\s*\{[\s,;]*(?:and|or)?[\s,;]*\}"
    r"|[A-Za-z](?:_\{?[0-9]\}?)?\s*=)*"
)
MAX_JOINER = 40
_FORMULAS = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"), ("$", "$"))


class Passage(NamedTuple):
    """A marked passage: its content and where it begins and ends with its marks."""

    text: str
    start: int
    end: int


def boxes(text: str) -> list[Passage]:
    """The outermost boxes, from left to right; those that are not closed do not count."""
    closing = _matching_braces(text)
    found: list[Passage] = []
    end = 0
    for match in _BOX.finditer(text):
        if match.start() < end:
            continue
        if text[match.end() : match.end() + 1] == "{":
            if match.end() not in closing:
                continue
            end = closing[match.end()] + 1
            found.append(Passage(text[match.end() + 1 : end - 1], match.start(), end))
        elif bare := _UNBRACED.match(text, match.end()):
            end = bare.end()
            found.append(Passage(bare[0], match.start(), end))
    return found


def tagged(text: str, opening: str, closing: str) -> list[Passage]:
    """The passages between two tags that are not nested."""
    found: list[Passage] = []
    start = text.find(opening)
    while start >= 0:
        end = text.find(closing, start + len(opening))
        if end < 0:
            break
        found.append(Passage(text[start + len(opening) : end], start, end + len(closing)))
        start = text.find(opening, end + len(closing))
    return found


def formulas(text: str) -> list[Passage]:
    """The passages between dollar signs or LaTeX's formula brackets, from left to right."""
    for opening, closing in _FORMULAS:
        if opening in text and (found := tagged(text, opening, closing)):
            return found
    return []


def joined(text: str, passages: Sequence[Passage]) -> list[Passage]:
    """Passages with nothing but commas, ``and`` or ``or`` between them as one list."""
    groups: list[Passage] = []
    for passage in passages:
        if groups:
            between = text[groups[-1].end : passage.start]
            if len(between) <= MAX_JOINER and _JOINER.fullmatch(between):
                last = groups.pop()
                passage = Passage(f"{last.text} , {passage.text}", last.start, passage.end)
        groups.append(passage)
    return groups


def _matching_braces(text: str) -> dict[int, int]:
    """Where the group that opens at a place closes."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACES.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            closing[opened.pop()] = match.start()
    return closing

"""Sorting with keys: ``x%7;-x=`` sorts by the remainder, equals by the number itself from the largest down.

The definite mistake: the keys in the opposite order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.written import Part, WrittenTask, replaced

_LARGEST = 60
KEYS = {
    "%": Part("x%{}", "x%{}", "the remainder when divided by {}", lambda x, m: x % m),
    "/": Part("x/{}", "x//{}", "the quotient without remainder when divided by {}", lambda x, m: x // m),
    "|": Part("|x-{}|", "abs(x-{})", "the distance to {}", lambda x, k: abs(x - k)),
    "d": Part("d", "sum(map(int,str(x)))", "the sum of the digits", lambda x: sum(map(int, str(x)))),
}
_ITSELF = Part("x", "x", "the number itself", lambda x: x)


@dataclass(frozen=True)
class SortKeyConfig:
    """How many keys before the number itself."""

    keys: int

    def __post_init__(self) -> None:
        integer_within(1, 4, self.keys, "keys")


class SortKey(WrittenTask):
    """Orders of whole numbers by keys ``is descending, key, parameters``, the last of them the number itself."""

    name = "sort_key"
    levels = {1: SortKeyConfig(1), 2: SortKeyConfig(2), 3: SortKeyConfig(3)}
    config: SortKeyConfig

    def draw(self, draws: Draws) -> Content | None:
        """All keys, no two of which are the same."""
        keys = [_draw_key(draws) for _ in range(self.config.keys)]
        is_good = len({key[1:] for key in keys}) == len(keys)
        return (*keys, (draws.below(2), "x")) if is_good else None

    def compact(self, content: Content) -> str:
        """``x%7;-x=``."""
        return ";".join(_signed(key, _part(key).compact) for key in content) + "="

    def signature(self, content: Content) -> str:
        """A list for a list."""
        return "(a: list[int]) -> list[int]"

    def statement(self, content: Content) -> str:
        """In words."""
        keys = [
            _part(key).words.format(*key[2:]) + (", from the largest down" if key[0] else ", from the smallest up")
            for key in content
        ]
        return f"Sort the numbers by {'; equal ones by '.join(keys)}."

    def source(self, content: Content) -> str:
        """By a tuple of keys."""
        keys = ",".join(_signed(key, _part(key).source) for key in content)
        return f"def f(a):\n return sorted(a,key=lambda x:({keys}))"

    @property
    def longest_answer(self) -> int:
        """All keys and the number itself."""
        return 47 + 22 * self.config.keys

    def draw_args(self, content: Content, draws: Draws) -> tuple[list[int]]:
        """Five to eight numbers."""
        return ([draws.between(0, _LARGEST) for _ in range(draws.between(5, 8))],)

    def run(self, content: Content, a: list[int]) -> list[int]:
        """The order by all keys."""
        return sorted(a, key=lambda x: [(-1 if key[0] else 1) * _part(key).apply(x, *key[2:]) for key in content])

    def wrong(self, content: Content) -> Iterator[Content]:
        """The last key first."""
        yield content[::-1]

    def neighbour(self, content: Content, draws: Draws) -> Content:
        """A key of another direction, or another key."""
        place = draws.below(len(content))
        key = content[place]
        if place == len(content) - 1 or draws.below(2):
            return replaced(content, place, (1 - key[0], *key[1:]))
        return replaced(content, place, _draw_key(draws))


def _draw_key(draws: Draws) -> Content:
    name = draws.choice(tuple(KEYS))
    numbers = {"%": (draws.between(2, 12),), "/": (draws.between(2, 12),), "|": (draws.between(10, _LARGEST - 10),)}
    return (draws.below(2), name, *numbers.get(name, ()))


def _part(key: Content) -> Part:
    return KEYS.get(key[1], _ITSELF)


def _signed(key: Content, pattern: str) -> str:
    """A key's text, negative where it is descending."""
    text = pattern.format(*key[2:])
    return text if not key[0] else f"-({text})" if "%" in text or "/" in text else f"-{text}"

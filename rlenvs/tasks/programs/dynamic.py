"""Small dynamic programs: ``w;2,5=`` counts the ways to pay n with coins of 2 and 5.

Kinds and their definite mistakes: ``w``, ways to pay (orders are counted too); ``f``, fewest coins (always the
largest); ``g``, greatest sum of numbers some places apart, each at a price (one place too near); ``l``, longest
subsequence with steps between bounds (the least step one too small); ``e``, cheapest edit of a text (costs of inserting
and deleting exchanged).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs import dynamic_oracles as oracles
from rlenvs.tasks.programs.written import WrittenTask, replaced

_LARGEST_COIN = 12
_SYMBOLS = "abc"


class _Kind(NamedTuple):
    """A recurrence: how the function reads, and its oracle."""

    signature: str
    words: str
    source: str
    apply: Any


KINDS = {
    "w": _Kind("(n: int) -> int", "In how many ways can n be paid with coins of {0}? The order does not count.",
               "def f(n):\n t=[1]+[0]*n\n for c in [{0}]:\n  for i in range(c,n+1):\n   t[i]+=t[i-c]\n return t[n]",
               oracles.ways),
    "f": _Kind("(n: int) -> int", "With how few coins of {0} can n be paid? Return -1 if it cannot.",
               "def f(n):\n t=[0]\n for i in range(1,n+1):\n  b=[t[i-c] for c in [{0}] if c<=i and t[i-c]>=0]\n"
               "  t.append(1+min(b) if b else -1)\n return t[n]",
               oracles.fewest),
    "g": _Kind("(a: list[int]) -> int",
               "Choose numbers of a that stand at least {0} places apart; each costs {1}. Return the greatest sum, "
               "costs taken off; to choose none is allowed.",
               "def f(a):\n t=[0]*{0}\n for x in a:\n  t.append(max(t[-1],t[-{0}]+x-{1}))\n return t[-1]",
               oracles.apart),
    "l": _Kind("(a: list[int]) -> int",
               "Return the length of the longest subsequence of a in which every number is at least {0} and at most "
               "{1} greater than the one before.",
               "def f(a):\n t=[]\n for i,x in enumerate(a):\n"
               "  t.append(1+max([t[j] for j in range(i) if {0}<=x-a[j]<={1}],default=0))\n return max(t)",
               oracles.longest),
    "e": _Kind("(s: str, t: str) -> int",
               "Return the least cost of turning s into t, where inserting a letter costs {0}, deleting one {1} and "
               "replacing one {2}.",
               "def f(s,t):\n d=[{0}*j for j in range(len(t)+1)]\n for c in s:\n  e=[d[0]+{1}]\n"
               "  for j,b in enumerate(t):\n   e.append(min(d[j]+(b!=c)*{2},d[j+1]+{1},e[j]+{0}))\n  d=e\n"
               " return d[-1]",
               oracles.edits),
    "o": _Kind("(n: int) -> int", "",
               "def f(n):\n t=[1]+[0]*n\n for i in range(1,n+1):\n  for c in [{0}]:\n   if c<=i:t[i]+=t[i-c]\n"
               " return t[n]",
               oracles.ordered_ways),
    "y": _Kind("(n: int) -> int", "",
               "def f(n):\n k=0\n for c in sorted([{0}])[::-1]:\n  k+=n//c\n  n%=c\n return -1 if n else k",
               oracles.greedy),
}  # fmt: skip
"""The last two are mistakes only."""

_MAY_BE = {"w": "wo", "f": "fy", "g": "g", "l": "l", "e": "e"}
_LONGEST = dict.fromkeys("wofy", (10, 11, 12, 12)) | {"g": (7, 11), "l": (8, 17), "e": (8, 8, 8)}


@dataclass(frozen=True)
class DynamicConfig:
    """Which kinds."""

    kinds: str

    def __post_init__(self) -> None:
        if not self.kinds or not set(self.kinds) <= set("wfgle"):
            raise ValueError(f"kinds must be letters of wfgle, got {self.kinds!r}")


class Dynamic(WrittenTask):
    """Problems ``kind, parameters``."""

    name = "dynamic"
    levels = {1: DynamicConfig("wf"), 2: DynamicConfig("wfgl"), 3: DynamicConfig("wfgle")}
    config: DynamicConfig

    def draw(self, draws: Draws) -> Content | None:
        """A kind and its numbers."""
        kind = draws.choice(self.config.kinds)
        return kind, _draw_parameters(kind, draws)

    def compact(self, content: Content) -> str:
        """``w;2,5=``."""
        return f"{content[0]};{','.join(map(str, content[1]))}="

    def signature(self, content: Content) -> str:
        """By kind."""
        return KINDS[content[0]].signature

    def statement(self, content: Content) -> str:
        """In words."""
        return _filled(KINDS[content[0]].words, content, ", ")

    def source(self, content: Content) -> str:
        """After a pattern of each kind."""
        return _filled(KINDS[content[0]].source, content)

    @property
    def longest_answer(self) -> int:
        """Of the longest kind."""
        return max(len(self.source((kind, _LONGEST[kind]))) for drawn in self.config.kinds for kind in _MAY_BE[drawn])

    def draw_args(self, content: Content, draws: Draws) -> tuple[Any, ...]:
        """An amount, a list, or two strings."""
        if content[0] in "wf":
            return (draws.between(1, 40),)
        if content[0] == "e":
            return tuple(draws.letters(_SYMBOLS, draws.between(2, 6)) for _ in range(2))
        return ([draws.between(0, 20) for _ in range(draws.between(5, 9))],)

    def run(self, content: Content, *args: Any) -> int:
        """The kind's recurrence."""
        kind, parameters = content
        return int(KINDS[kind].apply(*args, *parameters) if kind in "gle" else KINDS[kind].apply(*args, parameters))

    def wrong(self, content: Content) -> Iterator[Content]:
        """The kind's definite mistake; for edits at equal costs, the cost of replacing off by one."""
        kind, parameters = content
        if kind in "wf":
            yield "o" if kind == "w" else "y", parameters
        elif kind == "e":
            yield kind, (parameters[1], parameters[0], parameters[2])
            yield kind, (*parameters[:2], parameters[2] + 1)
        else:
            yield kind, (parameters[0] - 1, parameters[1])

    def neighbour(self, content: Content, draws: Draws) -> Content:
        """Another number at one place."""
        kind, parameters = content
        place = draws.below(len(parameters))
        low, high = (1, _LARGEST_COIN) if kind in "wf" else (max(1, parameters[place] - 2), parameters[place] + 2)
        return kind, replaced(parameters, place, draws.between(low, high))


def _draw_parameters(kind: str, draws: Draws) -> Content:
    if kind in "wf":
        return tuple(sorted(draws.shuffled(range(1, _LARGEST_COIN + 1))[: draws.between(2, 4)]))
    if kind == "g":
        return draws.between(2, 5), draws.between(0, 9)
    if kind == "l":
        least = draws.between(1, 6)
        return least, least + draws.between(2, 9)
    return draws.between(1, 6), draws.between(1, 6), draws.between(1, 6)


def _filled(pattern: str, content: Content, comma: str = ",") -> str:
    kind, parameters = content
    return pattern.format(*parameters) if kind in "gle" else pattern.format(comma.join(map(str, parameters)))

"""Reading texts: ``n;>5;sum=`` adds the numbers above 5 of a text such as ``3;14;5``; also brackets and runs.

Kinds: ``n``, whole numbers between separators; ``b``, how many of a letter stand at a depth of brackets; ``r``, runs of
equal letters with their lengths. The definite mistake: the bound is off by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.written import Part, WrittenTask, replaced

SYMBOLS = "abcdefghij"
PAIRS = ("()", "[]", "<>")
SEPARATORS = ";:/|."
_LARGEST_NUMBER, _LARGEST_DEPTH, _LARGEST_RUN = 30, 4, 4
BOUNDS = {
    ">": Part(">{}", "{}>{}", "greater than {}", lambda x, k: x > k),
    "<": Part("<{}", "{}<{}", "less than {}", lambda x, k: x < k),
}
ENDS = {
    "sum": Part("sum", "sum(a)", "the sum", sum),
    "len": Part("len", "len(a)", "the number", len),
    "max": Part("max", "max(a,default=0)", "the largest (0 for none)", lambda a: max(a, default=0)),
}
_NUMBERS = """def f(s):
 a=[x for x in map(int,s.split('{separator}')) if {bound}]
 return {end}"""
_BRACKETS = """def f(s):
 d=t=0
 for c in s:
  if c=='{pair[0]}':d+=1
  if c=='{pair[1]}':d-=1
  if c=='{letter}' and {bound}:t+=1
 return t"""
_RUNS = """def f(s):
 r=[]
 for c in s:
  if r and r[-1][0]==c:r[-1][1]+=1
  else:r.append([c,1])
 return '{separator}'.join({run} for c,n in r if {bound})"""

_LONGEST = {"n": ("n", ">", 30, ";", "max"), "b": ("b", ">", 5, "()", "a"), "r": ("r", ">", 5, ";", "cn")}


@dataclass(frozen=True)
class ParsingConfig:
    """Which kinds of text."""

    kinds: str

    def __post_init__(self) -> None:
        if not self.kinds or not set(self.kinds) <= set("nbr"):
            raise ValueError(f"kinds must be letters of nbr, got {self.kinds!r}")


class Parsing(WrittenTask):
    """Problems ``kind, sign, bound, parameter, parameter``."""

    name = "parsing"
    levels = {1: ParsingConfig("n"), 2: ParsingConfig("nb"), 3: ParsingConfig("nbr")}
    config: ParsingConfig

    def draw(self, draws: Draws) -> Content | None:
        """A kind, a bound, and what it needs."""
        kind, sign = draws.choice(self.config.kinds), draws.choice(tuple(BOUNDS))
        if kind == "n":
            return kind, sign, draws.between(1, _LARGEST_NUMBER), draws.choice(SEPARATORS), draws.choice(tuple(ENDS))
        if kind == "b":
            return kind, sign, draws.between(1, _LARGEST_DEPTH), draws.choice(PAIRS), draws.choice(SYMBOLS)
        return kind, sign, draws.between(1, _LARGEST_RUN), draws.choice(SEPARATORS), draws.choice(("cn", "nc"))

    def compact(self, content: Content) -> str:
        """``n;>5;sum=``, with the separator for the first ``;``."""
        kind, sign, bound, first, second = content
        return f"{kind}{first}{BOUNDS[sign].compact.format(bound)}{first[0]}{second}="

    def signature(self, content: Content) -> str:
        """A text."""
        return f"(s: str) -> {'str' if content[0] == 'r' else 'int'}"

    def statement(self, content: Content) -> str:
        """In words."""
        kind, sign, bound, first, second = content
        words = BOUNDS[sign].words.format(bound)
        if kind == "n":
            return f"s holds whole numbers with {first!r} between them. Return {ENDS[second].words} of those {words}."
        if kind == "b":
            return f"Return how many letters {second} stand in s where the depth of the brackets {first} is {words}."
        order = "letter and length" if second == "cn" else "length and letter"
        return f"Return the runs of equal letters in s with a length {words}, as {order}, with {first!r} between them."

    def source(self, content: Content) -> str:
        """After a pattern of each kind."""
        kind, sign, bound, first, second = content
        name = {"n": "x", "b": "d", "r": "n"}[kind]
        test = BOUNDS[sign].source.format(name, bound)
        if kind == "n":
            return _NUMBERS.format(separator=first, bound=test, end=ENDS[second].source)
        if kind == "b":
            return _BRACKETS.format(pair=first, letter=second, bound=test)
        return _RUNS.format(separator=first, bound=test, run="c+str(n)" if second == "cn" else "str(n)+c")

    @property
    def longest_answer(self) -> int:
        """Of the longest kind."""
        return max(len(self.source(_LONGEST[kind])) for kind in self.config.kinds)

    def draw_args(self, content: Content, draws: Draws) -> tuple[str]:
        """A text of the kind, with values about the bound."""
        kind, _, bound, first, second = content
        if kind == "n":
            numbers = [_draw_near(bound, _LARGEST_NUMBER, draws) for _ in range(draws.between(3, 6))]
            return (first.join(map(str, numbers)),)
        if kind == "b":
            return (_draw_brackets(first, second, draws),)
        runs = [draws.choice(SYMBOLS) * draws.between(1, _LARGEST_RUN + 1) for _ in range(draws.between(3, 6))]
        return ("".join(runs),)

    def run(self, content: Content, s: str) -> Any:
        """By kind."""
        kind, sign, bound, first, second = content
        test = BOUNDS[sign].apply
        if kind == "n":
            return ENDS[second].apply([x for x in map(int, s.split(first)) if test(x, bound)])
        if kind == "b":
            changes = ((letter == first[0]) - (letter == first[1]) for letter in s)
            depths = itertools.accumulate(changes)
            return sum(letter == second and test(depth, bound) for letter, depth in zip(s, depths, strict=True))
        runs = [(letter, str(n)) for letter, run in itertools.groupby(s) if test(n := len(list(run)), bound)]
        return first.join(letter + n if second == "cn" else n + letter for letter, n in runs)

    def wrong(self, content: Content) -> Iterator[Content]:
        """The bound off by one."""
        yield replaced(content, 2, content[2] + (-1 if content[1] == ">" else 1))

    def neighbour(self, content: Content, draws: Draws) -> Content:
        """Another parameter, or another bound."""
        kind, sign, bound, _, second = content
        if draws.below(2):
            return kind, "<" if sign == ">" else ">", draws.between(1, max(bound + 1, 2)), *content[3:]
        choices = {"n": tuple(ENDS), "b": tuple(SYMBOLS), "r": ("cn", "nc")}[kind]
        return replaced(content, 4, draws.choice([choice for choice in choices if choice != second]))


def _draw_near(bound: int, largest: int, draws: Draws) -> int:
    return bound + draws.between(-1, 1) if draws.chance(0.4) else draws.between(0, largest + 10)


def _draw_brackets(pair: str, letter: str, draws: Draws) -> str:
    """Balanced brackets with letters between them, many of them the one that counts."""
    text, depth = "", 0
    for _ in range(draws.between(10, 20)):
        kind = draws.below(5)
        if kind == 0 or (kind == 1 and depth < 2):
            text, depth = text + pair[0], depth + 1
        elif kind == 1:
            text, depth = text + pair[1], depth - 1
        else:
            text += letter if kind == 2 else draws.choice(SYMBOLS)
    return text + pair[1] * depth

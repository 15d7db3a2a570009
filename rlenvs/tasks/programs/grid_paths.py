"""Paths over a grid: ``c;01,10,12;7=`` counts the ways from the first to the last cell over cells below 7.

A move adds to row and column. ``c`` counts paths, ``l`` asks for the least sum of the cells on one, ``g`` for the
greatest; without any path the answer is 0 for ``c`` and -1 else. The definite mistake: the last move is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.written import WrittenTask, replaced

MOVES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1))
_LARGEST = 9
_OPEN = 4
_FEWEST, _MOST = 5, 10
"""Cells below the bound are open: 5 to 10."""


class _Kind(NamedTuple):
    """What is computed: the value where no path leads, before the first cell, and at a cell, in Python and here."""

    words: str
    none: int
    first: int
    source: str
    apply: Callable[[int, list[int]], int]


KINDS = {
    "c": _Kind("the number of paths", 0, 1, "sum(b)", lambda cell, before: sum(before)),
    "l": _Kind("the least sum of the cells on a path", -1, 0, "a[i][j]+min(b)",
               lambda cell, before: cell + min(before)),
    "g": _Kind("the greatest sum of the cells on a path", -1, 0, "a[i][j]+max(b)",
               lambda cell, before: cell + max(before)),
}  # fmt: skip
_SOURCE = """def f(a):
 m=[{moves}]
 n=len(a[0])
 t=[[{none}]*n for r in a]
 for i in range(len(a)):
  for j in range(n):
   b=[t[i-y][j-x] for y,x in m if y<=i and x<=j and t[i-y][j-x]>=0]
   if i+j==0:b=[{first}]
   if b and a[i][j]<{bound}:
    t[i][j]={source}
 return t[-1][-1]"""


@dataclass(frozen=True)
class GridPathsConfig:
    """What is asked for, how many moves at most, and the longest side."""

    kinds: str
    moves: int = 3
    side: int = 4

    def __post_init__(self) -> None:
        if not self.kinds or not set(self.kinds) <= KINDS.keys():
            raise ValueError(f"kinds must be letters of {''.join(KINDS)}, got {self.kinds!r}")
        integer_within(2, len(MOVES), self.moves, "moves")
        integer_within(3, 8, self.side, "side")


class GridPaths(WrittenTask):
    """Problems ``kind, moves, bound``; the first and the last cell are always open."""

    name = "grid_paths"
    levels = {1: GridPathsConfig("c"), 2: GridPathsConfig("cl"), 3: GridPathsConfig("clg", 5, 5)}
    config: GridPathsConfig

    def draw(self, draws: Draws) -> Content | None:
        """A kind, at least two moves, and a bound."""
        count = draws.between(2, self.config.moves)
        moves = sorted(draws.shuffled(MOVES)[:count], key=MOVES.index)
        return draws.choice(self.config.kinds), tuple(moves), draws.between(_FEWEST, _MOST)

    def compact(self, content: Content) -> str:
        """``c;01,10,12;7=``."""
        kind, moves, bound = content
        return f"{kind};{','.join(f'{y}{x}' for y, x in moves)};{bound}="

    def signature(self, content: Content) -> str:
        """A grid of whole numbers."""
        return "(a: list[list[int]]) -> int"

    def statement(self, content: Content) -> str:
        """In words."""
        kind, moves, bound = content
        steps = ", ".join(f"({y}, {x})" for y, x in moves)
        return (
            f"Paths lead from the first to the last cell of a over cells below {bound}; a step adds one of {steps} to "
            f"(row, column). Return {KINDS[kind].words}, or {KINDS[kind].none} if there is none."
        )

    def source(self, content: Content) -> str:
        """A table of all cells, row by row."""
        kind, moves, bound = content
        told = KINDS[kind]._asdict() | {"bound": bound, "moves": ",".join(f"({y},{x})" for y, x in moves)}
        return _SOURCE.format(**told)

    @property
    def longest_answer(self) -> int:
        """With all moves that there may be."""
        return max(len(self.source((kind, MOVES[: self.config.moves], _MOST))) for kind in self.config.kinds)

    def draw_args(self, content: Content, draws: Draws) -> tuple[list[list[int]]]:
        """A grid with two rows and columns or more."""
        rows, columns = draws.between(2, self.config.side), draws.between(2, self.config.side)
        grid = [[draws.between(0, _LARGEST) for _ in range(columns)] for _ in range(rows)]
        grid[0][0], grid[-1][-1] = draws.between(0, _OPEN), draws.between(0, _OPEN)
        return (grid,)

    def run(self, content: Content, a: list[list[int]]) -> int:
        """The table."""
        kind, moves, bound = content
        table: dict[tuple[int, int], int] = {}
        for i, row in enumerate(a):
            for j, cell in enumerate(row):
                before = [table[i - y, j - x] for y, x in moves if (i - y, j - x) in table]
                if i == j == 0:
                    before = [KINDS[kind].first]
                if before and cell < bound:
                    table[i, j] = KINDS[kind].apply(cell, before)
        return table.get((len(a) - 1, len(a[0]) - 1), KINDS[kind].none)

    def wrong(self, content: Content) -> Iterator[Content]:
        """The last move left out."""
        yield replaced(content, 1, content[1][:-1])

    def neighbour(self, content: Content, draws: Draws) -> Content:
        """Another bound, or another move for one."""
        kind, moves, _ = content
        if draws.below(2):
            return kind, moves, draws.between(_FEWEST, _MOST)
        others = [move for move in MOVES if move not in moves] or list(MOVES)
        return replaced(content, 1, replaced(moves, draws.below(len(moves)), draws.choice(others)))

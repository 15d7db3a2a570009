"""Shortest paths on gridworlds as text: ``S.#/..#/..G=`` is ``DDRR`` or any other shortest way from S to G.

Maps have the symbols of `rlenvs.gridworld`, and the letters are its actions: up, right, down, left. The definite
mistake: straight down or up, then across, whatever is in the way.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.gridworld.maps import FLOOR, GOAL, START, WALL
from rlenvs.tasks.base import FEW, Task
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.slips import slip
from rlenvs.verifiers.verdict import Verdict

MOVES = {"U": (-1, 0), "R": (0, 1), "D": (1, 0), "L": (0, -1)}
Cell = tuple[int, int]


@dataclass(frozen=True)
class ShortestPathConfig:
    """Rows, columns, how likely a cell is wall (in percent), and the fewest moves."""

    rows: int
    columns: int
    wall_percent: int
    fewest: int

    def __post_init__(self) -> None:
        integer_within(2, 20, self.rows, "rows")
        integer_within(2, 20, self.columns, "columns")
        integer_within(0, 50, self.wall_percent, "wall_percent")
        integer_within(1, self.rows + self.columns - 2, self.fewest, "fewest")


class ShortestPath(Task):
    """Random walls; start and goal are joined, and no way is shorter than the fewest moves."""

    name = "shortest_path"
    characters = "".join(MOVES) + START + GOAL + WALL + FLOOR + "/="
    levels = {
        1: ShortestPathConfig(3, 3, 20, 2),
        2: ShortestPathConfig(5, 5, 30, 4),
        3: ShortestPathConfig(8, 8, 35, 7),
    }
    config: ShortestPathConfig

    def draw(self, draws: Draws) -> Content | None:
        """The rows of the map."""
        rows, columns = self.config.rows, self.config.columns
        cells = [WALL if draws.below(100) < self.config.wall_percent else FLOOR for _ in range(rows * columns)]
        start, goal = draws.below(len(cells)), draws.below(len(cells))
        return (_lines(cells, start, goal, columns),) if start != goal else None

    def contents(self) -> Iterator[Content] | None:
        """All maps, where they are few; every cell is as likely wall as floor then."""
        cells = self.config.rows * self.config.columns
        return self._all() if cells * (cells - 1) << cells - 2 <= FEW else None

    def completed(self, content: Content) -> Content | None:
        """With one shortest path; only maps of the right split are searched."""
        path = shortest_path(content[0])
        return (*content, path) if path is not None and len(path) >= self.config.fewest else None

    def canonical(self, content: Content) -> Content:
        """The map."""
        return content[:1]

    def compact(self, content: Content) -> str:
        """``S.#/..#/..G=``."""
        return "/".join(content[0]) + "="

    def question(self, content: Content) -> str:
        """In words."""
        grid = "\n".join(content[0])
        return (
            f"Find a shortest way from S to G. # is wall.\n{grid}\n"
            "Give the moves as letters without spaces: U up, D down, L left, R right."
        )

    def answer(self, content: Content) -> str:
        """One shortest path."""
        return str(content[1])

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if it leads from start to goal without touching a wall or an edge, in as few moves as possible."""
        lines, path = problem.meta["content"]
        if not set(answer) <= set(MOVES):
            return malformed(answer, f"moves other than {', '.join(MOVES)}")
        if len(answer) != len(path):
            return wrong(answer, "not as many moves as a shortest way")
        arrives = walk(lines, answer) == _find(lines, GOAL)
        return correct(answer) if arrives else wrong(answer, "does not reach the goal")

    @property
    def longest_answer(self) -> int:
        """Every second cell of the map at most, and a detour of two moves."""
        return self.config.rows * self.config.columns // 2 + self.config.rows + 2

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """Another move in one place."""
        return slip(answer, draws, ("".join(MOVES),))

    def mistakes(self, content: Content) -> Iterator[str]:
        """As if there were no walls; where that is right, the first move, back, and then the right way."""
        lines, path = content
        (row, column), (goal_row, goal_column) = _find(lines, START), _find(lines, GOAL)
        vertical = ("D" if goal_row > row else "U") * abs(goal_row - row)
        yield vertical + ("R" if goal_column > column else "L") * abs(goal_column - column)
        yield path[0] + {"U": "D", "D": "U", "L": "R", "R": "L"}[path[0]] + path

    def _all(self) -> Iterator[Content]:
        cells = self.config.rows * self.config.columns
        for start, goal in itertools.permutations(range(cells), 2):
            for others in itertools.product(WALL + FLOOR, repeat=cells - 2):
                drawn = list(others)
                for place in sorted((start, goal)):
                    drawn.insert(place, FLOOR)
                content = self.completed((_lines(drawn, start, goal, self.config.columns),))
                if content:
                    yield content


def shortest_path(lines: tuple[str, ...]) -> str | None:
    """The moves of a shortest way by breadth-first search, None where there is none."""
    start, goal = _find(lines, START), _find(lines, GOAL)
    paths: dict[Cell, str] = {start: ""}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        if cell == goal:
            return paths[cell]
        for move in MOVES:
            following = _moved(lines, cell, move)
            if following is not None and following not in paths:
                paths[following] = paths[cell] + move
                queue.append(following)
    return None


def walk(lines: tuple[str, ...], moves: str) -> Cell | None:
    """Where moves lead from the start; None if one of them hits a wall or an edge."""
    cell: Cell | None = _find(lines, START)
    for move in moves:
        if cell is not None:
            cell = _moved(lines, cell, move)
    return cell


def _lines(cells: list[str], start: int, goal: int, columns: int) -> tuple[str, ...]:
    """The rows of a map, with start and goal in their places."""
    cells = [START if cell == start else GOAL if cell == goal else symbol for cell, symbol in enumerate(cells)]
    return tuple("".join(cells[place : place + columns]) for place in range(0, len(cells), columns))


def _moved(lines: tuple[str, ...], cell: Cell, move: str) -> Cell | None:
    row, column = cell[0] + MOVES[move][0], cell[1] + MOVES[move][1]
    is_inside = 0 <= row < len(lines) and 0 <= column < len(lines[0])
    return (row, column) if is_inside and lines[row][column] != WALL else None


def _find(lines: tuple[str, ...], symbol: str) -> Cell:
    row = next(number for number, line in enumerate(lines) if symbol in line)
    return row, lines[row].index(symbol)

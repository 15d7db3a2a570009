"""Small Sudoku: ``1.3./3412/...=``, row by row; the answer is the full grid without ``/``. Every completion is right.

The definite mistake: each empty cell takes the first number that its row lacks, whatever the column and the box say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.tasks.base import Task
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.slips import slip
from rlenvs.verifiers.verdict import Verdict

EMPTY = "."


@dataclass(frozen=True)
class SudokuConfig:
    """Rows and columns of a box (their product is the size of the grid, 4 or 6), and how many cells are empty."""

    box_rows: int
    box_columns: int
    empty: int

    def __post_init__(self) -> None:
        integer_within(2, 2, self.box_rows, "box_rows")
        integer_within(2, 3, self.box_columns, "box_columns")
        integer_within(2, self.size**2 - 1, self.empty, "empty")

    @property
    def size(self) -> int:
        """Cells in a row."""
        return self.box_rows * self.box_columns


class Sudoku(Task):
    """Grids of 4 x 4 (boxes 2 x 2) or 6 x 6 (boxes 2 x 3) that may have several completions."""

    name = "sudoku"
    levels = {1: SudokuConfig(2, 2, 4), 2: SudokuConfig(2, 2, 8), 3: SudokuConfig(2, 3, 14)}
    config: SudokuConfig

    @property
    def characters(self) -> str:  # type: ignore[override]
        """Numbers, the empty cell and signs."""
        return self._digits + EMPTY + "/="

    def draw(self, draws: Draws) -> Content | None:
        """Puzzle and solution, row by row."""
        solution = self._grid(draws)
        cells = list(solution)
        for cell in draws.shuffled(range(len(cells)))[: self.config.empty]:
            cells[cell] = EMPTY
        content = "".join(cells), solution
        return content if _filled_by_row(content[0], self._digits) != solution else None

    def canonical(self, content: Content) -> Content:
        """The puzzle."""
        return content[:1]

    def compact(self, content: Content) -> str:
        """``1.3./3412/.../...=``."""
        return "/".join(self._rows(content[0])) + "="

    def question(self, content: Content) -> str:
        """In words."""
        size, rows, columns = self.config.size, self.config.box_rows, self.config.box_columns
        grid = "\n".join(self._rows(content[0]))
        return (
            f"Fill the empty cells (.) with 1 to {size}. Every row, every column and every box of {rows} rows and "
            f"{columns} columns holds each number once.\n{grid}\nGive all {size**2} digits, row by row, without spaces."
        )

    def answer(self, content: Content) -> str:
        """The grid that the puzzle was made from."""
        return str(content[1])

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if it keeps what is given and every row, column and box holds each number once."""
        puzzle = problem.meta["content"][0]
        if len(answer) != len(puzzle) or not set(answer) <= set(self._digits):
            return malformed(answer, f"not {len(puzzle)} digits from 1 to {self.config.size}")
        if any(given not in (EMPTY, found) for given, found in zip(puzzle, answer, strict=True)):
            return wrong(answer, "a given number is changed")
        is_complete = all(len({answer[cell] for cell in unit}) == self.config.size for unit in self._units())
        return correct(answer) if is_complete else wrong(answer, "a number stands twice in a row, column or box")

    def judge_marked(self, problem: Problem, answer: str) -> Verdict:
        """With any white space between the digits."""
        return super().judge_marked(problem, "".join(answer.split()))

    @property
    def longest_answer(self) -> int:
        """All cells."""
        return self.config.size**2

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """Another number in a cell."""
        return slip(answer, draws, (self._digits,))

    def mistakes(self, content: Content) -> Iterator[str]:
        """Row by row; where that is a completion, two equal numbers in the first empty cells of a row or column."""
        puzzle, solution = content
        yield _filled_by_row(puzzle, self._digits)
        cell = puzzle.index(EMPTY)
        yield solution[:cell] + self._digits[int(solution[cell]) % self.config.size] + solution[cell + 1 :]

    @property
    def _digits(self) -> str:
        return "123456789"[: self.config.size]

    def _rows(self, cells: str) -> list[str]:
        size = self.config.size
        return [cells[start : start + size] for start in range(0, size**2, size)]

    def _units(self) -> Iterator[list[int]]:
        """The cells of every row, column and box."""
        size, rows, columns = self.config.size, self.config.box_rows, self.config.box_columns
        yield from ([row * size + column for column in range(size)] for row in range(size))
        yield from ([row * size + column for row in range(size)] for column in range(size))
        for top in range(0, size, rows):
            for left in range(0, size, columns):
                yield [(top + row) * size + left + column for row in range(rows) for column in range(columns)]

    def _grid(self, draws: Draws) -> str:
        """A full grid: a pattern with numbers, rows within bands, bands, columns within stacks and stacks shuffled."""
        rows, columns = self.config.box_rows, self.config.box_columns
        row_order = _shuffled_in_blocks(columns, rows, draws)
        column_order = _shuffled_in_blocks(rows, columns, draws)
        digits = draws.shuffled(self._digits)
        return "".join(
            digits[(columns * (row % rows) + row // rows + column) % self.config.size]
            for row in row_order
            for column in column_order
        )


def _shuffled_in_blocks(blocks: int, length: int, draws: Draws) -> list[int]:
    """0 to blocks * length - 1: the blocks in random order, and the numbers within each."""
    order = draws.shuffled(range(blocks))
    return [block * length + place for block in order for place in draws.shuffled(range(length))]


def _filled_by_row(puzzle: str, digits: str) -> str:
    cells = list(puzzle)
    size = len(digits)
    for cell, given in enumerate(puzzle):
        if given == EMPTY:
            start = cell - cell % size
            row = cells[start : start + size]
            cells[cell] = next(digit for digit in digits if digit not in row)
    return "".join(cells)

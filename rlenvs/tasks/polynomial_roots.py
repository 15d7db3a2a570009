"""Roots of polynomials: ``x^2-5x+6;x=`` is ``2,3``. The definite mistake: roots with the wrong sign."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlenvs.tasks.base import Task
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.polynomials import from_roots, written
from rlenvs.tasks.problem import Content, Problem
from rlenvs.verifiers.verdict import Verdict

MAX_DEGREE = 6
_FORM = re.compile(rf"-?[0-9]{{1,30}}(?: ?, ?-?[0-9]{{1,30}}){{0,{MAX_DEGREE - 1}}}")


@dataclass(frozen=True)
class RootsConfig:
    """How many roots, and the largest in size."""

    degree: int
    largest: int

    def __post_init__(self) -> None:
        integer_within(2, MAX_DEGREE, self.degree, "degree")
        integer_within(self.degree, 10**4, self.largest, "largest")


class RootsTask(Task):
    """Problems made of different whole roots other than 0, ascending."""

    levels = {1: RootsConfig(2, 9), 2: RootsConfig(2, 50), 3: RootsConfig(3, 50)}
    config: RootsConfig

    def draw(self, draws: Draws) -> Content | None:
        """The roots."""
        roots = {_root(draws, self.config.largest) for _ in range(self.config.degree)}
        return tuple(sorted(roots)) if len(roots) == self.config.degree else None

    def contents(self) -> list[Content] | None:
        """All sets of roots, where they are few."""
        return listed_roots(self.config.degree, self.config.largest)


class PolynomialRoots(RootsTask):
    """Polynomials with highest coefficient 1; the answer is the list of its roots in any order."""

    name = "polynomial_roots"
    characters = "0123456789x^+-=,;"

    def compact(self, content: Content) -> str:
        """``x^2-5x+6;x=``."""
        return f"{written(from_roots(content))};x="

    def question(self, content: Content) -> str:
        """In words."""
        return f"Find all roots of {written(from_roots(content))}. Give them separated by commas."

    def answer(self, content: Content) -> str:
        """Ascending."""
        return _joined(content)

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if all roots are there, each once."""
        if not _FORM.fullmatch(answer):
            return malformed(answer, "no list of whole numbers")
        roots = sorted(map(int, answer.split(",")))
        return correct(answer) if roots == list(problem.meta["content"]) else wrong(answer, "other roots")

    @property
    def longest_answer(self) -> int:
        """All roots with signs and commas."""
        return self.config.degree * (2 + len(str(self.config.largest + 1)))

    def mistakes(self, content: Content) -> Iterator[str]:
        """Minus each root; where those are the roots too, each one too large."""
        yield _joined(sorted(-root for root in content))
        yield _joined([root + 1 for root in content])


def listed_roots(degree: int, largest: int) -> list[Content] | None:
    """All ascending pairs of different roots other than 0; None for more than two roots or many pairs."""
    if degree != 2 or largest > 90:
        return None
    roots = [root for root in range(-largest, largest + 1) if root]
    return [(low, high) for low in roots for high in roots if low < high]


def _root(draws: Draws, largest: int) -> int:
    size = draws.between(1, largest)
    return -size if draws.below(2) else size


def _joined(roots: Sequence[int]) -> str:
    return ",".join(map(str, roots))

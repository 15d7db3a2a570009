"""Factoring: ``x^2-5x+6=`` is ``(x-2)(x-3)``. The definite mistake: every sign within the factors the other way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.polynomial_roots import MAX_DEGREE, RootsTask
from rlenvs.tasks.polynomials import from_roots, written
from rlenvs.tasks.problem import Content, Problem
from rlenvs.verifiers.verdict import Verdict

_FACTOR = re.compile(r"\(x([+-][0-9]{1,30})\)")
_FORM = re.compile(rf"(?:{_FACTOR.pattern}\*?){{1,{MAX_DEGREE}}}")


class Factoring(RootsTask):
    """Polynomials with highest coefficient 1 and different whole roots other than 0, into factors ``(x-r)``."""

    name = "factoring"
    characters = "0123456789x^+-=()"

    def compact(self, content: Content) -> str:
        """``x^2-5x+6=``."""
        return f"{written(from_roots(content))}="

    def question(self, content: Content) -> str:
        """In words."""
        return f"Factor {written(from_roots(content))} completely, into factors such as (x-1)(x+2)."

    def answer(self, content: Content) -> str:
        """One factor a root, smallest root first."""
        return _factors(content)

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if these are the factors, in any order; the polynomial itself is not of the form."""
        if not _FORM.fullmatch(answer):
            return malformed(answer, "no product of factors such as (x-1)")
        roots = sorted(-int(constant) for constant in _FACTOR.findall(answer))
        return correct(answer) if roots == list(problem.meta["content"]) else wrong(answer, "other factors")

    @property
    def longest_answer(self) -> int:
        """All factors."""
        return self.config.degree * (4 + len(str(self.config.largest + 1)))

    def mistakes(self, content: Content) -> Iterator[str]:
        """Signs the other way; where those are the factors too, each root one too large."""
        yield _factors([-root for root in content])
        yield _factors([root + 1 for root in content])


def _factors(roots: Sequence[int]) -> str:
    return "".join(f"(x{-root:+d})" for root in roots)

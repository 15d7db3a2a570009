"""Division with remainder: ``17/5=`` is ``3r2``. The definite mistake: the remainder is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.operands import Digits, TwoOperands
from rlenvs.tasks.problem import Content, Problem
from rlenvs.verifiers.verdict import Verdict

_FORM = re.compile(r"([0-9]{1,40}) ?r ?([0-9]{1,40})")


class Division(TwoOperands):
    """Quotient and remainder; the divisor is 2 or more."""

    name = "division"
    symbol = "/"
    smallest_right = 2
    characters = "0123456789/r="
    levels = {1: Digits(2, 1), 2: Digits(3, 1), 3: Digits(4, 2), 4: Digits(6, 3)}

    def result(self, left: int, right: int) -> str:
        """``quotient r remainder``, without spaces."""
        return "{}r{}".format(*divmod(left, right))

    def question(self, content: Content) -> str:
        """In words."""
        left, right = content
        return f"Divide {left} by {right}. Give quotient and remainder in the form QrR, such as 4r1."

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if both numbers are; the remainder must be given, also if it is 0."""
        match = _FORM.fullmatch(answer)
        if not match:
            return malformed(answer, "not of the form QrR")
        quotient, remainder = map(int, match.groups())
        left, right = problem.meta["content"]
        return (
            correct(answer)
            if divmod(left, right) == (quotient, remainder)
            else wrong(answer, "another quotient or remainder")
        )

    @property
    def longest_answer(self) -> int:
        """The quotient has at most the digits of the dividend, the remainder those of the divisor."""
        return self.config.left + 1 + self.config.right

    def mistakes(self, content: Content) -> Iterator[str]:
        """Remainder 0; where that is right, one time too few with the whole divisor left."""
        left, right = content
        yield f"{left // right}r0"
        yield f"{max(left // right - 1, 0)}r{right}"

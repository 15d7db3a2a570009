"""Propositional satisfiability: ``aBd,bcD=`` is ``1011`` or any other assignment that makes every clause true.

A capital letter is a negation; the bits stand in the order of the variables. The definite mistake: every bit inverted.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.tasks.base import Task
from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.slips import slip
from rlenvs.verifiers.verdict import Verdict

LITERALS = 3
NAMES = "abcdefghijklmnopqrst"


@dataclass(frozen=True)
class SatisfiabilityConfig:
    """How many variables and clauses."""

    variables: int
    clauses: int

    def __post_init__(self) -> None:
        integer_within(LITERALS, 20, self.variables, "variables")
        integer_within(4, 200, self.clauses, "clauses")


class Satisfiability(Task):
    """Clauses of three literals, drawn uniformly among those that a hidden assignment makes true."""

    name = "satisfiability"
    levels = {1: SatisfiabilityConfig(4, 16), 2: SatisfiabilityConfig(6, 26), 3: SatisfiabilityConfig(8, 36)}
    config: SatisfiabilityConfig

    @property
    def characters(self) -> str:  # type: ignore[override]
        """Variables, negated variables, bits and signs."""
        names = self._names
        return names + names.upper() + "01,="

    def draw(self, draws: Draws) -> Content:
        """The clauses, each in the order of its variables, and the hidden assignment."""
        assignment = draws.letters("01", self.config.variables)
        triples = list(itertools.combinations(range(self.config.variables), LITERALS))
        drawn = (_clause(draws.choice(triples), draws.between(1, 7), assignment) for _ in range(self.config.clauses))
        return tuple(drawn), assignment

    def canonical(self, content: Content) -> Content:
        """The set of clauses."""
        return tuple(sorted(set(content[0])))

    def compact(self, content: Content) -> str:
        """``aBd,bcD=``."""
        return ",".join(content[0]) + "="

    def question(self, content: Content) -> str:
        """In words."""
        clauses = " and ".join("(" + " or ".join(map(_literal, clause)) + ")" for clause in content[0])
        names = ", ".join(self._names)
        return f"Find values of {names} that make this true: {clauses}. Give them in this order, such as 0110."

    def answer(self, content: Content) -> str:
        """The hidden assignment."""
        return str(content[1])

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if every clause has a true literal."""
        if len(answer) != self.config.variables or not set(answer) <= set("01"):
            return malformed(answer, f"not {self.config.variables} bits")
        failed = [clause for clause in problem.meta["content"][0] if not is_satisfied(clause, answer)]
        return wrong(answer, f"{len(failed)} clauses are false") if failed else correct(answer)

    @property
    def longest_answer(self) -> int:
        """A bit for every variable."""
        return self.config.variables

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """Some bits, more often one than several, the other way."""
        answer = slip(answer, draws, ("01",))
        return answer if draws.below(2) else self.slip(content, answer, draws)

    def mistakes(self, content: Content) -> Iterator[str]:
        """The other bits; where they are right too, the first assignment that makes the first clause false."""
        clauses, assignment = content
        yield assignment.translate(str.maketrans("01", "10"))
        falsifying = {literal.lower(): "1" if literal.isupper() else "0" for literal in clauses[0]}
        yield "".join(falsifying.get(name, "0") for name in self._names)

    @property
    def _names(self) -> str:
        return NAMES[: self.config.variables]


def is_satisfied(clause: str, assignment: str) -> bool:
    """Whether a literal of a clause is true."""
    return any((assignment[ord(literal.lower()) - ord("a")] == "1") == literal.islower() for literal in clause)


def _clause(variables: tuple[int, ...], true_literals: int, assignment: str) -> str:
    """A clause whose literals are true under an assignment where `true_literals` has a bit."""
    is_positive = [(assignment[v] == "1") == bool(true_literals >> place & 1) for place, v in enumerate(variables)]
    return "".join(
        NAMES[v] if positive else NAMES[v].upper() for v, positive in zip(variables, is_positive, strict=True)
    )


def _literal(literal: str) -> str:
    return literal if literal.islower() else f"not {literal.lower()}"

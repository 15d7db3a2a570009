"""Games that reach a number with given numbers: what Countdown and the 24 game share. Every solution is right."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from fractions import Fraction

from rlenvs.tasks.base import Task
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.expressions import OPERATIONS, Malformed, Tree, parse, turned, value, written
from rlenvs.tasks.judging import correct, malformed, wrong
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.slips import DIGITS, slip
from rlenvs.verifiers.verdict import Verdict


class NumberGame(Task):
    """Problems ``numbers, target, solution``; an answer uses each number once and has the target's value."""

    @property
    def operators(self) -> str:
        """Those that an answer may use."""
        return "+-*/"

    def canonical(self, content: Content) -> Content:
        """Without the order of the numbers and the solution."""
        return tuple(sorted(content[0])), content[1]

    def answer(self, content: Content) -> str:
        """The solution that the problem was made from."""
        return written(content[2])

    def restated(self, content: Content, draws: Draws) -> str:
        """The solution with operands of + and * in random order."""
        return written(turned(content[2], draws))

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if it reads as an expression, uses the numbers as often as they are given, and has the value."""
        numbers, target, _ = problem.meta["content"]
        try:
            parsed = parse(answer)
        except Malformed as error:
            return malformed(answer, str(error))
        if sorted(parsed.numbers) != sorted(numbers):
            return wrong(answer, "not the given numbers, each once")
        if not parsed.operators <= set(self.operators):
            return wrong(answer, f"operators other than {self.operators}")
        return correct(answer) if value(parsed.tree) == target else wrong(answer, "another value")

    def judge_marked(self, problem: Problem, answer: str) -> Verdict:
        """With the signs that people write."""
        return super().judge_marked(problem, answer.replace("\u00d7", "*").replace("\u00f7", "/"))

    def slip(self, content: Content, answer: str, draws: Draws) -> str:
        """Another operator or another digit."""
        return slip(answer, draws, (self.operators, DIGITS))

    def mistakes(self, content: Content) -> Iterator[str]:
        """The last number is left out of the sum of all: never the given numbers."""
        yield "+".join(map(str, content[0][:-1]))


@functools.cache
def reachable(numbers: tuple[int, ...], operators: str) -> dict[Fraction, Tree]:
    """All values of expressions that use sorted numbers once each, with one expression for each."""
    if len(numbers) == 1:
        return {Fraction(numbers[0]): numbers[0]}
    found: dict[Fraction, Tree] = {}
    for left, right in parts(numbers):
        pairs = itertools.product(reachable(left, operators).items(), reachable(right, operators).items())
        for (left_value, left_tree), (right_value, right_tree) in pairs:
            for sign in operators:
                if sign != "/" or right_value:
                    tree = (sign, left_tree, right_tree)
                    found.setdefault(Fraction(OPERATIONS[sign](left_value, right_value)), tree)
    return found


def parts(numbers: tuple[int, ...]) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    """All ways to make two heaps of some numbers, both in order."""
    places = range(len(numbers))
    chosen = (set(heap) for size in range(1, len(numbers)) for heap in itertools.combinations(places, size))
    return {
        (tuple(numbers[i] for i in places if i in heap), tuple(numbers[i] for i in places if i not in heap))
        for heap in chosen
    }

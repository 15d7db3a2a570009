"""Two expressions compared, with their units: exact values first, then values at points, then a proof."""

from __future__ import annotations

from collections.abc import Callable

from rlenvs.verifiers import probing
from rlenvs.verifiers.exact import CostlyError, UndefinedError, rational
from rlenvs.verifiers.measures import Measured, has_pi, is_unit_text, measured, with_letters_as_units
from rlenvs.verifiers.outcome import Outcome, different, same, undecided
from rlenvs.verifiers.tolerance import agree, printed_unit
from rlenvs.verifiers.tree import Tree, free_symbols

MAX_COMPARISONS = 2000
"""Of values, in one comparison of two answers; more leave it undecided."""

MAX_PROBES = 120
"""Of values that are not rational."""

Prover = Callable[[Tree, Tree], Outcome]


class ValueComparison:
    """The comparisons of values in one comparison of two answers, with their budget.

    Args:
        prover: Decides what probing cannot, see `rlenvs.verifiers.proof`.
    """

    def __init__(self, prover: Prover) -> None:
        self.prover = prover
        self.comparisons = self.probes = 0

    def compare_measured(self, gold: Tree, prediction: Tree) -> Outcome:
        """Whether two expressions with their units are equal; a unit may be left out on one side."""
        right, answer = measured(gold), measured(prediction)
        if not free_symbols(gold):
            answer = with_letters_as_units(prediction) or answer
        if not free_symbols(prediction):
            right = with_letters_as_units(gold) or right
        if not is_unit_text(right.unit) or not is_unit_text(answer.unit):
            return different("structure", "words stand where a unit should")
        if right.unit and answer.unit and right.unit != answer.unit:
            return different("structure", f"the unit is {answer.unit} instead of {right.unit}")
        if {right.unit, answer.unit} == {"degree", ""} and has_pi(right.value if answer.unit else answer.value):
            return self.compare(_in_radians(right), _in_radians(answer))
        outcome = self.compare(right.value, answer.value)
        if not outcome and "percent" in (right.unit, answer.unit) and right.unit != answer.unit:
            hundredth = [
                Tree("percent", (side.value,)) if side.unit == "percent" else side.value for side in (right, answer)
            ]
            return self.compare(hundredth[0], hundredth[1])
        return outcome

    def compare(self, gold: Tree, prediction: Tree) -> Outcome:
        """Whether two expressions are equal: exactly, at points, or by a proof."""
        self.comparisons += 1
        if self.comparisons > MAX_COMPARISONS:
            return undecided("cost", "too many parts to compare")
        if gold == prediction:
            return same("structure")
        if "numeral" in (gold.head, prediction.head):
            return _compare_numerals(gold, prediction)
        if gold.head == prediction.head == "ratio" and len(gold.args) == len(prediction.args) > 2:
            return self._compare_ratios(gold, prediction)
        try:
            right, answer = rational(gold), rational(prediction)
        except UndefinedError as error:
            return undecided("exact", str(error))
        except CostlyError:
            return self._probe(gold, prediction)
        if right is not None and answer is not None:
            if right == answer or agree(right, answer, printed_unit(gold), printed_unit(prediction)):
                return same("exact")
            return different("exact", "the values differ")
        outcome = self._probe(gold, prediction)
        return self.prover(gold, prediction) if outcome.equal is None and outcome.stage == "probing" else outcome

    def _probe(self, gold: Tree, prediction: Tree) -> Outcome:
        self.probes += 1
        if self.probes > MAX_PROBES:
            return undecided("cost", "too many parts to compare")
        return probing.probe(gold, prediction)

    def _compare_ratios(self, gold: Tree, prediction: Tree) -> Outcome:
        for right, answer in zip(gold.args[1:], prediction.args[1:], strict=True):
            outcome = self.compare(Tree("divide", (gold.args[0], right)), Tree("divide", (prediction.args[0], answer)))
            if not outcome:
                return outcome
        return same("structure")


def _compare_numerals(gold: Tree, prediction: Tree) -> Outcome:
    """Numerals of a base, which a prediction may leave out.

    The value in another base is no answer: whoever is asked to convert a numeral could copy it.
    """
    if gold.head == "numeral" and prediction.head == "number" and gold.args[0].lstrip("0") == str(prediction.args[0]):
        return same("structure")
    if _base(gold) != _base(prediction):
        return different("exact", "another base")
    try:
        right, answer = rational(gold), rational(prediction)
    except (CostlyError, UndefinedError) as error:
        return undecided("exact", str(error))
    return same("exact") if right is not None and right == answer else different("exact", "the numerals differ")


def _base(tree: Tree) -> int:
    return tree.args[1] if tree.head == "numeral" else 10


def _in_radians(side: Measured) -> Tree:
    return Tree("degree", (side.value,)) if side.unit == "degree" else side.value

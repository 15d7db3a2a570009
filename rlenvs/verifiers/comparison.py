"""Two trees compared: what is around the value first, then structure part by part, then the values themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rlenvs.verifiers import probing, sets, statements
from rlenvs.verifiers.exact import CostlyError, UndefinedError, rational
from rlenvs.verifiers.measures import (
    Measured,
    both_signs,
    has_pi,
    is_unit_text,
    measured,
    with_letters_as_units,
    without_parameter_range,
)
from rlenvs.verifiers.outcome import Outcome, different, same, undecided
from rlenvs.verifiers.tolerance import agree, printed_unit
from rlenvs.verifiers.tree import CONTAINERS, Tree, children, free_symbols

MAX_COMPARISONS = 2000
"""Of exact values, in one comparison of two answers; more leave it undecided."""

MAX_PROBES = 120
"""Of other values."""

Prover = Callable[[Tree, Tree], Outcome]
_GROUPS = ("list", "set")
_REAL_SETS = frozenset({"interval", "union", "intersection", "difference", "domain", "builder"})


class Comparison:
    """One comparison with its budget.

    Args:
        prover: Decides what probing cannot, see `rlenvs.verifiers.pool`.
    """

    def __init__(self, prover: Prover) -> None:
        self.prover = prover
        self.comparisons = self.probes = 0

    def compare(self, gold: Tree, prediction: Tree) -> Outcome:
        """Whether two answers are equal."""
        if gold == prediction:
            return same("structure")
        gold, prediction = without_parameter_range(gold), without_parameter_range(prediction)
        signed = both_signs(gold), both_signs(prediction)
        if signed != (None, None):
            return self.compare(signed[0] or gold, signed[1] or prediction)
        if "relation" in (gold.head, prediction.head):
            return self._compare_statements(gold, prediction)
        if gold.head in CONTAINERS or prediction.head in CONTAINERS or "domain" in (gold.head, prediction.head):
            return self._compare_containers(gold, prediction)
        if "cases" in (gold.head, prediction.head):
            return self._compare_rows(gold, prediction)
        if "congruence" in (gold.head, prediction.head):
            return self._compare_congruences(gold, prediction)
        return self._compare_measured(gold, prediction)

    def _compare_statements(self, gold: Tree, prediction: Tree) -> Outcome:
        if statements.is_equation(gold) and statements.is_equation(prediction):
            return self._compare_equations(gold, prediction)
        for one, other, swap in ((gold, prediction, False), (prediction, gold, True)):
            if other.head != "relation" and statements.is_equation(one):
                value = statements.stated_value(one)
                if value is None:
                    return different("structure", "an equation states no single value")
                return self.compare(other, value) if swap else self.compare(value, other)
            if (
                one.head == "relation"
                and one.args[1] == ("in",)
                and (other.head != "relation" or other.args[1] != ("in",))
            ):
                return self.compare(other, one.args[0][1]) if swap else self.compare(one.args[0][1], other)
        if gold.head == prediction.head and gold.args[1] == ("in",) == prediction.args[1]:
            return self._compare_in_order(gold.args[0], prediction.args[0])
        outcome = self._compare_real_sets(gold, prediction)
        if outcome is not None and (outcome or free_symbols(gold) == free_symbols(prediction)):
            return self._same_variable(gold, prediction, outcome)
        if sets.is_inequality(gold) and sets.is_inequality(prediction):
            return statements.compare_inequalities(gold, prediction)
        return different("structure", "one states what the other does not")

    def _same_variable(self, gold: Tree, prediction: Tree, outcome: Outcome) -> Outcome:
        """Inequalities about different variables differ; an interval is about any."""
        if gold.head == prediction.head == "relation" and free_symbols(gold) != free_symbols(prediction):
            return different("structure", "the variables differ")
        return outcome

    def _compare_equations(self, gold: Tree, prediction: Tree) -> Outcome:
        right, answer = statements.assignment(gold), statements.assignment(prediction)
        if right is not None and answer is not None and right[0] == answer[0]:
            return self.compare(right[1], answer[1])
        if right is not None and answer is not None and not free_symbols(right[1]) | free_symbols(answer[1]):
            return different("structure", "the variables differ")
        values = statements.stated_value(gold), statements.stated_value(prediction)
        if values[0] is not None and values[1] is not None and gold.args[0][0] == prediction.args[0][0]:
            return self.compare(values[0], values[1])
        return statements.compare_equations(gold, prediction)

    def _compare_containers(self, gold: Tree, prediction: Tree) -> Outcome:
        if gold.head in _GROUPS and prediction.head in _GROUPS:
            if not any(map(sets.is_inequality, (*gold.args, *prediction.args))):
                return self._compare_unordered(gold, prediction)
        if "matrix" in (gold.head, prediction.head):
            return self._compare_rows(gold, prediction)
        if gold.head in _REAL_SETS or prediction.head in _REAL_SETS:
            outcome = self._compare_real_sets(gold, prediction)
            return self._compare_parts(gold, prediction) if outcome is None else outcome
        return self._compare_tuples(gold, prediction)

    def _compare_tuples(self, gold: Tree, prediction: Tree) -> Outcome:
        """At least one is a tuple, a list or a set."""
        if gold.head == prediction.head == "tuple":
            return self._compare_in_order(gold.args, prediction.args)
        if {gold.head, prediction.head} == {"tuple", "list"}:
            return self._compare_in_order(_as_tuple(gold), _as_tuple(prediction))
        for one, other, swap in ((gold, prediction, False), (prediction, gold, True)):
            if one.head in _GROUPS and len(one.args) == 1:
                return self.compare(other, one.args[0]) if swap else self.compare(one.args[0], other)
        real = self._compare_real_sets(gold, prediction) if "relation" in _heads_of_parts(gold, prediction) else None
        return real or different("structure", "one has parts that the other does not have")

    def _compare_unordered(self, gold: Tree, prediction: Tree) -> Outcome:
        right, answers = list(gold.args), list(prediction.args)
        if "set" in (gold.head, prediction.head):
            right, answers = list(dict.fromkeys(right)), list(dict.fromkeys(answers))
        if "set" in (gold.head, prediction.head) and len(right) != len(answers):
            right, answers = self._distinct(right), self._distinct(answers)
        if len(right) != len(answers):
            return different("structure", f"{len(answers)} answers instead of {len(right)}")
        for item in right:
            for place, answer in enumerate(answers):
                if self.compare(item, answer):
                    del answers[place]
                    break
            else:
                return different("structure", "an answer is missing")
        return same("structure")

    def _distinct(self, items: Sequence[Tree]) -> list[Tree]:
        result: list[Tree] = []
        for item in items:
            if not any(self.compare(other, item) for other in result):
                result.append(item)
        return result

    def _compare_in_order(self, gold: Sequence[Tree], prediction: Sequence[Tree]) -> Outcome:
        if len(gold) != len(prediction):
            return different("structure", f"{len(prediction)} parts instead of {len(gold)}")
        for right, answer in zip(gold, prediction, strict=True):
            outcome = self.compare(right, answer)
            if not outcome:
                return outcome
        return same("structure")

    def _compare_rows(self, gold: Tree, prediction: Tree) -> Outcome:
        if gold.head == prediction.head:
            if len(gold.args) != len(prediction.args) or len(gold.args[0]) != len(prediction.args[0]):
                return different("structure", "the matrices have different shapes")
            return self._compare_in_order(tuple(children(gold)), tuple(children(prediction)))
        if {gold.head, prediction.head} == {"matrix", "tuple"} and 1 in _shape(
            gold if gold.head == "matrix" else prediction
        ):
            return self._compare_in_order(tuple(children(gold)), tuple(children(prediction)))
        return different("structure", "one is a matrix, the other is not")

    def _compare_parts(self, gold: Tree, prediction: Tree) -> Outcome:
        """Sets that are not on the line: the same head, the same parts."""
        if gold.head != prediction.head or len(gold.args) != len(prediction.args):
            return different("structure", "one is a set that the other is not")
        if gold.head == "interval" and gold.args[2:] != prediction.args[2:]:
            return different("structure", "an end is open in one and closed in the other")
        if gold.head in ("domain",):
            return different("structure", "the sets differ")
        if gold.head == "union":
            return self._compare_unordered(gold, prediction)
        return self._compare_in_order(tuple(children(gold)), tuple(children(prediction)))

    def _compare_real_sets(self, gold: Tree, prediction: Tree) -> Outcome | None:
        """Sets on the line, piece by piece; None if one of them is none."""
        try:
            right, answer = sets.pieces(gold), sets.pieces(prediction)
        except sets.NoSetError:
            return None
        if len(right) != len(answer):
            return different("structure", "the sets have different pieces")
        for one, other in zip(right, answer, strict=True):
            for end, place in zip(one, other, strict=True):
                if end.closed != place.closed or not self.compare(end.tree, place.tree):
                    return different("structure", "the sets have different ends")
        return same("structure")

    def _compare_congruences(self, gold: Tree, prediction: Tree) -> Outcome:
        if gold.head != prediction.head:
            congruence, other = (gold, prediction) if gold.head == "congruence" else (prediction, gold)
            return self.compare(congruence.args[0], other)
        if not self.compare(gold.args[1], prediction.args[1]):
            return different("structure", "the moduli differ")
        if not free_symbols(gold):
            difference = Tree("add", (gold.args[0], Tree("negate", (prediction.args[0],))))
            return self._compare_values(Tree("number", (0,)), Tree("modulo", (difference, gold.args[1])))
        return self.compare(gold.args[0], prediction.args[0])

    def _compare_measured(self, gold: Tree, prediction: Tree) -> Outcome:
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
            return self._compare_values(_in_radians(right), _in_radians(answer))
        outcome = self._compare_values(right.value, answer.value)
        if not outcome and "percent" in (right.unit, answer.unit) and right.unit != answer.unit:
            hundredth = [
                Tree("percent", (side.value,)) if side.unit == "percent" else side.value for side in (right, answer)
            ]
            return self._compare_values(hundredth[0], hundredth[1])
        return outcome

    def _compare_values(self, gold: Tree, prediction: Tree) -> Outcome:
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
            outcome = self._compare_values(
                Tree("divide", (gold.args[0], right)), Tree("divide", (prediction.args[0], answer))
            )
            if not outcome:
                return outcome
        return same("structure")


def _compare_numerals(gold: Tree, prediction: Tree) -> Outcome:
    """Numerals of a base; a prediction may leave the base out, or give the value."""
    if gold.head == "numeral" and prediction.head == "number" and gold.args[0].lstrip("0") == str(prediction.args[0]):
        return same("structure")
    try:
        right, answer = rational(gold), rational(prediction)
    except (CostlyError, UndefinedError) as error:
        return undecided("exact", str(error))
    return same("exact") if right is not None and right == answer else different("exact", "the numerals differ")


def _as_tuple(tree: Tree) -> tuple[Tree, ...]:
    """The parts of a tuple; assignments to different variables are sorted by their names and give their values."""
    assigned = [statements.assignment(part) for part in tree.args]
    pairs = sorted((pair for pair in assigned if pair is not None), key=lambda pair: pair[0])
    if len(pairs) < len(assigned) or len({name for name, _ in pairs}) < len(pairs):
        return tree.args
    return tuple(value for _, value in pairs)


def _heads_of_parts(*trees: Tree) -> set[str]:
    return {part.head for tree in trees for part in children(tree)}


def _in_radians(side: Measured) -> Tree:
    return Tree("degree", (side.value,)) if side.unit == "degree" else side.value


def _shape(matrix: Tree) -> tuple[int, int]:
    return len(matrix.args), len(matrix.args[0])

"""Two trees compared: what is around the value first, then structure (`parts`), then the values themselves."""

from __future__ import annotations

from rlenvs.verifiers import parts, sets, statements
from rlenvs.verifiers.exact import CostlyError, UndefinedError, rational
from rlenvs.verifiers.measures import both_signs, measured, without_parameter_range
from rlenvs.verifiers.outcome import Outcome, different, same
from rlenvs.verifiers.tolerance import is_rounding
from rlenvs.verifiers.tree import CONTAINERS, Tree, children, free_symbols, heads
from rlenvs.verifiers.values import Prover, ValueComparison

_GROUPS = ("list", "set")
_REAL_SETS = frozenset({"interval", "union", "intersection", "difference", "domain", "builder"})


class Comparison:
    """One comparison with its budget.

    Args:
        prover: Decides what probing cannot, see `rlenvs.verifiers.pool`.
    """

    def __init__(self, prover: Prover) -> None:
        self.values = ValueComparison(prover)

    def compare(self, gold: Tree, prediction: Tree) -> Outcome:
        """Whether two answers are equal."""
        if gold == prediction:
            return same("structure")
        if "approximation" in (gold.head, prediction.head):
            return self._compare_approximations(gold, prediction)
        gold, prediction = without_parameter_range(gold), without_parameter_range(prediction)
        signed = both_signs(gold), both_signs(prediction)
        if signed != (None, None):
            return self.compare(signed[0] or gold, signed[1] or prediction)
        if "relation" in (gold.head, prediction.head):
            return self._compare_statements(gold, prediction)
        if gold.head in CONTAINERS or prediction.head in CONTAINERS or "domain" in (gold.head, prediction.head):
            return self._compare_containers(gold, prediction)
        if "cases" in (gold.head, prediction.head):
            return parts.compare_rows(gold, prediction, self.compare)
        if "congruence" in (gold.head, prediction.head):
            return self._compare_congruences(gold, prediction)
        return self.values.compare_measured(gold, prediction)

    def _compare_approximations(self, gold: Tree, prediction: Tree) -> Outcome:
        r"""Either side of ``1/3 \approx 0.33``, if the decimal is a rounding of the exact value."""
        answers = [(right, answer) for right in _sides(gold) for answer in _sides(prediction)]
        if not answers:
            return different("structure", "an approximation is far from its value")
        outcomes = [self.compare(right, answer) for right, answer in answers]
        return next((outcome for outcome in outcomes if outcome), outcomes[0])

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
            return parts.compare_in_order(gold.args[0], prediction.args[0], self.compare)
        outcome = self._compare_real_sets(gold, prediction)
        if outcome is not None and (outcome or free_symbols(gold) == free_symbols(prediction)):
            return outcome
        if sets.is_inequality(gold) and sets.is_inequality(prediction):
            return statements.compare_inequalities(gold, prediction)
        return different("structure", "one states what the other does not")

    def _compare_equations(self, gold: Tree, prediction: Tree) -> Outcome:
        right, answer = statements.assignment(gold), statements.assignment(prediction)
        if right is not None and answer is not None and right[0] == answer[0]:
            return self.compare(right[1], answer[1])
        if right is not None and answer is not None and not free_symbols(right[1]) | free_symbols(answer[1]):
            return different("structure", "the variables differ")
        value, answered = statements.stated_value(gold), statements.stated_value(prediction)
        is_of_same = gold.args[0][0] == prediction.args[0][0] not in (value, answered)
        if value is not None and answered is not None and is_of_same:
            return self.compare(value, answered)
        return statements.compare_equations(gold, prediction)

    def _compare_containers(self, gold: Tree, prediction: Tree) -> Outcome:
        if gold.head in _GROUPS and prediction.head in _GROUPS:
            if not any(map(sets.is_inequality, (*gold.args, *prediction.args))):
                return parts.compare_unordered(gold, prediction, self.compare)
        if "matrix" in (gold.head, prediction.head):
            return parts.compare_rows(gold, prediction, self.compare)
        if gold.head in _REAL_SETS or prediction.head in _REAL_SETS:
            outcome = self._compare_real_sets(gold, prediction)
            return parts.compare_sets(gold, prediction, self.compare) if outcome is None else outcome
        return self._compare_tuples(gold, prediction)

    def _compare_tuples(self, gold: Tree, prediction: Tree) -> Outcome:
        """At least one is a tuple, a list or a set."""
        if gold.head == prediction.head == "tuple":
            return parts.compare_in_order(gold.args, prediction.args, self.compare)
        if {gold.head, prediction.head} == {"tuple", "list"}:
            return parts.compare_in_order(_as_tuple(gold), _as_tuple(prediction), self.compare)
        for one, other, swap in ((gold, prediction, False), (prediction, gold, True)):
            if one.head in _GROUPS and len(one.args) == 1:
                return self.compare(other, one.args[0]) if swap else self.compare(one.args[0], other)
        real = self._compare_real_sets(gold, prediction) if "relation" in _heads_of_parts(gold, prediction) else None
        if real is None and prediction.head in _GROUPS and gold.head not in _GROUPS:
            return parts.compare_repeated(gold, prediction, self.compare)
        return real or different("structure", "one has parts that the other does not have")

    def _compare_real_sets(self, gold: Tree, prediction: Tree) -> Outcome | None:
        """Sets on the line, piece by piece; None if one of them is none."""
        if "relation" in heads(gold) & heads(prediction) and not _are_about_same(gold, prediction):
            return different("structure", "the variables differ")
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
            if gold.head == "congruence":
                return self.compare(gold.args[0], prediction)
            if not _is_reduced(*prediction.args):
                return different("structure", "a remainder is not reduced")
            return self.compare(gold, prediction.args[0])
        if not self.compare(gold.args[1], prediction.args[1]):
            return different("structure", "the moduli differ")
        if not free_symbols(gold):
            difference = Tree("add", (gold.args[0], Tree("negate", (prediction.args[0],))))
            return self.values.compare(Tree("number", (0,)), Tree("modulo", (difference, gold.args[1])))
        return self.compare(gold.args[0], prediction.args[0])


def _are_about_same(gold: Tree, prediction: Tree) -> bool:
    """Whether inequalities are about the same variables; those of sets in braces have any name."""
    return "builder" in heads(gold) | heads(prediction) or free_symbols(gold) == free_symbols(prediction)


def _as_tuple(tree: Tree) -> tuple[Tree, ...]:
    """The parts of a tuple; assignments to different variables are sorted by their names and give their values."""
    assigned = [statements.assignment(part) for part in tree.args]
    pairs = sorted((pair for pair in assigned if pair is not None), key=lambda pair: pair[0])
    if len(pairs) < len(assigned) or len({name for name, _ in pairs}) < len(pairs):
        return tree.args
    return tuple(value for _, value in pairs)


def _heads_of_parts(*trees: Tree) -> set[str]:
    return {part.head for tree in trees for part in children(tree)}


def _sides(tree: Tree) -> tuple[Tree, ...]:
    """Both sides of an approximation, none if they are too far apart; other trees alone."""
    if tree.head != "approximation":
        return (tree,)
    exact = statements.stated_value(tree.args[0]) if statements.is_equation(tree.args[0]) else tree.args[0]
    if exact is None or not is_rounding(measured(exact).value, measured(tree.args[1]).value):
        return ()
    return (exact, tree.args[1])


def _is_reduced(value: Tree, modulus: Tree) -> bool:
    """Whether a remainder is between 0 and its modulus."""
    try:
        remainder, size = rational(value), rational(modulus)
    except (CostlyError, UndefinedError):
        return False
    return remainder is not None and size is not None and 0 <= remainder < size

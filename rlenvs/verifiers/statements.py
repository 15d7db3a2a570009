"""Equations and inequalities: the value they state, and when two of them say the same."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rlenvs.verifiers import precision, probing
from rlenvs.verifiers.outcome import Outcome, different, same, undecided
from rlenvs.verifiers.sets import MIRRORED
from rlenvs.verifiers.tree import Tree, children, free_symbols, negate, nodes

RATIO_POINTS = 4


def is_equation(tree: Tree) -> bool:
    """Whether a tree is a chain of equalities."""
    return tree.head == "relation" and set(tree.args[1]) == {"="}


def stated_value(tree: Tree) -> Tree | None:
    """What an equation says something is: ``x = 5``, ``5 = x``, ``f = x^2``, ``a + b = 5``, ``2 + 2 = 4``.

    None if it does not: several unknowns, an equation that must be solved first, or values that contradict each other.
    """
    operands = list(tree.args[0])
    if len(operands) > 1 and not _is_name(operands[0]) and _is_name(operands[-1]):
        operands.reverse()
    first, rest = operands[0], operands[1:]
    if not _is_name(first):
        rest = operands
    if first.head == "symbol" and any(first.args[0] in free_symbols(operand) for operand in rest):
        return None
    if any(not probing.probe(rest[-1], operand) for operand in rest[:-1]):
        return None
    return rest[-1]


def assignment(tree: Tree) -> tuple[str, Tree] | None:
    """The variable and the value of ``x = 5``; None of other trees."""
    if not is_equation(tree):
        return None
    operands = tree.args[0]
    name = operands[0] if operands[0].head == "symbol" else operands[-1]
    value = stated_value(tree) if name.head == "symbol" else None
    return None if value is None else (name.args[0], value)


def compare_equations(gold: Tree, prediction: Tree) -> Outcome:
    """Two equations say the same if their differences of sides are proportional."""
    left, right = _difference(gold), _difference(prediction)
    if left is None or right is None:
        return undecided("structure", "a chain of equations is not reduced")
    return _compare_ratio(left, right, signed=False)


def compare_inequalities(gold: Tree, prediction: Tree) -> Outcome:
    """Two inequalities say the same if, turned one way, their differences of sides are in a positive proportion."""
    if len(gold.args[1]) != 1 or len(prediction.args[1]) != 1:
        return _compare_chains(gold, prediction)
    (turned, operator), (other, sign) = _turned(gold), _turned(prediction)
    if operator != sign:
        return different("structure", "the relations differ")
    return _compare_ratio(turned, other, signed=operator != "!=")


def _is_name(tree: Tree) -> bool:
    """Whether something unknown stands there that an equation can define: a variable, ``a + b``, ``|AB|``, a label."""
    if tree.head == "symbol":
        return True
    if tree.head == "tuple":
        return all(part.head == "symbol" for part in tree.args)
    return bool(free_symbols(tree)) and all(node.head not in ("number", "decimal") for node in nodes(tree))


def _difference(tree: Tree) -> Tree | None:
    operands = tree.args[0]
    if len(operands) != 2 or any(operand.head in ("tuple", "set", "list") for operand in operands):
        return None
    return Tree("add", (operands[0], negate(operands[1])))


def _turned(tree: Tree) -> tuple[Tree, str]:
    """An inequality as ``difference > 0`` or ``difference >= 0`` or ``difference != 0``."""
    (left, right), (operator,) = tree.args
    if operator in ("<", "<="):
        left, right, operator = right, left, MIRRORED[operator]
    return Tree("add", (left, negate(right))), operator


def _compare_ratio(left: Tree, right: Tree, signed: bool) -> Outcome:
    ratio: Any = None
    agreed = 0
    for above, below, _ in probing.values(left, right):
        if not above and not below:
            continue
        if not above or not below:
            return different("probing", "the equations have different solutions")
        quotient = _quotient(above, below)
        if ratio is None:
            ratio = quotient
        if not _equal(ratio, quotient) or (signed and not quotient.real > 0):
            return different("probing", "the equations have different solutions")
        agreed += 1
    if agreed < RATIO_POINTS:
        return undecided("probing", "the equations have no values to compare, or say nothing")
    return same("probing")


def _quotient(above: Any, below: Any) -> Any:
    if isinstance(above, Fraction) and isinstance(below, Fraction):
        return above / below
    return precision.quotient(above, below)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left == right
    return precision.relative_difference(left, right) < probing.EQUAL_BITS


def _compare_chains(gold: Tree, prediction: Tree) -> Outcome:
    """Chains such as ``a < b < c``: part by part, read from the same end."""
    if gold.args[1] != prediction.args[1]:
        operands, operators = prediction.args
        prediction = Tree("relation", (operands[::-1], tuple(MIRRORED.get(sign, sign) for sign in operators[::-1])))
    if gold.args[1] != prediction.args[1]:
        return different("structure", "the relations differ")
    for left, right in zip(children(gold), children(prediction), strict=True):
        outcome = probing.probe(left, right)
        if not outcome:
            return outcome
    return same("probing")

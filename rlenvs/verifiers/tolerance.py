"""When a decimal is the value it was rounded from.

Exact values are equal or not. A decimal stands for a value with more digits if it agrees to a millionth and to half a
unit of its own last digit; it never stands for another value that could have been printed exactly.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rlenvs.verifiers import numeric, precision
from rlenvs.verifiers.exact import CostlyError, UndefinedError, rational
from rlenvs.verifiers.tree import Tree, nodes

RELATIVE = Fraction(1, 10**6)
GOLD_DIGITS = 4
"""Significant digits from which on a gold decimal admits the exact value that it is the rounding of."""

PRECISE_DIGITS = 6
"""Significant digits from which on a decimal may be the rounding of another decimal, or of a coefficient."""


def printed_unit(tree: Tree) -> Fraction | None:
    """The unit of the last digit of a decimal, with its sign, percent sign and power of ten; None of other trees."""
    head, args = tree
    if head == "decimal":
        return args[1]
    if head in ("negate", "degree"):
        return printed_unit(args[0])
    if head == "percent":
        unit = printed_unit(args[0])
        return None if unit is None else unit / 100
    if head == "multiply" and len(args) == 2 and _is_power_of_ten(args[1]):
        unit, scale = printed_unit(args[0]), rational(args[1])
        return None if unit is None or scale is None else unit * scale
    return None


def agree(gold: Any, prediction: Any, gold_unit: Fraction | None, prediction_unit: Fraction | None) -> bool:
    """Whether two real values are one, given the units of their last digits where they are decimals."""
    units = [unit for unit in (gold_unit, prediction_unit) if unit is not None]
    if not units or not precision.is_real(gold) or not precision.is_real(prediction):
        return False
    right, answer = precision.as_fraction(gold), precision.as_fraction(prediction)
    difference = abs(right - answer)
    if not difference:
        return True
    if (gold_unit is None and _terminates(gold)) or (prediction_unit is None and _terminates(prediction)):
        return False
    if len(units) == 2 and min(abs(right), abs(answer)) / max(units) < 10 ** (PRECISE_DIGITS - 1):
        return False
    if difference <= max(units) / 2 and difference <= RELATIVE * abs(right):
        return True
    return gold_unit is not None and prediction_unit is None and _rounds_to(right, answer, gold_unit)


def is_rounding(exact: Tree, decimal: Tree) -> bool:
    """Whether a decimal is within one unit of its last digit of a constant."""
    try:
        value, printed = numeric.value(exact, {}), numeric.value(decimal, {})
    except (CostlyError, UndefinedError, precision.LostError, KeyError):
        return False
    if not precision.is_real(value) or not precision.is_real(printed):
        return False
    unit = printed_unit(decimal) or Fraction(1, 2)
    return abs(precision.as_fraction(value) - precision.as_fraction(printed)) <= unit


def has_rounded_coefficient(tree: Tree) -> bool:
    """Whether a tree has a decimal with so many digits that it may be rounded."""
    return any(
        node.head == "decimal" and abs(node.args[0] / node.args[1]) >= 10 ** (PRECISE_DIGITS - 1)
        for node in nodes(tree)
    )


def has_endless_coefficient(tree: Tree) -> bool:
    """Whether a tree has a constant that no decimal is equal to: pi, a root, a third."""
    return any(
        node.head == "constant" or node.head in ("root", "ln", "log") or (node.head == "divide" and _is_endless(node))
        for node in nodes(tree)
    )


def _rounds_to(gold: Fraction, prediction: Fraction, unit: Fraction) -> bool:
    return abs(gold / unit) >= 10 ** (GOLD_DIGITS - 1) and abs(gold - prediction) <= unit / 2


def _terminates(number: Any) -> bool:
    """Whether a value is a decimal of finitely many digits."""
    if not isinstance(number, Fraction):
        return False
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _is_endless(quotient: Tree) -> bool:
    try:
        exact = rational(quotient)
    except (CostlyError, UndefinedError):
        return False
    return exact is not None and not _terminates(exact)


def _is_power_of_ten(tree: Tree) -> bool:
    return tree.head == "power" and tree.args[0] == Tree("number", (10,))

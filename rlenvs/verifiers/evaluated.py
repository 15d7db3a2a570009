"""Whether an answer is worked out, or only restates what was to be computed.

A number is worked out if it is written as one: whole, decimal, a fraction in lowest terms, mixed, in scientific
notation, with a sign, a percent sign or a unit. ``12+34``, ``92/2`` and ``2^3`` are not, unless the gold answer has the
same operations. Roots, constants and variables have no such form: where the gold answer has them, only sums, products,
integrals, limits and determinants that it does not have are taken as not worked out.
"""

from __future__ import annotations

import math
from collections.abc import Set

from rlenvs.verifiers.tree import BINDERS, CONTAINERS, LEAVES, Tree, children, heads, nodes

_ALWAYS_UNFINISHED = BINDERS | {"determinant"}
_AROUND = CONTAINERS | {"negate", "percent", "degree", "quantity", "ratio", "congruence", "approximation", "relation"}
_RATIONAL = frozenset({"number", "decimal", "numeral"})


def is_evaluated(answer: Tree, gold: Tree) -> bool:
    """Whether an answer is worked out as far as the gold answer is."""
    allowed = heads(gold)
    if heads(answer) & (_ALWAYS_UNFINISHED - allowed):
        return False
    if any(node.head in LEAVES - _RATIONAL for node in nodes(gold)):
        return True
    if answer.head == "relation" and gold.head != "relation":
        return any(operand.head != "symbol" and _is_written_out(operand, allowed) for operand in answer.args[0])
    return _is_written_out(answer, allowed)


def _is_written_out(tree: Tree, allowed: Set[str]) -> bool:
    if tree.head in LEAVES:
        return True
    if tree.head == "divide" and (whole := _whole_parts(tree)) is not None:
        return whole[1] != 1 and math.gcd(*whole) == 1
    if _is_mixed(tree) or _is_scientific(tree):
        return True
    return tree.head in _AROUND | allowed and all(_is_written_out(part, allowed) for part in children(tree))


def _whole_parts(quotient: Tree) -> tuple[int, int] | None:
    """Numerator and denominator without their signs; None if they are not whole."""
    above, below = (part.args[0] if part.head == "negate" else part for part in quotient.args)
    return (above.args[0], below.args[0]) if above.head == below.head == "number" else None


def _is_mixed(tree: Tree) -> bool:
    if tree.head != "add" or len(tree.args) != 2 or tree.args[0].head != "number" or tree.args[1].head != "divide":
        return False
    parts = _whole_parts(tree.args[1])
    return parts is not None and parts[0] < parts[1]


def _is_scientific(tree: Tree) -> bool:
    if tree.head == "multiply":
        return len(tree.args) == 2 and tree.args[0].head in _RATIONAL and _is_scientific(tree.args[1])
    return tree.head == "power" and tree.args[0].args == (10,) and tree.args[1].head in ("number", "negate")

"""What is around a value: its unit, percent sign, currency, plus-minus sign, or the range of a parameter."""

from __future__ import annotations

import re
from typing import NamedTuple

from rlenvs.verifiers.tree import Tree, constant, free_symbols, heads, map_children, negate, nodes, symbol
from rlenvs.verifiers.units import SYMBOLS, canonical

NO_UNITS = frozenset({"", "unit", "unit^2", "unit^3", "square unit", "cubic unit"})
_NO_UNIT_WORDS = re.compile(
    r"\b(?:not?|isn|or|nor|never|than|more|less|except|without|but|wrong|minus|plus|if|either|is|was|incorrect|false)\b"
)
_NUMBER = re.compile(r"(?<![\^0-9])[0-9]")
MAX_UNIT_WORDS = 6


class Measured(NamedTuple):
    """A value with its unit (``percent`` for a percentage, empty for none)."""

    value: Tree
    unit: str


def measured(tree: Tree) -> Measured:
    """A tree as a value and a unit."""
    head, args = tree
    if head == "negate":
        inside = measured(args[0])
        return Measured(negate(inside.value), inside.unit) if inside.unit else Measured(tree, "")
    if head == "quantity":
        inner = measured(args[0])
        unit = canonical(args[1])
        if inner.unit == "degree" and unit in ("celsius", "fahrenheit"):
            return Measured(inner.value, unit)
        if inner.unit and inner.unit != unit:
            return Measured(inner.value, f"{inner.unit} {unit}")
        return Measured(inner.value, "" if unit in NO_UNITS else unit)
    if head in ("percent", "degree"):
        return Measured(args[0], head)
    return Measured(tree, "")


def is_unit_text(unit: str) -> bool:
    """Whether words after a value can be a unit or a thing that is counted, instead of a denial or an alternative."""
    is_denial = _NO_UNIT_WORDS.search(unit.lower()) or _NUMBER.search(unit)
    return not is_denial and len(unit.split()) <= MAX_UNIT_WORDS


def with_letters_as_units(tree: Tree) -> Measured | None:
    """``5 m/s`` read as a speed instead of five times m by s; None if the letters cannot be units."""
    if tree.head == "divide":
        above, below = with_letters_as_units(tree.args[0]), _unit_letters(tree.args[1])
        return None if above is None or below is None else Measured(above.value, canonical(f"{above.unit}/{below}"))
    if tree.head != "multiply":
        return None
    value, *letters = tree.args
    units = [_unit_letters(letter) for letter in letters]
    if free_symbols(value) or None in units:
        return None
    return Measured(value, canonical(" ".join(map(str, units))))


def _unit_letters(tree: Tree) -> str | None:
    """The unit of a letter with its exponent; None of anything else."""
    if tree.head == "symbol":
        return SYMBOLS.get(tree.args[0])
    if tree.head == "power" and tree.args[0].head == "symbol" and tree.args[1].head == "number":
        name = SYMBOLS.get(tree.args[0].args[0])
        return None if name is None else f"{name}^{tree.args[1].args[0]}"
    return None


def has_pi(tree: Tree) -> bool:
    """Whether an angle is given in radians."""
    return any(node == constant("pi") for node in nodes(tree))


def both_signs(tree: Tree) -> Tree | None:
    """The set of the two values of a tree with plus-minus signs; None if it has none."""
    if heads(tree).isdisjoint(("plus_minus", "minus_plus")):
        return None
    if tree.head in ("list", "set"):
        parts = [both_signs(part) or Tree("set", (part,)) for part in tree.args]
        return Tree("set", tuple(value for part in parts for value in part.args))
    return Tree("set", (_with_sign(tree, 1), _with_sign(tree, -1)))


def without_parameter_range(tree: Tree) -> Tree:
    r"""``2k\pi, k \in \mathbb{Z}`` without its last part, its parameter renamed to a common name."""
    if tree.head != "list" or len(tree.args) < 2:
        return tree
    ranges = [item for item in tree.args if _is_range(item)]
    rest = tuple(item for item in tree.args if not _is_range(item))
    if not ranges or not rest:
        return tree
    kept = rest[0] if len(rest) == 1 else Tree("list", rest)
    return _renamed(kept, ranges[0].args[0][0].args[0]) if len(ranges) == 1 else kept


def _is_range(tree: Tree) -> bool:
    if tree.head != "relation" or tree.args[1] != ("in",):
        return False
    variable, domain = tree.args[0]
    return variable.head == "symbol" and domain.head == "domain"


def _renamed(tree: Tree, name: str) -> Tree:
    if tree.head == "symbol":
        return symbol("integer parameter") if tree.args[0] == name else tree
    return map_children(tree, lambda child: _renamed(child, name))


def _with_sign(tree: Tree, sign: int) -> Tree:
    if tree.head in ("plus_minus", "minus_plus"):
        inside = _with_sign(tree.args[0], sign)
        return inside if (sign > 0) == (tree.head == "plus_minus") else negate(inside)
    return map_children(tree, lambda child: _with_sign(child, sign))

"""The verifier's own expression tree: immutable, hashable, made of heads and arguments.

Leaves keep Python values: ``number`` an int, ``decimal`` a Fraction and the unit of its last printed digit, ``symbol``,
``constant`` and ``domain`` a name, ``numeral`` its digits and base. All other arguments are trees, but for the ends of
an ``interval`` (two flags), the operators of a ``relation``, the unit of a ``quantity`` and the bound variable of
``sum``, ``product``, ``integral`` and ``limit``.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

LEAVES = frozenset({"number", "decimal", "symbol", "constant", "domain", "numeral"})
CONTAINERS = frozenset({"list", "set", "tuple", "interval", "union", "intersection", "difference", "matrix", "builder"})
BINDERS = frozenset({"sum", "product", "integral", "limit"})


class Tree(NamedTuple):
    """A node: what it is and what it is made of."""

    head: str
    args: tuple[Any, ...]


def number(value: int) -> Tree:
    """The leaf of a whole number."""
    return Tree("number", (value,))


def symbol(name: str) -> Tree:
    """The leaf of a variable."""
    return Tree("symbol", (name,))


def constant(name: str) -> Tree:
    """The leaf of ``pi``, ``e``, ``i`` or ``infinity``."""
    return Tree("constant", (name,))


def decimal(digits: str, exponent: int = 0) -> Tree:
    """The leaf of a decimal such as ``"0.50"`` times a power of ten, with the unit of its last digit."""
    whole, _, places = digits.partition(".")
    unit = Fraction(10) ** (exponent - len(places))
    return Tree("decimal", (int((whole + places) or "0") * unit, unit))


def negate(tree: Tree) -> Tree:
    """The tree with its sign changed; two signs cancel."""
    return tree.args[0] if tree.head == "negate" else Tree("negate", (tree,))


def children(tree: Tree) -> Iterator[Tree]:
    """The arguments that are trees, those of matrix rows and relations among them."""
    if tree.head in LEAVES:
        return
    for argument in tree.args:
        if isinstance(argument, Tree):
            yield argument
        elif isinstance(argument, tuple):
            yield from (part for part in argument if isinstance(part, Tree))


def nodes(tree: Tree) -> Iterator[Tree]:
    """All nodes, parents before their children."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def heads(tree: Tree) -> set[str]:
    """The heads that occur in a tree."""
    return {node.head for node in nodes(tree)}


def map_children(tree: Tree, change: Any) -> Tree:
    """The tree with `change` applied to every child."""
    if tree.head in LEAVES:
        return tree
    return Tree(tree.head, tuple(_changed(argument, change) for argument in tree.args))


def free_symbols(tree: Tree) -> frozenset[str]:
    """Names of the variables, without those bound by a sum, product, integral or limit."""
    if tree.head == "symbol":
        return frozenset(tree.args)
    names = frozenset[str]().union(*map(free_symbols, children(tree)))
    return names - {tree.args[1]} if tree.head in BINDERS else names


def substitute(tree: Tree, name: str, value: Tree) -> Tree:
    """The tree with `value` for every free occurrence of the variable `name`."""
    if tree.head == "symbol":
        return value if tree.args[0] == name else tree
    if tree.head in BINDERS and tree.args[1] == name:
        return tree
    return map_children(tree, lambda child: substitute(child, name, value))


def _changed(argument: Any, change: Any) -> Any:
    if isinstance(argument, Tree):
        return change(argument)
    if isinstance(argument, tuple):
        return tuple(_changed(part, change) for part in argument)
    return argument

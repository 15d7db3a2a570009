"""Arithmetic expressions of whole numbers with + - * / and parentheses: read with bounds and exact, no code.

A tree is a whole number, the variable's name, or ``(operator, left, right)``. No signs, no powers, no implicit
products: games with numbers allow none.
"""

from __future__ import annotations

import operator
import re
from fractions import Fraction
from typing import Any, NamedTuple

from rlenvs.tasks.draws import Draws

MAX_LENGTH = 200
MAX_DEPTH = 20
OPERATIONS: dict[str, Any] = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
Tree = int | str | tuple[str, Any, Any]
_TOKEN = re.compile(r" *([0-9]{1,9}|[a-z]|[-+*/()])")
_RANK = {"+": 1, "-": 1, "*": 2, "/": 2}


class Malformed(ValueError):  # noqa: N818
    """The text is no expression, or one beyond the bounds."""


class Parsed(NamedTuple):
    """An expression's tree, its numbers from left to right, and its operators."""

    tree: Tree
    numbers: list[int]
    operators: set[str]


def parse(text: str, variable: str = "") -> Parsed:
    """Reads an expression.

    Args:
        text: What to read.
        variable: A letter that may stand where numbers do; empty for none.

    Raises:
        Malformed: It is none, or longer than `MAX_LENGTH` or nested deeper than `MAX_DEPTH`.
    """
    tokens = _tokens(text, variable)
    tree, end = _chain(tokens, 0, 1, 0)
    if end != len(tokens):
        raise Malformed(f"unexpected {tokens[end]!r}")
    return Parsed(tree, [int(token) for token in tokens if token.isdigit()], set(_RANK) & set(tokens))


def value(tree: Tree) -> Fraction | None:
    """The exact value of a tree of numbers; None where something is divided by 0."""
    if not isinstance(tree, tuple):
        return Fraction(tree)
    sign, left, right = tree[0], value(tree[1]), value(tree[2])
    if left is None or right is None or (sign == "/" and not right):
        return None
    return Fraction(OPERATIONS[sign](left, right))


def whole_value(tree: Tree) -> int | None:
    """The value, if it and the values of all parts are whole numbers; else None."""
    if isinstance(tree, int):
        return tree
    sign, left, right = tree[0], whole_value(tree[1]), whole_value(tree[2])
    if left is None or right is None:
        return None
    if sign == "/":
        return left // right if right and left % right == 0 else None
    return int(OPERATIONS[sign](left, right))


def written(tree: Tree) -> str:
    """An expression with as few parentheses as the value allows."""
    if not isinstance(tree, tuple):
        return str(tree)
    sign, left, right = tree
    left_text, right_text = written(left), written(right)
    if isinstance(left, tuple) and _RANK[left[0]] < _RANK[sign]:
        left_text = f"({left_text})"
    if isinstance(right, tuple) and _RANK[right[0]] < _RANK[sign] + (sign in "-/"):
        right_text = f"({right_text})"
    return left_text + sign + right_text


def turned(tree: Tree, draws: Draws) -> Tree:
    """The same value: operands of + and * change places at random."""
    if isinstance(tree, int):
        return tree
    sign, left, right = tree[0], turned(tree[1], draws), turned(tree[2], draws)
    return (sign, right, left) if sign in "+*" and draws.below(2) else (sign, left, right)


def random_tree(numbers: list[int], operators: str, draws: Draws) -> Tree:
    """Some numbers in their order, joined by random operators in a random shape."""
    if len(numbers) == 1:
        return numbers[0]
    cut = draws.between(1, len(numbers) - 1)
    left, right = (random_tree(part, operators, draws) for part in (numbers[:cut], numbers[cut:]))
    return draws.choice(operators), left, right


def _tokens(text: str, variable: str) -> list[str]:
    if len(text) > MAX_LENGTH:
        raise Malformed(f"longer than {MAX_LENGTH} characters")
    text, tokens, place = text.rstrip(" "), [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match or (match[1].isalpha() and match[1] != variable):
            raise Malformed(f"unexpected {text[place]!r}")
        tokens.append(match[1])
        place = match.end()
    return tokens


def _chain(tokens: list[str], place: int, rank: int, depth: int) -> tuple[Tree, int]:
    """Terms (rank 1) or factors (rank 2) that are joined from left to right: tree and where it ends."""
    if rank == 3:
        return _unit(tokens, place, depth)
    tree, place = _chain(tokens, place, rank + 1, depth)
    while place < len(tokens) and _RANK.get(tokens[place]) == rank:
        right, end = _chain(tokens, place + 1, rank + 1, depth)
        tree, place = (tokens[place], tree, right), end
    return tree, place


def _unit(tokens: list[str], place: int, depth: int) -> tuple[Tree, int]:
    token = tokens[place] if place < len(tokens) else "end"
    if token.isdigit():
        return int(token), place + 1
    if len(token) == 1 and token.isalpha():
        return token, place + 1
    if token != "(":
        raise Malformed(f"unexpected {token!r}")
    if depth == MAX_DEPTH:
        raise Malformed(f"nested deeper than {MAX_DEPTH}")
    tree, place = _chain(tokens, place + 1, 1, depth + 1)
    if place == len(tokens) or tokens[place] != ")":
        raise Malformed("a parenthesis is not closed")
    return tree, place + 1

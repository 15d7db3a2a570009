"""Sets of real numbers: intervals, unions, finite sets and inequalities in one variable, brought to one form."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from rlenvs.verifiers import numeric, precision
from rlenvs.verifiers.exact import CostlyError, UndefinedError
from rlenvs.verifiers.tree import Tree, constant, free_symbols, negate

INFINITY = constant("infinity")
MINUS_INFINITY = negate(INFINITY)
SAME_END = Fraction(1, 10**60)
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!=", "=": "="}
ORDERS = frozenset({"<", ">", "<=", ">=", "!="})


class End(NamedTuple):
    """An end of a piece: its tree, its place on the line (None: infinitely far) and whether it belongs to the piece."""

    tree: Tree
    place: Fraction | None
    closed: bool


class Piece(NamedTuple):
    """A connected set: an interval, or a point if both ends are one."""

    low: End
    high: End


WHOLE_LINE = (Piece(End(MINUS_INFINITY, None, False), End(INFINITY, None, False)),)


class NoSetError(ValueError):
    """The tree is no set of real numbers that can be brought to one form."""


def pieces(tree: Tree) -> tuple[Piece, ...]:
    """The disjoint pieces of a set from left to right; raises `NoSetError` if the tree is none."""
    head, args = tree
    if head == "interval":
        return _interval(*args)
    if head == "tuple" and len(args) == 2:
        return _interval(*args, False, False)
    if head in ("set", "list"):
        either = _merged(piece for item in args for piece in _member(item))
        return _intersection(*map(pieces, args)) if _hold_together(tree, either) else either
    if head == "union":
        return _merged(piece for part in args for piece in pieces(part))
    if head == "intersection":
        return _intersection(*map(pieces, args))
    if head == "difference":
        return _intersection(pieces(args[0]), _complement(pieces(args[1])))
    if head == "domain" and args == ("R",):
        return WHOLE_LINE
    if head == "builder":
        return pieces(args[1])
    if head == "relation":
        return _relation(*args)
    raise NoSetError(f"{head} is no set")


def is_inequality(tree: Tree) -> bool:
    """Whether a relation orders or excludes."""
    return tree.head == "relation" and not ORDERS.isdisjoint(tree.args[1])


def _hold_together(tree: Tree, either: tuple[Piece, ...]) -> bool:
    """Whether listed inequalities hold all at once: where any number would do, "or" is not what is meant."""
    if tree.head != "list" or not all(map(is_inequality, tree.args)):
        return False
    return either == WHOLE_LINE or any("!=" in item.args[1] for item in tree.args)


def _member(item: Tree) -> tuple[Piece, ...]:
    if item.head in ("relation", "interval"):
        return pieces(item)
    end = _end(item, True)
    if end.place is None:
        raise NoSetError("infinity is no member")
    return (Piece(end, end),)


def _relation(operands: tuple[Tree, ...], operators: tuple[str, ...]) -> tuple[Piece, ...]:
    """What the variable may be: ``x < 3``, ``2 < x <= 5``, ``x != 0``, ``x = 1``, ``x in S``."""
    if operators == ("in",):
        return pieces(operands[1])
    if len(operands) == 2 and operands[0].head == "abs":
        return _absolute(operands[0].args[0], operators[0], operands[1])
    variables = [operand for operand in operands if operand.head == "symbol"]
    if len(variables) != 1 or len(operands) > 3 or not set(operators) <= MIRRORED.keys():
        raise NoSetError("no single variable stands between numbers")
    place = operands.index(variables[0])
    result: tuple[Piece, ...] = WHOLE_LINE
    if place > 0:
        result = _intersection(result, _beyond(operands[place - 1], MIRRORED[operators[place - 1]]))
    if place < len(operators):
        result = _intersection(result, _beyond(operands[place + 1], operators[place]))
    if len(operands) == 3 and place != 1:
        raise NoSetError("the variable stands at the end of a chain")
    return result


def _absolute(inside: Tree, operator: str, bound: Tree) -> tuple[Piece, ...]:
    """What ``|x| < 2`` says about x."""
    if inside.head != "symbol" or operator not in ORDERS:
        raise NoSetError("an absolute value of more than a variable")
    if operator.startswith("<"):
        return _interval(negate(bound), bound, operator == "<=", operator == "<=")
    if operator == "!=":
        return _complement(_merged((*_member(bound), *_member(negate(bound)))))
    return _complement(_interval(negate(bound), bound, operator == ">", operator == ">"))


def _beyond(bound: Tree, operator: str) -> tuple[Piece, ...]:
    """The numbers on one side of a bound."""
    if operator == "=":
        return _member(bound)
    if operator == "!=":
        return _complement(_member(bound))
    closed = operator in ("<=", ">=")
    if operator.startswith("<"):
        return _interval(MINUS_INFINITY, bound, False, closed)
    return _interval(bound, INFINITY, closed, False)


def _interval(low: Tree, high: Tree, low_closed: bool, high_closed: bool) -> tuple[Piece, ...]:
    left, right = _end(low, low_closed), _end(high, high_closed)
    if left.tree == INFINITY or right.tree == MINUS_INFINITY:
        raise NoSetError("an interval from infinity")
    if left.place is None or right.place is None or left.place < right.place:
        return (Piece(left, right),)
    if left.place == right.place:
        return (Piece(left, right),) if low_closed and high_closed else ()
    raise NoSetError("an interval whose ends are in the wrong order")


def _end(tree: Tree, closed: bool) -> End:
    if tree in (INFINITY, MINUS_INFINITY):
        return End(tree, None, False)
    if free_symbols(tree):
        raise NoSetError("an end is a variable")
    try:
        place = numeric.value(tree, {})
    except (CostlyError, UndefinedError, precision.LostError) as error:
        raise NoSetError(str(error)) from error
    if not precision.is_real(place):
        raise NoSetError("an end is not real")
    return End(tree, precision.as_fraction(place), closed)


def _merged(parts: Iterable[Piece]) -> tuple[Piece, ...]:
    """The union: pieces from left to right, those that touch or overlap joined."""
    result: list[Piece] = []
    for piece in sorted(parts, key=lambda piece: _order(piece.low, -1)):
        if result and _touch(result[-1].high, piece.low):
            low = result[-1].low
            if _coincide(low, piece.low) and piece.low.closed:
                low = piece.low
            result[-1] = Piece(low, max(result[-1].high, piece.high, key=lambda end: _order(end, 1)))
        else:
            result.append(piece)
    return tuple(result)


def _order(end: End, side: int) -> tuple[int, Fraction, int]:
    """Sorts ends; a closed low end comes before an open one, a closed high end after it."""
    if end.place is None:
        return (side, Fraction(0), 0)
    return (0, end.place, side if end.closed else 0)


def _coincide(left: End, right: End) -> bool:
    if left.place is None or right.place is None:
        return left.tree == right.tree
    return abs(left.place - right.place) < SAME_END


def _touch(high: End, low: End) -> bool:
    """Whether nothing lies between the end of a piece and the begin of one further right."""
    if _coincide(high, low):
        return high.closed or low.closed or high.place is None
    return high.place is None or low.place is None or low.place < high.place


def _complement(parts: tuple[Piece, ...]) -> tuple[Piece, ...]:
    gaps: list[Piece] = []
    low = WHOLE_LINE[0].low
    for piece in parts:
        if piece.low.place is not None:
            gaps.append(Piece(low, piece.low._replace(closed=not piece.low.closed)))
        if piece.high.place is None:
            return tuple(gaps)
        low = piece.high._replace(closed=not piece.high.closed)
    return (*gaps, Piece(low, WHOLE_LINE[0].high))


def _intersection(*sets: tuple[Piece, ...]) -> tuple[Piece, ...]:
    result = sets[0]
    for other in sets[1:]:
        result = tuple(both for one in result for two in other if (both := _overlap(one, two)) is not None)
    return result


def _overlap(one: Piece, two: Piece) -> Piece | None:
    low = max(one.low, two.low, key=lambda end: _order(end, -1))
    high = min(one.high, two.high, key=lambda end: _order(end, 1))
    if low.place is not None and high.place is not None:
        if low.place > high.place or (low.place == high.place and not (low.closed and high.closed)):
            return None
    return Piece(low, high)

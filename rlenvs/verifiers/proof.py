"""Which questions are put to a worker, and which are refused because their proof would be hopeless or too dear."""

from __future__ import annotations

from rlenvs.verifiers import pool
from rlenvs.verifiers.exact import MAX_TERMS, CostlyError, UndefinedError, rational
from rlenvs.verifiers.outcome import Outcome, undecided
from rlenvs.verifiers.tree import BINDERS, Tree, free_symbols, heads, nodes

PROVABLE = BINDERS | {"determinant"}
MAX_BINDERS = 2
_POLYNOMIAL = frozenset({"number", "decimal", "symbol", "add", "multiply", "negate"})


def prove(gold: Tree, prediction: Tree) -> Outcome:
    """Asks a worker whether two expressions are equal, if one has a sum, product, integral, limit or determinant."""
    if heads(gold).isdisjoint(PROVABLE) and heads(prediction).isdisjoint(PROVABLE):
        return undecided("probing", "the answer has no value to compare")
    if _is_hopeless(gold) or _is_hopeless(prediction):
        return undecided("cost", "the answer is too costly to compute")
    return pool.ask(gold, prediction)


def _is_hopeless(tree: Tree) -> bool:
    """Whether a tree has many binders, a costly number, or a long sum that has no closed form."""
    binders = [node for node in nodes(tree) if node.head in BINDERS]
    return len(binders) > MAX_BINDERS or any(map(_is_long, binders)) or _has_costly_number(tree)


def _is_long(binder: Tree) -> bool:
    if binder.head not in ("sum", "product"):
        return False
    body, _, lower, upper = binder.args
    if free_symbols(lower) or free_symbols(upper):
        return False
    try:
        first, last = rational(lower), rational(upper)
    except (CostlyError, UndefinedError):
        return True
    if first is None or last is None or last - first < MAX_TERMS:
        return False
    return binder.head == "product" or not _is_polynomial(body)


def _is_polynomial(tree: Tree) -> bool:
    return all(
        node.head in _POLYNOMIAL
        or (node.head == "power" and node.args[1].head == "number" and node.args[1].args[0] < 9)
        for node in nodes(tree)
    )


def _has_costly_number(tree: Tree) -> bool:
    for node in nodes(tree):
        try:
            rational(node)
        except CostlyError:
            return True
        except UndefinedError:
            continue
    return False

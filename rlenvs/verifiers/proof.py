"""Which questions are put to a worker, and which are refused because their proof would be hopeless or too dear."""

from __future__ import annotations

from rlenvs.verifiers import pool
from rlenvs.verifiers.exact import MAX_TERMS, CostlyError, UndefinedError, rational
from rlenvs.verifiers.outcome import Outcome, undecided
from rlenvs.verifiers.tree import BINDERS, Tree, constant, free_symbols, heads, nodes

PROVABLE = BINDERS | {"determinant"}
MAX_BINDERS = 2
_FACTORIALS = frozenset({"factorial", "factorial2", "binomial"})
_POLYNOMIAL = frozenset({"number", "decimal", "symbol", "add", "multiply", "negate"})


def prove(gold: Tree, prediction: Tree) -> Outcome:
    """Asks a worker whether two expressions are equal, if one has a sum, product, integral, limit or determinant."""
    if heads(gold).isdisjoint(PROVABLE) and heads(prediction).isdisjoint(PROVABLE):
        return undecided("probing", "the answer has no value to compare")
    if _is_hopeless(gold) or _is_hopeless(prediction):
        return undecided("cost", "the answer is too costly to compute")
    return pool.ask(gold, prediction)


def _is_hopeless(tree: Tree) -> bool:
    """Whether a tree has many binders, a costly number, or one that sympy hardly ever does within its limits."""
    binders = [node for node in nodes(tree) if node.head in BINDERS]
    if len(binders) > MAX_BINDERS or _has_costly_number(tree):
        return True
    return any(_is_long(binder) or _was_computed(binder) or _has_fast_limit(binder) for binder in binders)


def _was_computed(binder: Tree) -> bool:
    """Whether an integral is a number that quadrature has tried: it is not smooth, and proofs of such are dear."""
    if binder.head != "integral" or free_symbols(binder) or not BINDERS.isdisjoint(heads(binder.args[0])):
        return False
    return constant("infinity") not in (node for end in binder.args[2:] for node in nodes(end))


def _has_fast_limit(binder: Tree) -> bool:
    """A limit with factorials."""
    return binder.head == "limit" and not _FACTORIALS.isdisjoint(heads(binder.args[0]))


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

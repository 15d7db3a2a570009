"""Two expressions compared at fixed points: exactly where their values are rational, else to 80 digits.

The points depend on a constant and on the two expressions, so a verdict is the same everywhere. Expressions that agree
at every point are taken as equal: for polynomials the chance of an error is below 1e-9 (Schwartz and Zippel), for
others there is no such bound.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from rlenvs.verifiers import numeric, precision, tolerance
from rlenvs.verifiers.exact import CostlyError, UndefinedError, rational
from rlenvs.verifiers.outcome import Outcome, different, same, undecided
from rlenvs.verifiers.precision import LostError
from rlenvs.verifiers.tree import Tree, children, free_symbols, heads, nodes

RELEASE = b"rlenvs math verifier 1"
POINTS = 10
FAR_POINTS = 2
"""The last points: beyond the numbers in the expressions, where an absolute value or a maximum turns."""

MAX_FAR = 10_000
ENOUGH = 4
"""Points at which both sides must be defined and agree."""

EQUAL_BITS = -150
"""Relative differences below this (45 digits) are rounding."""

DIFFERENT_BITS = -132
"""Those above this (40 digits) are none."""

UNKNOWN = (CostlyError, UndefinedError, LostError)


def probe(gold: Tree, prediction: Tree) -> Outcome:
    """Compares two expressions; with no variables at their one value, else at `ENOUGH` of `POINTS` points or more."""
    outcome = _probe(gold, prediction, 0)
    if outcome.equal is False and any("log" in heads(tree) for tree in (gold, prediction)):
        return _probe(gold, prediction, 10) or outcome
    return outcome


def values(gold: Tree, prediction: Tree, log_base: int = 0) -> Iterator[tuple[Any, Any, bool]]:
    """The values of both sides at every point where both have one, and whether nothing in them was complex.

    One that is too costly ends the search: the next points would cost as much.
    """
    for point in _points(gold, prediction):
        try:
            left, left_real = numeric.traced_value(gold, point, log_base)
            right, right_real = numeric.traced_value(prediction, point, log_base)
        except CostlyError:
            return
        except (UndefinedError, LostError):
            continue
        yield left, right, left_real and right_real


def _probe(gold: Tree, prediction: Tree, log_base: int) -> Outcome:
    if not free_symbols(gold) and not free_symbols(prediction):
        return _compare_constants(gold, prediction, log_base)
    tolerant = _is_rounded(gold, prediction)
    real: list[bool | None] = []
    complex_: list[bool | None] = []
    for left, right, both_real in values(gold, prediction, log_base):
        (real if both_real else complex_).append(_agree(left, right, tolerant))
        if both_real and real[-1] is False:
            return different("probing", "the expressions have different values")
    agreed = real if len(real) >= ENOUGH else real + complex_
    if False in agreed:
        return different("probing", "the expressions have different values")
    if None in agreed or len(agreed) < ENOUGH:
        return undecided("probing", "the expressions have no values to compare")
    return same("probing")


def _compare_constants(gold: Tree, prediction: Tree, log_base: int) -> Outcome:
    try:
        left, right = numeric.value(gold, {}, log_base), numeric.value(prediction, {}, log_base)
    except CostlyError as error:
        return undecided("cost", str(error))
    except (UndefinedError, LostError) as error:
        return undecided("probing", str(error))
    agreed = _agree(left, right, False)
    if agreed:
        return (
            same("probing") if not _is_costly(gold) and not _is_costly(prediction) else undecided("cost", "too large")
        )
    if tolerance.agree(left, right, tolerance.printed_unit(gold), tolerance.printed_unit(prediction)):
        return same("probing")
    if agreed is None:
        return undecided("probing", "the values are too close to tell")
    return different("probing", "the values differ")


def _agree(left: Any, right: Any, tolerant: bool) -> bool | None:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        if left == right:
            return True
        return tolerant and abs(left - right) <= tolerance.RELATIVE * abs(left)
    bits = precision.relative_difference(left, right)
    if bits < EQUAL_BITS or (tolerant and bits < -20):
        return True
    return False if bits > DIFFERENT_BITS else None


def _is_rounded(gold: Tree, prediction: Tree) -> bool:
    """Whether one side has a decimal that may be the rounding of a constant of the other."""
    return any(
        tolerance.has_rounded_coefficient(one) and tolerance.has_endless_coefficient(other)
        for one, other in ((gold, prediction), (prediction, gold))
    )


def _is_costly(tree: Tree) -> bool:
    """Whether a part of a tree is a number too large to be told from its neighbours by 80 digits."""
    try:
        return rational(tree) is None and any(map(_is_costly, children(tree)))
    except UNKNOWN:
        return True


def _points(gold: Tree, prediction: Tree) -> Iterator[dict[str, Fraction]]:
    names = sorted(free_symbols(gold) | free_symbols(prediction))
    whole = _whole_names(gold) | _whole_names(prediction)
    seed = hashlib.sha256(RELEASE + repr((gold, prediction)).encode()).digest()
    far = 3 * (1 + max(_largest_number(gold), _largest_number(prediction)))
    for index in range(POINTS):
        scale = far if index >= POINTS - FAR_POINTS else 1
        stream = hashlib.shake_256(seed + bytes([index])).digest(4 * len(names))
        words = [int.from_bytes(stream[4 * place : 4 * place + 4], "big") for place in range(len(names))]
        yield {
            name: Fraction(1 + word % 12) if name in whole else scale * _coordinate(word, index)
            for name, word in zip(names, words, strict=True)
        }


def _coordinate(word: int, index: int) -> Fraction:
    """A number between 0.4 and 1.7 with a prime denominator: positive, negative, or of a sign that is drawn."""
    size = Fraction(404 + word % 1313, 1009)
    negative = index % 4 == 1 or (index % 4 == 3 and word & (1 << 31))
    return -size if negative else size


def _largest_number(tree: Tree) -> int:
    """The integer part of the largest number in a tree, `MAX_FAR` at most."""
    sizes = (int(node.args[0]) for node in nodes(tree) if node.head in ("number", "decimal"))
    return min(max(sizes, default=0), MAX_FAR)


def _whole_names(tree: Tree) -> frozenset[str]:
    """Variables that only make sense as whole numbers: exponents of negative bases."""
    names = frozenset[str]()
    for node in nodes(tree):
        if node.head == "power" and node.args[0].head == "negate" and not free_symbols(node.args[0]):
            names |= free_symbols(node.args[1])
    return names

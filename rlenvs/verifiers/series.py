"""Infinite sums whose terms soon shrink geometrically, added up term by term.

What is left out is estimated by the last terms: a term that is large again much later goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MAX_TERMS = 300
SMALL_BITS = 170
SMALL_TERMS = 8
"""So many terms in a row must be small, each at most three quarters of the one before, to end the sum."""


def series(context: Any, term: Callable[[int], Any], first: int) -> Any | None:
    """The sum of all terms from index `first` on; None if they do not shrink fast enough.

    Args:
        context: The arithmetic.
        term: The term of an index, a number of the arithmetic.
        first: The first index.
    """
    total, previous, small, largest = context.zero, context.zero, 0, None
    for index in range(first, first + MAX_TERMS):
        value = term(index)
        total += value
        if value:
            largest = max(largest or context.mag(value), context.mag(value))
        shrinks = 4 * abs(value) <= 3 * abs(previous) or not value
        is_small = largest is not None and (not value or context.mag(value) < largest - SMALL_BITS)
        small = small + 1 if shrinks and is_small else 0
        if small == SMALL_TERMS:
            return total
        previous = value or previous
    return None

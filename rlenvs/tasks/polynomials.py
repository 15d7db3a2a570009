"""Polynomials in x with whole coefficients: written, read, multiplied. Coefficients stand by power, the constant first.

What is written: ``x^2-5x+6``, highest power first, no 0, no factor 1. What is read: the same, terms in any order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_LENGTH = 120
MAX_POWER = 20
_TERM = re.compile(r"([+-]?)([0-9]{0,9})(?:(x)(?:\^([0-9]{1,2}))?)?")


def written(coefficients: Sequence[int]) -> str:
    """A polynomial as text; ``0`` for none."""
    terms = [_term(coefficient, power) for power, coefficient in enumerate(coefficients) if coefficient]
    return "".join(reversed(terms)).removeprefix("+") or "0"


def read(text: str) -> list[int] | None:
    """The coefficients of a polynomial, without trailing zeros; None where the text is none or names a power twice."""
    if not 0 < len(text) <= MAX_LENGTH:
        return None
    found: dict[int, int] = {}
    place = 0
    while place < len(text):
        match = _TERM.match(text, place)
        if match is None or not (match[2] or match[3]) or (place and not match[1]):
            return None
        power = int(match[4] or 1) if match[3] else 0
        if power in found or power > MAX_POWER:
            return None
        found[power] = int(f"{match[1]}{match[2] or 1}")
        place = match.end()
    return trimmed([found.get(power, 0) for power in range(max(found) + 1)])


def product(left: Sequence[int], right: Sequence[int]) -> list[int]:
    """The product of two polynomials."""
    result = [0] * (len(left) + len(right) - 1)
    for power, coefficient in enumerate(left):
        for other_power, other in enumerate(right):
            result[power + other_power] += coefficient * other
    return result


def from_roots(roots: Sequence[int]) -> list[int]:
    """The product of ``x - root`` over all roots."""
    result = [1]
    for root in roots:
        result = product(result, (-root, 1))
    return result


def derivative(coefficients: Sequence[int]) -> list[int]:
    """The derivative."""
    return [power * coefficient for power, coefficient in enumerate(coefficients)][1:] or [0]


def trimmed(coefficients: Sequence[int]) -> list[int]:
    """Without zeros before the highest power."""
    result = list(coefficients)
    while result and not result[-1]:
        result.pop()
    return result


def _term(coefficient: int, power: int) -> str:
    number = f"{coefficient:+d}"
    if power == 0:
        return number
    factor = number[0] if abs(coefficient) == 1 else number
    return f"{factor}x" if power == 1 else f"{factor}x^{power}"

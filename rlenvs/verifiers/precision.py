"""Numbers of 80 digits: one shared arithmetic, and what can be said about two of them."""

from __future__ import annotations

import os
import threading
from fractions import Fraction
from typing import Any

import mpmath

DIGITS = 80
ZERO_BITS = 200
"""A sum or a part of a complex number that is this much smaller than the rest is zero (60 digits)."""

LOST_BITS = 100
"""Terms that cancel by this much, or are this much smaller than others, leave too few digits (30 digits)."""

_SHARED: dict[int, tuple[Any, threading.RLock]] = {}
"""By process, so that a fork never inherits a lock that is held."""


class LostError(ValueError):
    """Too few digits are left to say anything."""


def arithmetic() -> tuple[Any, threading.RLock]:
    """The arithmetic of this process and its lock: mpmath keeps its precision and its constants in shared places."""
    process = os.getpid()
    if process not in _SHARED:
        context = mpmath.MPContext()
        context.dps = DIGITS
        _SHARED.setdefault(process, (context, threading.RLock()))
    return _SHARED[process]


def relative_difference(left: Any, right: Any) -> int:
    """Upper bound of log2 of ``|left - right| / max(|left|, |right|)``; -10^9 if both are equal."""
    context, lock = arithmetic()
    with lock:
        left, right = to_number(context, left), to_number(context, right)
        difference = left - right
        if not difference:
            return -(10**9)
        return int(context.mag(difference) - max(context.mag(left), context.mag(right)))


def quotient(above: Any, below: Any) -> Any:
    """One value divided by another, not zero."""
    context, lock = arithmetic()
    with lock:
        return to_number(context, above) / to_number(context, below)


def is_real(number: Any) -> bool:
    """Whether a value has no imaginary part (as far as its digits say)."""
    return isinstance(number, Fraction) or not hasattr(number, "_mpc_") or not number.imag


def as_fraction(number: Any) -> Fraction:
    """A real value as the fraction that its binary digits are."""
    if isinstance(number, Fraction):
        return number
    sign, mantissa, exponent, _ = number.real._mpf_
    scale = Fraction(2) ** int(exponent)
    return (-1 if sign else 1) * int(mantissa) * scale


def to_number(context: Any, value: Any) -> Any:
    """A Fraction or int as a number of the arithmetic; others as they are."""
    if isinstance(value, Fraction):
        return context.mpf(value.numerator) / value.denominator
    return context.mpf(value) if isinstance(value, int) else value


def chopped(context: Any, number: Any) -> Any:
    """A complex number without the part that is only rounding."""
    if not hasattr(number, "_mpc_"):
        return number
    real, imaginary = number.real, number.imag
    if not imaginary or (real and context.mag(imaginary) < context.mag(real) - ZERO_BITS):
        return real
    if real and context.mag(real) < context.mag(imaginary) - ZERO_BITS:
        return context.mpc(0, imaginary)
    return number

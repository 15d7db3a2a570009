"""Checks of arguments, each with a one-line error that names the argument, its value and the remedy."""

from __future__ import annotations

import math
import numbers

LARGEST_STEP_LIMIT = 1_000_000
SMALLEST_SLIP = 1e-12
"""Below this an outcome's bound would round to 1 in float64 and the slip could never happen."""


def positive_integer(value: object, name: str) -> int:
    """Return `value` as an int of at least 1."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer of at least 1, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
    return int(value)


def step_limit(value: object, name: str = "step_limit") -> int:
    """Return `value` as a number of steps that exact scores can still walk through."""
    steps = positive_integer(value, name)
    if steps > LARGEST_STEP_LIMIT:
        raise ValueError(f"{name} must be at most {LARGEST_STEP_LIMIT}, got {steps}")
    return steps


def finite_number(value: object, name: str) -> float:
    """Return `value` as a finite float."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)


def slip_probability(value: object, name: str = "slip") -> float:
    """Return `value` as a probability that outcomes can be drawn with."""
    number = finite_number(value, name)
    if number != 0 and not SMALLEST_SLIP <= number <= 1:
        raise ValueError(f"{name} must be 0 or lie between {SMALLEST_SLIP} and 1, got {value}")
    return number


def one_of(value: object, choices: tuple[str, ...], name: str) -> str:
    """Return `value` if it is one of `choices`."""
    if isinstance(value, str) and value in choices:
        return value
    raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")

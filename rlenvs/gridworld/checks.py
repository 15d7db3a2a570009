"""Checks of a world's arguments, each with a one-line error that names the argument, its value and the remedy."""

from __future__ import annotations

from rlenvs.foundation.checks import finite_number, positive_integer

LARGEST_STEP_LIMIT = 1_000_000
SMALLEST_SLIP = 1e-12
"""Below this an outcome's bound would round to 1 in float64 and the slip could never happen."""


def step_limit(value: object, name: str = "step_limit") -> int:
    """Return `value` as a number of steps that exact scores can still walk through."""
    steps = positive_integer(value, name)
    if steps > LARGEST_STEP_LIMIT:
        raise ValueError(f"{name} must be at most {LARGEST_STEP_LIMIT}, got {steps}")
    return steps


def slip_probability(value: object, name: str = "slip") -> float:
    """Return `value` as a probability that outcomes can be drawn with."""
    number = finite_number(value, name)
    if number != 0 and not SMALLEST_SLIP <= number <= 1:
        raise ValueError(f"{name} must be 0 or lie between {SMALLEST_SLIP} and 1, got {value}")
    return number

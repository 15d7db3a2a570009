"""Checks of arguments, each with a one-line error that names the argument, its value and the remedy."""

from __future__ import annotations

import math
import numbers

import numpy as np

EPISODE_IS_OVER = "step was called after the end of the episode or before the first reset: call reset"


def positive_integer(value: object, name: str) -> int:
    """Return `value` as an int of at least 1."""
    return integer_from(1, value, name)


def integer_from(smallest: int, value: object, name: str) -> int:
    """Return `value` as an int of at least `smallest`."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer of at least {smallest}, got {value!r}")
    if value < smallest:
        raise ValueError(f"{name} must be at least {smallest}, got {value}")
    return int(value)


def finite_number(value: object, name: str) -> float:
    """Return `value` as a finite float."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)


def boolean(value: object, name: str) -> bool:
    """Return `value` if it is True or False."""
    if isinstance(value, bool):
        return value
    raise TypeError(f"{name} must be True or False, got {value!r}")


def one_of(value: object, choices: tuple[str, ...], name: str) -> str:
    """Return `value` if it is one of `choices`."""
    if isinstance(value, str) and value in choices:
        return value
    raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")


def discrete_action(action: object, count: int) -> int:
    """An action of `Discrete(count)`, given as any kind of integer."""
    if isinstance(action, np.ndarray) and action.ndim == 0:
        action = action[()]
    if not isinstance(action, (int, np.integer)) or isinstance(action, bool):
        raise TypeError(f"action must be an integer from 0 to {count - 1}, got {action!r}")
    if not 0 <= action < count:
        raise ValueError(f"action must be an integer from 0 to {count - 1}, got {action}")
    return int(action)

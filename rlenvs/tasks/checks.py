"""Checks of a family's configuration, with one-line errors."""

from __future__ import annotations

from rlenvs.foundation.checks import integer_from


def integer_within(low: int, high: int, value: object, name: str) -> int:
    """Return `value` as an int from `low` to `high`."""
    number = integer_from(low, value, name)
    if number > high:
        raise ValueError(f"{name} must be at most {high}, got {number}")
    return number


def distinct_letters(value: object, name: str, least: int = 2) -> str:
    """Return `value` if it is a string of different lower-case ASCII letters."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string of letters, got {value!r}")
    is_plain = value.isascii() and value.isalpha() and value.islower()
    if not is_plain or len(set(value)) != len(value) or len(value) < least:
        raise ValueError(f"{name} must be at least {least} different letters from a to z, got {value!r}")
    return value


def operators_of(value: object, allowed: str, name: str = "operators") -> str:
    """Return `value` if it is a string of different allowed operators."""
    if not isinstance(value, str) or not value or len(set(value)) != len(value) or not set(value) <= set(allowed):
        raise ValueError(f"{name} must be different characters of {allowed!r}, got {value!r}")
    return value


def response_text(response: object) -> str:
    """Return `response` if it is a string."""
    if not isinstance(response, str):
        raise TypeError(f"response is {type(response).__name__}: it must be a str")
    return response

"""Are two encoded values equal? Decided here, in the host, on plain data; nothing of the program's is called.

Values are compared by a canonical text, never by hashes of what a program chose (whole numbers can be chosen to
collide), so the time taken is that of sorting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rlenvs.sandbox.encoding import MAX_DEPTH

UNREADABLE = (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Rule:
    """When values are equal.

    Whole numbers equal reals of the same value, NaN equals nothing, sets and dictionaries have no order, and a list
    equals a tuple unless the expected value holds tuples (it did not come from JSON then).

    Attributes:
        tolerance: How far numbers may lie apart, absolute up to 1 and relative beyond.
        unordered: Whether the order of an outermost list does not matter; a set will do for it then.
        python: As ``==`` has it: True equals 1, and a list never equals a tuple.
    """

    tolerance: float = 0.0
    unordered: bool = False
    python: bool = False


def equal(expected: Any, answer: Any, rule: Rule) -> bool:
    """Whether an encoded answer, which may be any JSON, equals an encoded expected value."""
    strict = rule.python or _holds_tuples(expected)
    unordered = rule.unordered and is_collection(expected)
    try:
        if rule.tolerance:
            closeness = _Closeness(rule, strict)
            if unordered:
                return closeness.close_bags(items_of(expected), items_of(answer))
            return closeness.close(expected, answer)
        texts = [_Canonical(rule.python, strict) for _ in range(2)]
        if unordered:
            return texts[0].bag(expected) == texts[1].bag(answer)
        return texts[0].text(expected) == texts[1].text(answer)
    except UNREADABLE:
        return False


def is_true(answer: Any) -> bool:
    """Whether an encoded answer counts as true."""
    try:
        if type(answer) is dict:
            ((tag, content),) = answer.items()
            return (
                bool(content)
                if tag in ("tuple", "set", "frozenset", "dict", "bytes")
                else tag != "complex" or any(content)
            )
    except UNREADABLE:
        return False
    return bool(answer)


class _Canonical:
    """Writes values so that equal ones have equal texts."""

    def __init__(self, python: bool, strict: bool) -> None:
        self.python, self.strict = python, strict

    def text(self, wire: Any, depth: int = 0) -> str:
        if type(wire) is bool and not self.python:
            return "TF"[not wire]
        if (number := number_in(wire)) is not None:
            return _number_text(number)
        if wire is None or type(wire) is str:
            return "N" if wire is None else f"'{len(wire)}:{wire}"
        if depth > MAX_DEPTH:  # every level copies the text of those inside
            raise ValueError(f"deeper than {MAX_DEPTH}")
        tag, content = tagged(wire)
        if tag == "bytes":
            return f"b{bytes.fromhex(content).hex()}"
        if tag == "dict":
            pairs = [[self.text(item, depth + 1) for item in pair] for pair in content]
            return f"<{','.join(sorted(f'{key}={item}' for key, item in pairs))}>"
        items = [self.text(item, depth + 1) for item in content]
        if tag == "tuple" and not self.strict:
            tag = "list"
        return f"{tag}({','.join(sorted(set(items)) if tag == 'set' else items)})"

    def bag(self, wire: Any) -> list[str]:
        """The texts of a collection's items in an order of their own."""
        return sorted(map(self.text, items_of(wire)))


class _Closeness:
    """Compares with a tolerance, item by item."""

    def __init__(self, rule: Rule, strict: bool) -> None:
        self.tolerance = rule.tolerance
        self.strict, self.python = strict, rule.python
        self.canonical = _Canonical(rule.python, strict)

    def close(self, expected: Any, answer: Any) -> bool:
        if bool in (type(expected), type(answer)) and not self.python:
            return expected is answer
        one, other = number_in(expected), number_in(answer)
        if one is not None or other is not None:
            return one is not None and other is not None and close_numbers(one, other, self.tolerance)
        if not isinstance(expected, list | dict) or not isinstance(answer, list | dict):
            return bool(expected == answer)
        (tag, content), (other_tag, other_content) = tagged(expected), tagged(answer)
        if tag != other_tag and (self.strict or {tag, other_tag} != {"list", "tuple"}):
            return False
        if tag in ("list", "tuple", "complex"):
            return len(content) == len(other_content) and all(map(self.close, content, other_content))
        if tag == "set":
            return self.close_bags(content, other_content)
        return self._close_pairs(content, other_content) if tag == "dict" else content == other_content

    def close_bags(self, expected: list[Any], answer: list[Any]) -> bool:
        """Every expected item takes the first answer that is close; costs the square of what is expected."""
        left = list(answer)
        if len(left) != len(expected):
            return False
        for item in expected:
            place = next((place for place, other in enumerate(left) if self.close(item, other)), None)
            if place is None:
                return False
            del left[place]
        return True

    def _close_pairs(self, expected: list[Any], answer: list[Any]) -> bool:
        found = {self.canonical.text(key): item for key, item in answer}
        return len(found) == len(expected) and all(
            (text := self.canonical.text(key)) in found and self.close(item, found[text]) for key, item in expected
        )


def tagged(wire: Any) -> tuple[str, Any]:
    """The tag and the content of an encoded collection, number or string of bytes; frozen sets are sets."""
    if type(wire) is list:
        return "list", wire
    ((tag, content),) = wire.items()
    if tag != "bytes" and type(content) is not list:
        raise ValueError(f"tag {tag!r}")
    return "set" if tag == "frozenset" else tag, content


def is_collection(wire: Any) -> bool:
    """Whether it is a list, tuple or set."""
    return type(wire) is list or (type(wire) is dict and not wire.keys().isdisjoint(("tuple", "set", "frozenset")))


def items_of(wire: Any) -> list[Any]:
    """The items of a list, tuple or set."""
    if not is_collection(wire):
        raise ValueError("it has no items")
    return list(tagged(wire)[1])


def number_in(wire: Any) -> int | float | None:
    """The number that is encoded, None if it is something else; True is 1."""
    if type(wire) is int or type(wire) is float:
        return wire
    if type(wire) is bool:
        return int(wire)
    if type(wire) is dict and wire.keys() == {"int"}:
        return int(wire["int"], 16)
    if type(wire) is dict and wire.keys() == {"float"}:
        return float(wire["float"])
    return None


def _number_text(number: int | float) -> str:
    if isinstance(number, float):
        if math.isnan(number):
            raise ValueError("NaN equals nothing")
        if not number.is_integer():  # infinity is none either
            return repr(number)
    return f"#{int(number):x}"


def close_numbers(one: int | float, other: int | float, tolerance: float) -> bool:
    """Whether a number is close to the first; infinities only to themselves."""
    try:
        if math.isinf(one) or math.isinf(other):
            return one == other
        return abs(one - other) <= tolerance * max(1.0, abs(one))
    except OverflowError:
        return one == other


def _holds_tuples(wire: Any) -> bool:
    if type(wire) is list:
        return any(map(_holds_tuples, wire))
    return type(wire) is dict and (
        "tuple" in wire or any(type(content) is list and _holds_tuples(content) for content in wire.values())
    )

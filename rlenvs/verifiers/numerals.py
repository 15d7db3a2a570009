"""Numbers as they are printed: whole, decimal, scientific, repeating, and the names of bases."""

from __future__ import annotations

from fractions import Fraction

from rlenvs.verifiers.cursor import ParseError
from rlenvs.verifiers.tree import Tree, decimal, number

MAX_DIGITS = 1500
MAX_EXPONENT = 20_000
"""Of ten, in a number such as 1e5; more is refused before it is computed."""

_BASES = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()


def literal(text: str) -> Tree:
    """A ``number`` or ``decimal`` leaf; too many digits or too high a power raise `ParseError`."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 6 or abs(int(exponent or "0")) > MAX_EXPONENT:
        raise ParseError("a number has too many digits")
    if not exponent and "." not in mantissa:
        return number(int(mantissa))
    return decimal(mantissa, int(exponent or "0"))


def whole(digits: str) -> Tree:
    """The leaf of a whole number."""
    if len(digits) > MAX_DIGITS:
        raise ParseError("a number has too many digits")
    return number(int(digits))


def repeating(text: str) -> Tree:
    r"""The quotient that ``0.1\overline{6}`` stands for."""
    if len(text) > MAX_DIGITS:
        raise ParseError("a number has too many digits")
    shown, _, command = text.partition("\\")
    period = "".join(character for character in command if "0" <= character <= "9")
    before, _, places = shown.partition(".")
    value = Fraction(int((before + places) or "0"), 10 ** len(places))
    value += Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(places))
    return Tree("divide", (number(value.numerator), number(value.denominator)))


def named_base(text: str) -> int | None:
    """The base that ``two``, ``base 2`` or ``2`` names."""
    name = text.lower().removeprefix("base").strip()
    if name in _BASES:
        return _BASES.index(name) + 2
    return int(name) if name in map(str, range(2, 37)) else None

"""Numbers as they are printed: whole, decimal, scientific, repeating, and the names of bases."""

from __future__ import annotations

from fractions import Fraction

from rlenvs.verifiers.cursor import ParseError
from rlenvs.verifiers.tree import Tree, decimal, number
from rlenvs.verifiers.vocabulary import MULTIPLIERS

MAX_DIGITS = 1500
MAX_EXPONENT = 20_000
"""Of ten, in a number such as 1e5; more is refused before it is computed."""

_BASES = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_ONES += " seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: value for value, word in enumerate(_ONES.split())}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
_PARTS = "half third quarter fifth sixth seventh eighth ninth tenth"
_DENOMINATORS = {word: value for value, word in enumerate(_PARTS.split(), start=2)}
_DENOMINATORS |= {f"{word}s": value for word, value in _DENOMINATORS.items() if value > 2}
_DENOMINATORS |= {"halves": 2, "fourth": 4, "fourths": 4}
MAX_NUMBER_WORDS = 12


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
    r"""The quotient that ``0.1\overline{6}`` or ``0.166\ldots`` stands for; a decimal if no digits repeat."""
    if len(text) > MAX_DIGITS:
        raise ParseError("a number has too many digits")
    shown, _, command = text.partition("\\")
    before, _, places = shown.strip().partition(".")
    period = "".join(character for character in command if "0" <= character <= "9") or _repeated(places)
    if not period:
        return decimal(f"{before}.{places}")
    value = Fraction(int((before + places) or "0"), 10 ** len(places))
    value += Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(places))
    return Tree("divide", (number(value.numerator), number(value.denominator)))


def _repeated(places: str) -> str:
    """The shortest run of digits that the places end with twice; empty if there is none."""
    for length in range(1, len(places) // 2 + 1):
        if places[-length:] == places[-2 * length : -length]:
            return places[-length:]
    return ""


def named_base(text: str) -> int | None:
    """The base that ``two``, ``base 2`` or ``2`` names."""
    name = text.lower().removeprefix("base").strip()
    if name in _BASES:
        return _BASES.index(name) + 2
    return int(name) if name in map(str, range(2, 37)) else None


def fraction_words(text: str) -> Tree | None:
    """The quotient that English words name, such as ``two thirds`` or ``one-half``; None of other texts."""
    above, _, part = text.lower().replace("-", " ").rpartition(" ")
    if part not in _DENOMINATORS or (numerator := number_words(above)) is None:
        return None
    return Tree("divide", (number(numerator), number(_DENOMINATORS[part])))


def number_words(text: str) -> int | None:
    """The number that English words name, such as ``twenty-five`` or ``two hundred and six``; None of other texts."""
    words = text.lower().replace("-", " ").replace(" and ", " ").split()
    if not 1 <= len(words) <= MAX_NUMBER_WORDS or words[0] not in _WORDS:
        return None
    total = part = 0
    for word in words:
        if word in _WORDS and (part % 100 == 0 or (part % 10 == 0 and 0 < _WORDS[word] < 10 and part % 100 != 10)):
            part += _WORDS[word]
        elif word == "hundred" and 0 < part < 100:
            part *= 100
        elif word in MULTIPLIERS and part:
            total, part = total + part * MULTIPLIERS[word], 0
        else:
            return None
    return total + part

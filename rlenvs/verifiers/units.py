"""Units of answers: which spellings are the same unit.

Nothing is converted: a problem that asks for centimetres is not answered in metres.
"""

from __future__ import annotations

import re

_SPELLINGS = {
    "meter": "meters metre metres",
    "centimeter": "cm cms centimeters centimetre centimetres",
    "millimeter": "mm millimeters millimetre millimetres",
    "kilometer": "km kms kilometers kilometre kilometres",
    "micrometer": "micrometers micron microns",
    "nanometer": "nm nanometers",
    "inch": "inches in",
    "foot": "ft feet",
    "yard": "yd yds yards",
    "mile": "mi miles",
    "gram": "grams gm",
    "kilogram": "kg kgs kilograms",
    "milligram": "mg milligrams",
    "pound": "lb lbs pounds",
    "ounce": "oz ounces",
    "ton": "tons tonne tonnes",
    "second": "sec secs seconds",
    "millisecond": "ms milliseconds",
    "minute": "min mins minutes",
    "hour": "hr hrs hours",
    "day": "days",
    "week": "weeks",
    "month": "months",
    "year": "yr yrs years",
    "liter": "liters litre litres",
    "milliliter": "ml mL milliliters",
    "gallon": "gal gallons",
    "quart": "quarts",
    "cup": "cups",
    "newton": "newtons",
    "joule": "joules",
    "kilojoule": "kJ kilojoules",
    "watt": "watts",
    "kilowatt": "kW kilowatts",
    "volt": "volts",
    "ampere": "amp amps amperes",
    "ohm": "ohms",
    "hertz": "Hz",
    "pascal": "Pa pascals",
    "kilopascal": "kPa",
    "kelvin": "kelvins",
    "mole": "mol moles",
    "degree": "degrees deg",
    "radian": "radians rad rads",
    "dollar": "dollars USD usd bucks",
    "cent": "cents",
    "euro": "euros EUR",
    "british pound": "GBP",
    "yuan": "RMB CNY",
    "rupee": "rupees Rs",
    "celsius": "Celsius centigrade",
    "fahrenheit": "Fahrenheit",
    "unit": "units",
    "am": "a.m a.m.",
    "pm": "p.m p.m.",
    "mile/hour": "mph",
    "kilometer/hour": "kph kmh",
    "part": "parts",
}
_NAMES = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in (name, *spellings.split())}
SYMBOLS = {
    **{"m": "meter", "g": "gram", "s": "second", "h": "hour", "L": "liter", "l": "liter", "N": "newton", "J": "joule"},
    **{"W": "watt", "V": "volt", "K": "kelvin", "C": "celsius", "F": "fahrenheit", "A": "ampere", "d": "day"},
}
"""One-letter units. Outside text they are variables first."""

WORDS = frozenset(_NAMES) - {"in", "part", "second", "unit", "am"} | {"AM", "PM"}
"""Runs of letters that are units wherever they follow a number."""

_POWER_WORDS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "squared": 2, "cubed": 3}
_PIECE = re.compile(r"[A-Za-z.]+|\^\{?-?[0-9]+\}?|[0-9]+|/|[€£$¥]|[^\s\w]")
_EXPONENT = re.compile(r"(?<=[A-Za-z])([2-4])(?![0-9A-Za-z])")
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "british pound", "¥": "yuan"}


def canonical(text: str) -> str:
    """One spelling for all spellings of a unit: ``square feet``, ``ft^2`` and ``sq ft`` become ``foot^2``."""
    factors: list[tuple[str, int]] = []
    sign = power = 1
    text = _EXPONENT.sub(r"^\1", text.replace("\\", " ").replace(" per ", " / "))
    for piece in _PIECE.findall(text):
        word = piece.lower().rstrip(".")
        if word in ("of", "the", "a"):
            continue
        if piece == "/":
            sign = -1
        elif factors and ((piece[0] == "^" and piece != "^") or (word in _POWER_WORDS and word.endswith("ed"))):
            name, exponent = factors.pop()
            factors.append((name, exponent * (_POWER_WORDS.get(word) or int(piece.strip("^{}")))))
        elif word in _POWER_WORDS:
            power = _POWER_WORDS[word]
        else:
            above, _, below = _name(piece).partition("/")
            factors += [(above, sign * power)] + ([(below, -sign)] if below else [])
            sign = power = 1
    return "/".join(filter(None, (_joined(factors, 1), _joined(factors, -1)))) if factors else ""


def _joined(factors: list[tuple[str, int]], sign: int) -> str:
    """The factors above or below the line."""
    powers = [(name, exponent * sign) for name, exponent in factors if exponent * sign > 0]
    return " ".join(name if exponent == 1 else f"{name}^{exponent}" for name, exponent in powers)


def _name(piece: str) -> str:
    if piece in _CURRENCIES:
        return _CURRENCIES[piece]
    known = _NAMES.get(piece) or SYMBOLS.get(piece) or _NAMES.get(piece.lower())
    if known:
        return known
    plain = piece.lower().rstrip(".")
    return _NAMES.get(plain) or (plain[:-1] if plain.endswith("s") and len(plain) > 3 else plain)

"""Text before it is parsed: characters folded to ASCII and LaTeX, wrappers taken off, and a key for equal spellings.

Nothing here may make different answers equal. Hence look-alike letters of other alphabets and other scripts' digits
stay what they are, superscripts become exponents instead of digits, and a space between two digits is kept.
"""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 2000
"""Longer answers are compared as text only."""

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma sigma tau "
    "upsilon phi chi psi omega"
).split()
_CAPITALS = dict(zip("ΓΔΘΛΞΠΣΦΨΩ", "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(), strict=True))
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+-ni", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ₙ", "0123456789n", strict=True))
_VULGAR = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5)}
_VULGAR |= {"⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8)}
_SIGNS = {
    **dict.fromkeys("−–—‐‑﹣－", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\u2061\u2062", ""),
    **dict.fromkeys("·⋅∙•", r"\cdot "),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’′", "'"),
    **dict.fromkeys("≤⩽≦", r"\le "),
    **dict.fromkeys("≥⩾≧", r"\ge "),
    **dict.fromkeys("∅⌀", r"\emptyset "),
    **dict.fromkeys("∖⧵", r"\setminus "),
    **dict.fromkeys("×✕", r"\times "),
    "÷": r"\div ",
    "±": r"\pm ",
    "∓": r"\mp ",
    "√": " sqrt ",
    "∛": r"\sqrt[3]",
    "∜": r"\sqrt[4]",
    "∞": r"\infty ",
    "≠": r"\ne ",
    "∪": r"\cup ",
    "∩": r"\cap ",
    "∈": r"\in ",
    "°": r"^\circ ",
    "∘": r"\circ ",
    "℃": r"^\circ C",
    "…": r"\ldots ",
    "⁄": "/",
    "∕": "/",
    "∣": "|",
    "⟨": r"\langle ",
    "⟩": r"\rangle ",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "⌈": r"\lceil ",
    "⌉": r"\rceil ",
    "ℝ": r"\mathbb{R}",
    "ℤ": r"\mathbb{Z}",
    "ℕ": r"\mathbb{N}",
    "ℚ": r"\mathbb{Q}",
    "ℂ": r"\mathbb{C}",
    "∠": r"\angle ",
    "≡": r"\equiv ",
    "∫": r"\int ",
    "∑": r"\sum ",
    "ϕ": r"\phi ",
    "ϵ": r"\epsilon ",
}
_SIGNS |= {chr(0x3B1 + index): rf"\{name} " for index, name in enumerate(_GREEK)}
_SIGNS |= {capital: rf"\{name} " for capital, name in _CAPITALS.items()}
_FOLD = str.maketrans(_SIGNS | {sign: rf"\frac{{{above}}}{{{below}}}" for sign, (above, below) in _VULGAR.items()})

_RAISED = re.compile(f"[{''.join(_SUPERSCRIPTS)}]+")
_LOWERED = re.compile(f"[{''.join(_SUBSCRIPTS)}]+")
_DOTS = re.compile(r"(?<=[0-9])\.{3,}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SIZES = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)(?![A-Za-z])\.?")
_NOT_SHOWN = re.compile(
    r"\\displaystyle(?![A-Za-z])|\\textstyle(?![A-Za-z])|\\limits(?![A-Za-z])|(?<=,)\\!\s*|\\!(?=,)"
)
_SPACES = re.compile(r"(?:(?<!\\)\\[,;:! ]|\\q?quad(?![A-Za-z])|\\hfill(?![A-Za-z])|~|\s)+")
_NEEDLESS_SPACE = re.compile(r"(?<![0-9A-Za-z.]) | (?![0-9A-Za-z.])")
_FRACTIONS = re.compile(r"\\[dtc]frac(?![A-Za-z])")
_ORDINAL = re.compile(r"(?<=[0-9])\^?\{?(?:\\(?:text|mathrm)\{)?(?:st|nd|rd|th)\}{0,2}$")
_UNIT_FRACTION = re.compile(
    r"\\frac ?\{ ?\\(?:text|mathrm) ?\{([^{}]*)\} ?\} ?\{ ?\\(?:text|mathrm) ?\{([^{}]*)\}(\^[0-9])? ?\}"
)
_INTRODUCTION = re.compile(
    r"(?:\\text\{)?\s*"
    r"(?:(?:so |thus |therefore,? )?(?:the )?(?:final |correct )?(?:answer|option|value|result)(?: is|:)"
    r"|about|approximately|roughly|exactly|\\approx(?![a-z])|\\therefore(?![a-z])|=)[ :]*\}?\s*",
    re.IGNORECASE,
)
_INTRODUCED_STARTS = frozenset("aceforstvACEFORSTV\\=")
_MARKED_STARTS = frozenset("$\\*`")
_WRAPPERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`"))


class MalformedError(ValueError):
    """An answer that no verifier should read: control characters, hidden text, too deep or too long."""


def fold(text: str) -> str:
    """The same answer in ASCII and LaTeX as far as it can be; raises `MalformedError` on control characters."""
    if _UNPRINTABLE.search(text):
        raise MalformedError("the answer has control or direction characters")
    if "..." in text:
        text = _DOTS.sub(r"\\ldots ", text)
    if not text.isascii():
        text = _RAISED.sub(lambda run: f"^{{{''.join(map(_SUPERSCRIPTS.__getitem__, run[0]))}}}", text)
        text = _LOWERED.sub(lambda run: f"_{{{''.join(map(_SUBSCRIPTS.__getitem__, run[0]))}}}", text)
        text = text.translate(_FOLD)
        if not text.isascii():
            text = "".join(map(_fold_character, text))
    return text


def unwrap(text: str) -> str:
    """The answer without dollar signs, markup, sizes, spacing commands and a closing full stop."""
    text = text.strip()
    if "\\" in text or "~" in text:
        text = _SIZES.sub("", text)
        text = _NOT_SHOWN.sub("", text)
        text = _FRACTIONS.sub(r"\\frac", text).replace(r"\colon", ":")
        if r"\frac" in text and ("text" in text or "mathrm" in text):
            text = _UNIT_FRACTION.sub(r"\\text{\1/\2\3}", text)
    text = _SPACES.sub(" ", text).strip()
    before = None
    while before != text:
        before = text
        text = text.rstrip(".;, ") if not text.endswith("\\,") else text
        if text[:1] in _MARKED_STARTS:
            text = _without_box(_without_delimiters(text))
        if text[:1] in _INTRODUCED_STARTS and (introduction := _INTRODUCTION.match(text)):
            text = text[introduction.end() :] or text
    return _ORDINAL.sub("", text)


def key(text: str) -> str:
    """A spelling that answers share only if they say the same: spaces gone wherever they separate nothing."""
    return _NEEDLESS_SPACE.sub("", text)


def _without_delimiters(text: str) -> str:
    for opening, closing in _WRAPPERS:
        inside = text[len(opening) : -len(closing)]
        if inside and text.startswith(opening) and text.endswith(closing) and opening not in inside:
            text = inside.strip()
    return text


def _without_box(text: str) -> str:
    r"""The inside of a box, or of a text command around a quantity (``\text{5 minutes}``)."""
    for opening in (r"\boxed{", r"\fbox{", r"\text{"):
        if text.startswith(opening) and text.endswith("}") and _closes_at_end(text, len(opening)):
            inside = text[len(opening) : -1].strip()
            return inside if opening != r"\text{" or inside[:1].isdecimal() else text
    return text


def _closes_at_end(text: str, start: int) -> bool:
    depth = 1
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index == len(text) - 1
    return False


def _fold_character(character: str) -> str:
    """Full-width and styled mathematical letters and digits become plain ones; the rest stays."""
    if character.isascii():
        return character
    if unicodedata.decomposition(character).startswith(("<wide>", "<font>")):
        return unicodedata.normalize("NFKC", character)
    return character

"""From answer text to tokens, in one pass that takes time in proportion to the length."""

from __future__ import annotations

import re
from typing import NamedTuple

from rlenvs.verifiers.normalisation import MalformedError
from rlenvs.verifiers.units import WORDS as UNIT_WORDS
from rlenvs.verifiers.vocabulary import (
    CONSTANTS,
    FUNCTIONS,
    GREEK,
    MULTIPLIERS,
    NAME_COMMANDS,
    TEXT_COMMANDS,
    is_word,
)

MAX_TOKENS = 1200
_EXPONENT = r"(?:[eE][+-]?[0-9]+(?![A-Za-z0-9.]))?"
_TOKEN = r"""
    (?P<repeating>[0-9]*\.[0-9]*(?:\\(?:overline|bar|dot)(?:\{{[0-9]+\}}|[0-9])|[0-9]\ ?\\[lc]?dots(?![a-z])))
  | (?P<number>(?:{grouped}|[0-9]+)(?:\.[0-9]+)?{exponent}|\.[0-9]+{exponent})
  | (?P<command>\\(?:[A-Za-z]+|.))
  | (?P<word>[A-Za-z]+)
  | (?P<operator>\*\*|<=|>=|!=|==|:=|.)
"""
_BY_COMMAS = r"[1-9][0-9]{0,2}(?:(?:\{,\}|,)[0-9]{3})+(?![0-9])|[1-9][0-9]{0,2}(?: [0-9]{3})+(?! ?[0-9])"
_BY_BRACES = r"[1-9][0-9]{0,2}(?:\{,\}[0-9]{3})+(?![0-9])"
_TOKENS = {
    grouping: re.compile(_TOKEN.format(grouped=grouped, exponent=_EXPONENT), re.VERBOSE | re.DOTALL)
    for grouping, grouped in ((True, _BY_COMMAS.replace(" ", r"\ ")), (False, _BY_BRACES))
}
_GROUP_MARK = re.compile(r"\{,\}|[, ]")
_MERIDIEM = re.compile(r"\b([aApP])\.? ?[mM]\b\.?")
_PER_CENT = re.compile(r"\bper cent\b")
_PREFIXES = re.compile(r"(arcsin|arccos|arctan|sinh|cosh|tanh|sqrt|sin|cos|tan|cot|sec|csc|ln|log)([a-zA-Z]{1,2})")
_SEPARATORS = frozenset({"and", "or", "where"})
_SPECIAL = {"sqrt": r"\sqrt ", "percent": "%", "union": r"\cup", "times": r"\times", "choose": r"\choose", "to": ":"}
_LETTER = re.compile("[A-Za-z]")


class Token(NamedTuple):
    """A token: ``number``, ``repeating``, ``letter``, ``command``, ``function``, ``constant``, ``word``, ``unit``,
    ``multiplier``, ``text``, ``separator`` or ``operator``; whether a space stood before it.
    """

    kind: str
    text: str
    spaced: bool


END = Token("end", "", False)


def tokenize(text: str, grouping: bool = True) -> list[Token]:
    """The tokens of a folded and unwrapped answer.

    Args:
        text: The answer.
        grouping: Whether a comma between groups of three digits belongs to the number instead of to a list.

    Raises:
        MalformedError: There are more than `MAX_TOKENS`, or a brace of a text is not closed.
    """
    tokens: list[Token] = []
    if "per cent" in text:
        text = _PER_CENT.sub("percent", text)
    text = _currency(_MERIDIEM.sub(lambda match: f"{match[1].lower()}m", text) if "m" in text or "M" in text else text)
    scan = _TOKENS[grouping].match
    position, length, spaced = 0, len(text), False
    while position < length:
        if text[position] == " ":
            position, spaced = position + 1, True
            continue
        match = scan(text, position)
        assert match is not None and match.lastgroup is not None
        kind, piece = match.lastgroup, match[0]
        position = match.end()
        if kind == "command" and (piece in TEXT_COMMANDS or piece in NAME_COMMANDS):
            position = _read_text(text, position, piece, spaced, tokens)
        elif kind == "word":
            at_end = position == length
            tokens += _split_word(piece, spaced, tokens, at_end)
        elif kind == "command" and piece[1:] in FUNCTIONS:
            tokens.append(Token("function", FUNCTIONS[piece[1:]], spaced))
        elif kind == "command" and piece[1:] in CONSTANTS:
            tokens.append(Token("constant", CONSTANTS[piece[1:]], spaced))
        elif kind == "command" and piece[1:] in GREEK:
            tokens.append(Token("letter", piece[1:], spaced))
        elif kind == "number":
            tokens.append(Token(kind, _GROUP_MARK.sub("", piece), spaced))
        else:
            tokens.append(Token(kind, piece, spaced))
        spaced = False
        if len(tokens) > MAX_TOKENS:
            raise MalformedError("the answer has too many symbols")
    return tokens


def _currency(text: str) -> str:
    r"""Dollar signs that delimit formulas disappear; others become ``\$``."""
    bare = text.count("$") - text.count(r"\$")
    if bare % 2:
        text = re.sub(r"(?<!\\)\$", r"\\$", text)
    elif bare:
        text = re.sub(r"(?<!\\)\$", " ", text)
    return text


def _split_word(word: str, spaced: bool, before: list[Token], at_end: bool = False) -> list[Token]:
    """A run of letters: one token if it is known or a word, else a letter each.

    ``min`` and ``sec`` are units only at the end.
    """
    if len(word) == 1:
        return [Token("letter", word, spaced)]
    if word in _SEPARATORS or word.lower() in _SEPARATORS:
        return [Token("separator", word.lower(), spaced)]
    follows_value = bool(before) and (before[-1].kind in ("number", "unit", "constant") or before[-1].text in "})/")
    if word in FUNCTIONS and not (at_end and follows_value and word in UNIT_WORDS):
        return [Token("function", FUNCTIONS[word], spaced)]
    if word in CONSTANTS:
        return [Token("constant", CONSTANTS[word], spaced)]
    if word in _SPECIAL:
        special = _SPECIAL[word]
        return [Token("operator" if special in ("%", ":") else "command", special, spaced)]
    if word in GREEK:
        return [Token("letter", word, spaced)]
    if word.lower() in MULTIPLIERS:
        return [Token("multiplier", word.lower(), spaced)]
    if follows_value and (word in UNIT_WORDS or word == "in" or (word == "sq" and spaced)):
        return [Token("unit", word, spaced)]
    if prefixed := _PREFIXES.fullmatch(word):
        inner = [Token("letter", letter, False) for letter in prefixed[2]]
        name = prefixed[1]
        return [
            Token("command", r"\sqrt ", spaced) if name == "sqrt" else Token("function", FUNCTIONS[name], spaced),
            *inner,
        ]
    if is_word(word):
        return [Token("word", word, spaced)]
    return [Token("letter", letter, spaced and index == 0) for index, letter in enumerate(word)]


def _read_text(text: str, position: int, command: str, spaced: bool, tokens: list[Token]) -> int:
    r"""Appends the content of ``\text{...}`` and returns where it ends.

    Content without letters (``\text{42}``) and names of functions are read as if they stood outside.
    """
    while text[position : position + 1] == " ":
        position += 1
    if text[position : position + 1] != "{":
        return position
    end = _closing_brace(text, position)
    content = text[position + 1 : end].strip()
    bare = content.strip(" ,.;").lower()
    if bare in _SEPARATORS:
        tokens.append(Token("separator", bare, spaced))
    elif bare == "to":
        tokens += _split_word(bare, spaced, tokens)
    elif bare in MULTIPLIERS:
        tokens.append(Token("multiplier", bare, spaced))
    elif not _LETTER.search(content):
        tokens += _respaced(tokenize(content), spaced)
    elif (content in FUNCTIONS and content not in UNIT_WORDS) or (
        command in NAME_COMMANDS and content.isalpha() and len(content) <= 2
    ):
        tokens += _split_word(content, spaced, tokens)
    else:
        tokens.append(Token("text", content, spaced))
    return end + 1


def _respaced(inner: list[Token], spaced: bool) -> list[Token]:
    return [inner[0]._replace(spaced=spaced), *inner[1:]] if inner else []


def _closing_brace(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index
    raise MalformedError("a brace of the answer is not closed")

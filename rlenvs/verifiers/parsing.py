"""From an answer's text to its tree."""

from __future__ import annotations

import functools
import re

from rlenvs.verifiers.answers import AnswerParser
from rlenvs.verifiers.cursor import ParseError
from rlenvs.verifiers.lexer import Token, tokenize
from rlenvs.verifiers.normalisation import MAX_LENGTH, MalformedError
from rlenvs.verifiers.numerals import fraction_words, number_words
from rlenvs.verifiers.tree import Tree, number

_HIDING = re.compile(
    r"\\(?:phantom|hphantom|vphantom|cancel|bcancel|xcancel|sout|color|textcolor|def|let|input|include|csname|write|kern|"
    r"hspace|vspace|rlap|llap|raisebox|special|href|url|html|overset|underset|stackrel|newcommand|catcode)(?![A-Za-z])"
)
_FUNCTION_HEAD = re.compile(
    r"[A-Wa-w](?:\^\{-1\}|'|_\{?\w\}?)?"
    r"\((?:[a-z](?:, ?[a-z])*|[A-Z] ?(?:\\[lg]eq? ?|[<>=|])? ?[0-9A-Za-z]{0,3}|[0-9]{1,3})\) ?=(?!=)"
)
_RANGE = re.compile(r",? ?\( ?([a-z] ?\\in ?\\mathbb ?\{?[ZNQR]\}?) ?\)$")
_IN_BASE = re.compile(r"([0-9]+) ?(?:\\text ?\{)?[ (]*(?:in )?base[ }-]*([0-9]+|[a-z]+)[ )}]*", re.IGNORECASE)
PHRASES = {
    **dict.fromkeys(("all real numbers", "all reals", "any real number"), Tree("domain", ("R",))),
    **dict.fromkeys(("empty set", "the empty set"), Tree("set", ())),
    **dict.fromkeys(("no solution", "no solutions", "no real solution", "no real solutions"), Tree("set", ())),
}
"""Sets that are given in words."""

_OPENINGS, _CLOSINGS = frozenset("([{"), frozenset(")]}")


@functools.lru_cache(maxsize=4096)
def parse(text: str, grouping: bool = True) -> Tree:
    """The tree of a folded and unwrapped answer (`normalisation`).

    Args:
        text: The answer.
        grouping: Whether ``1,234`` is a number instead of a list.

    Raises:
        ParseError: It is no formula.
        MalformedError: It hides or redefines something, or exceeds a limit.
    """
    if len(text) > MAX_LENGTH:
        raise MalformedError(f"the answer is longer than {MAX_LENGTH} characters")
    if "\\" in text and _HIDING.search(text):
        raise MalformedError("the answer has commands that hide or redefine text")
    if (phrase := PHRASES.get(text.lower().removeprefix(r"\text{").removesuffix("}"))) is not None:
        return phrase
    if "(" in text and "=" in text and (head := _FUNCTION_HEAD.match(text)):
        text = "f=" + text[head.end() :]
    if text.endswith(")") and "\\in" in text:
        text = _RANGE.sub(r", \1", text)
    if "base" in text and (numeral := _IN_BASE.fullmatch(text)):
        text = f"{numeral[1]}_{{\\text{{{numeral[2]}}}}}"
    if (value := number_words(text)) is not None:
        return number(value)
    if (quotient := fraction_words(text)) is not None:
        return quotient
    tokens = tokenize(text, grouping)
    if "U" in text:
        tokens = _read_unions(tokens)
    try:
        return AnswerParser(tokens).answer()
    except (IndexError, ZeroDivisionError) as error:
        raise ParseError("the answer is no formula") from error


def _read_unions(tokens: list[Token]) -> list[Token]:
    """A letter U between brackets is a union sign."""
    result = list(tokens)
    for index in range(1, len(tokens) - 1):
        before, token, after = tokens[index - 1 : index + 2]
        if token[:2] == ("letter", "U") and before.text[-1:] in _CLOSINGS and after.text[:1] in _OPENINGS:
            result[index] = Token("command", r"\cup", token.spaced)
    return result

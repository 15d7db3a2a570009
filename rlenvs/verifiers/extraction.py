r"""Finding the answer in a response: the first of these sources that has one speaks.

1. ``<answer>...</answer>``, 2. ``\boxed{...}``, 3. ``#### ...``, 4. "the answer is ...", then, in mode ``auto`` only,
5. a response that is nothing but an answer, 6. the last formula or number. Thoughts (``<think>``) are no answer, nor is
what is denied ("the answer is not 42"). All answers that the source gives are candidates: a right response has none
that is wrong, so a model cannot try its luck several times. Every search takes time in proportion to the response.
"""

from __future__ import annotations

import collections
import re
from typing import NamedTuple

from rlenvs.verifiers.boxes import Passage, boxes, formulas, joined, tagged
from rlenvs.verifiers.cursor import ParseError
from rlenvs.verifiers.normalisation import MalformedError, fold, key, unwrap
from rlenvs.verifiers.parsing import parse

MODES = ("auto", "strict", "exact")
UNMARKED = frozenset({"none", "formula", "number"})
"""Sources that speak where nothing else does."""

MAX_TAIL = 20_000
"""Characters at the end of a response in which answers are looked for."""

MAX_ANCHORS = 32
MAX_ANCHORED = 400
MAX_BARE = 300
_HEADING_WORDS = 3
_NEAR = 60
_MARK = re.compile(r"(?<!#)####(?!#)[ \t]*([^\n]*)")
_ANCHOR = re.compile(r"\banswers?\b\**(?:[^.\n:=$]{0,60}?(?:\bis\b|\bare\b|:|=|\bequals\b))[\s:*]*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$|\*)|\n|[,;]? \b(?:but|so|because|which|since|as)\b|\bI hope\b")
_DENIAL = re.compile(r"\W*(?:definitely |certainly |probably )?(?:not|never|n't)\b", re.IGNORECASE)
_DENIED_AFTER = re.compile(
    r"\W*(?:is|was|seems)(?:n't| not)? +(?:clearly |definitely )?"
    r"(?:(?:wrong|incorrect|false)|(?<=not )(?:the|my|right|correct)|(?<=n't )(?:the|my|right|correct))\b",
    re.IGNORECASE,
)
_DOUBT = re.compile(r"\b(?:doubt|deny|(?:don't|do not|cannot|can't) (?:think|believe|say|claim))\b", re.IGNORECASE)
_WRONG = r"(?:wrong|incorrect|false|untrue|not (?:true|the case|correct|right))"
_CALLED_WRONG = re.compile(
    rf"\b(?:wrong|incorrect|false|bad)(?: final)?\W*$|{_WRONG} (?:that|to (?:say|think|claim) that)(?: \w+){{0,3}}\W*$",
    re.IGNORECASE,
)
_DENYING = frozenset({"not", "isn't", "cannot", "can't", "never", "wasn't", "isnt", "neither", "aren't"})
_CLAUSE = re.compile(r"\bbut\b|[.,;:!?\n]")
_NUMBER = (
    r"[-+\u2212]?(?:\\?\$ ?)?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
    r"(?:[eE][-+]?[0-9]+)?(?: ?/ ?[0-9]+)?(?: ?\\?%)?"
)
_NUMBERS = re.compile(rf"(?<![0-9A-Za-z_]){_NUMBER}(?:,?\s+(?:or|and)\s+{_NUMBER})*(?![A-Za-z0-9])")
_WORDS_ONLY = re.compile(r"[^0-9$\\=]*")
MAX_BARE_WORDS = 5


class Extraction(NamedTuple):
    """What a response answers.

    Attributes:
        candidates: The different answers of one source, the last one last; empty if there is none.
        source: ``answer tag``, ``box``, ``mark``, ``anchor``, ``bare``, ``formula``, ``number``, ``whole`` or ``none``.
        reason: Why there is no candidate.
    """

    candidates: tuple[str, ...]
    source: str
    reason: str = ""


def extract(response: str, mode: str = "auto") -> Extraction:
    """The answers in a response; see the module's text.

    Args:
        response: What the model wrote.
        mode: ``auto``, ``strict`` (marked answers only) or ``exact`` (the whole response is the answer).
    """
    if mode == "exact":
        text = response.strip()
        return Extraction((text,), "whole") if text else Extraction((), "none", "the response is empty")
    if mode not in MODES:
        raise ValueError(f"extraction is {mode!r}: choose one of {', '.join(MODES)}")
    text = _without_thoughts(response)
    found = _marked(text)
    if found is None and mode == "auto":
        found = _unmarked(text)
    return found or Extraction((), "none", "the response gives no answer")


def _without_thoughts(response: str) -> str:
    end = response.rfind("</think>")
    text = response[end + 8 :] if end >= 0 else response
    thought = text.find("<think>")
    if thought >= 0:
        text = text[:thought]
    if len(text) <= MAX_TAIL:
        return text
    last_box = text.rfind("\\boxed")
    return text[min(last_box, len(text) - MAX_TAIL) :][:MAX_TAIL] if last_box >= 0 else text[-MAX_TAIL:]


def _marked(text: str) -> Extraction | None:
    tags = tagged(text, "<answer>", "</answer>")
    if tags:
        return _distinct([_inside(tag.text) for tag in tags], "answer tag")
    return _boxed(text) or _after_mark(text) or _anchored(text)


def _inside(text: str) -> str:
    """The answer in an answer tag: what is marked there, else all of it."""
    found = _boxed(text) or _after_mark(text) or _anchored(text)
    if found is None:
        return text.strip()
    return found.candidates[0] if len(found.candidates) == 1 else ""


def _boxed(text: str) -> Extraction | None:
    if "\\boxed" not in text and "\\fbox" not in text:
        return None
    groups = joined(text, boxes(text))
    if not groups:
        return Extraction((), "none", "the box is not closed")
    if any(_is_denied(text, group) for group in groups):
        return Extraction((), "none", "the answer is denied")
    return _distinct([group.text for group in groups], "box")


def _after_mark(text: str) -> Extraction | None:
    """GSM8K's mark, which is also a heading in Markdown: headings are words."""
    if "####" not in text:
        return None
    lines = [match[1].strip() for match in _MARK.finditer(text)]
    answers = [line for line in lines if line and (not line[0].isalpha() or len(line.split()) <= _HEADING_WORDS)]
    return _distinct(answers, "mark") if answers else None


def _anchored(text: str) -> Extraction | None:
    """What follows "the answer is", up to the end of the sentence."""
    answers, is_denied = [], False
    for match in collections.deque(_ANCHOR.finditer(text), MAX_ANCHORS):
        rest, before = text[match.end() : match.end() + MAX_ANCHORED], _clause_before(text, match.start())
        if _DENIAL.match(rest) or _DOUBT.search(before):
            return Extraction((), "none", "the answer is denied")
        if _CALLED_WRONG.search(before):
            is_denied = True
        else:
            answers.append(_first_answer(rest))
    answers = [answer for answer in answers if answer]
    if answers:
        return _distinct(answers, "anchor")
    return Extraction((), "none", "the answer is denied") if is_denied else None


def _first_answer(text: str) -> str:
    text = text.lstrip("} \t\n")
    for opening, closing in (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**")):
        if text.startswith(opening):
            found = joined(text, tagged(text, opening, closing))
            if found and found[0].start == 0:
                return found[0].text
    end = _SENTENCE_END.search(text)
    return text[: end.start()].strip() if end else text.strip()


def _unmarked(text: str) -> Extraction | None:
    stripped = text.strip()
    if 0 < len(stripped) <= MAX_BARE and _is_answer(stripped):
        return Extraction((stripped,), "bare")
    found = joined(text, formulas(text))
    if found and not _is_denied(text, found[-1]):
        return Extraction((found[-1].text,), "formula")
    numbers = list(_NUMBERS.finditer(text))
    if numbers and not _is_denied(text, Passage(numbers[-1][0], numbers[-1].start(), numbers[-1].end())):
        return Extraction((numbers[-1][0],), "number")
    return None


def _is_answer(text: str) -> bool:
    """Whether a response is nothing but an answer: a formula, or a few words."""
    if _WORDS_ONLY.fullmatch(text):
        return len(text.split()) <= MAX_BARE_WORDS and any(character.isalnum() for character in text)
    try:
        parse(unwrap(fold(text)))
    except ParseError:
        return False
    except MalformedError:
        return True
    return True


def _is_denied(text: str, passage: Passage) -> bool:
    """Whether the words around a passage say that it is not the answer."""
    before = _clause_before(text, passage.start)
    if _DOUBT.search(before) or _DENIED_AFTER.match(text[passage.end : passage.end + _NEAR]):
        return True
    return any(word.strip("*_\"'$\\") in _DENYING for word in before.lower().split()[-5:])


def _clause_before(text: str, place: int) -> str:
    return _CLAUSE.split(text[max(0, place - _NEAR) : place])[-1].replace("\u2019", "'")


def _distinct(answers: list[str], source: str) -> Extraction:
    """The different answers of a source, in the order in which each was last given."""
    last = {key(" ".join(answer.split())): answer for answer in reversed(answers)}
    return Extraction(tuple(reversed([answer.strip() for answer in last.values()])), source)

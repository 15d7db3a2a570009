"""Answers that are words or a letter of a multiple choice."""

from __future__ import annotations

import re

from rlenvs.verifiers.normalisation import key
from rlenvs.verifiers.outcome import Outcome, different, same

_TEXT_COMMAND = re.compile(
    r"\\(?:text|mbox|textbf|textit|textrm|mathrm|mathbf|mathit|rm|bf|emph|operatorname)\s*(?=\{)"
)
_LAYOUT = re.compile(r"[\\{}$\"'`*]|(?<![0-9])[,;.!?:]|[,;.!?:](?![0-9])")
_NO_TEXT = re.compile(r"\\(?:text|mbox|mathrm) ?\{[ .,;:]*\}[ .]*$")
_BEGINNING = re.compile(r"^(?:[\s\"`*$;:]|\\\$)+")
_END = re.compile(r"[\s\"`*$.,;:\\]+$")
_CHOICE = re.compile(r"(?:option |choice |answer )?\(? ?([A-Z]) ?\)?[.:)]?", re.IGNORECASE)
_CHOICE_WITH_OPTION = re.compile(
    r"(?:(?:option|choice) )?(?:\(([A-Z])\)|([A-Z])[.:)])[ :.]*(.*)", re.IGNORECASE | re.DOTALL
)
_GOLD_WITH_OPTION = re.compile(r"\(?([A-F])[.:)] ?[^A-Z]*")
_ANOTHER_CHOICE = re.compile(r"\([A-Z]\)|\b(?:and|or|not)\b|\b[B-HJ-Z]\b")
_CHOICES = re.compile(r"\(?[A-H]\)?(?:(?: ?[,;&] ?| |(?:,? )?and )?\(?[A-H]\)?)+")
_ARTICLE = re.compile(r"^(?:an?|the) (?=\w)")
_ABBREVIATIONS = {"dne": "does not exist"}
_NO_ANSWERS = frozenset({"nan", "zoo", "?", "n/a"})


def is_no_answer(text: str) -> bool:
    """Whether a text says that there is no value."""
    return not text.strip() or text.strip().lower() in _NO_ANSWERS


def plain_words(text: str) -> str:
    """The words of an answer in lower case, without markup, quotes, punctuation and a leading article."""
    words = " ".join(_LAYOUT.sub(" ", _TEXT_COMMAND.sub(" ", text)).lower().split())
    return _ABBREVIATIONS.get(words) or _ARTICLE.sub("", words, count=1)


def choice(text: str) -> str | None:
    r"""The letter of a gold answer such as ``(A)`` or ``\text{B}``, in upper case; None of other answers."""
    if len(text) > 30:
        return None
    match = _CHOICE.fullmatch(_plain(text)) or _GOLD_WITH_OPTION.fullmatch(_plain(text))
    return match[1] if match and match[1].isupper() else None


def compare_choice(gold: str, prediction: str) -> Outcome | None:
    """Compares with the letter of a multiple choice; None if the prediction names no letter.

    The letter may be followed by its option, not by another letter.
    """
    plain = _plain(prediction)
    match = _CHOICE.fullmatch(plain)
    if match:
        return _judged(match[1].upper() == gold)
    match = _CHOICE_WITH_OPTION.fullmatch(plain)
    if match:
        letter, option = (match[1] or match[2]).upper(), match[3]
        return _judged(letter == gold and not _ANOTHER_CHOICE.search(option))
    return None


def same_choices(gold: str, prediction: str) -> bool:
    """Whether both name the same letters of a multiple choice with several answers: ``AC`` and ``A, C``."""
    if len(gold) > 30:
        return False
    texts = _plain(gold), _plain(prediction)
    if not all(map(_CHOICES.fullmatch, texts)):
        return False
    right, answer = (re.findall("[A-H]", text) for text in texts)
    return sorted(right) == sorted(answer) and len(set(right)) == len(right)


def compare_words(gold: str, prediction: str) -> Outcome:
    """Compares texts word by word; case, punctuation and markup do not count."""
    words = plain_words(gold)
    if words and words == plain_words(prediction):
        return same("words")
    return different("words", "the texts differ")


def compare_spelling(gold: str, prediction: str) -> Outcome:
    """Compares a formula with a text that is none: only marks around it do not count.

    Braces, points and signs within make another formula of the same letters: ``2^{n}+1}`` is not ``2^{n+1}``.
    """
    if gold.replace(" ", "").isalpha():
        return compare_words(gold, prediction)
    return same("words") if _bare(gold) == _bare(prediction) else different("words", "the answer is no formula")


def _bare(text: str) -> str:
    bare = _BEGINNING.sub("", _END.sub("", _NO_TEXT.sub("", text)))
    return key(bare[1:-1] if bare[:1] == bare[-1:] == "'" else bare)


def _judged(is_right: bool) -> Outcome:
    return same("words") if is_right else different("words", "another choice")


def _plain(text: str) -> str:
    """An unwrapped text without LaTeX's text commands and braces."""
    if "\\" in text:
        text = _TEXT_COMMAND.sub("", text)
    return " ".join(text.replace("{", "").replace("}", "").split())

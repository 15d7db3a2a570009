"""Whether a prediction says the same as the gold answer: layers from the cheapest to the dearest."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from rlenvs.verifiers.comparison import Comparison
from rlenvs.verifiers.cursor import ParseError
from rlenvs.verifiers.evaluated import is_evaluated
from rlenvs.verifiers.extraction import extract
from rlenvs.verifiers.normalisation import MAX_LENGTH, MalformedError, fold, key, unwrap
from rlenvs.verifiers.outcome import Outcome, different, same
from rlenvs.verifiers.parsing import parse
from rlenvs.verifiers.proof import prove
from rlenvs.verifiers.tree import Tree
from rlenvs.verifiers.words import choice, compare_choice, compare_spelling, compare_words, is_no_answer, same_choices

_WHOLE = re.compile(r"([+-]?)0*([0-9]+)")
MIN_SENTENCE_WORDS = 4
_GROUPED = re.compile(r"[0-9],[1-9][0-9]{2}")
"""Perhaps a list instead of a number: nobody lists 000."""

_ONLY_GROUPED = re.compile(r"[0-9],0[0-9]{2}")
_POINT = re.compile(r"[^,]*[0-9]?\.[0-9][^,]*")
_DECIMAL_COMMA = re.compile(r"([^,([{]*[0-9]),([0-9]{1,2}|(?<=\b0,)[0-9]{3}|[0-9]{4,})(?![0-9])([^,]*)")


class UnreadableGoldError(MalformedError):
    """The gold answer itself is malformed."""


class Prepared(NamedTuple):
    """An answer ready to be compared: its text, its key, and the letter if it is one of a multiple choice."""

    text: str
    key: str
    choice: str | None


def equivalent(gold: str, prediction: str, reject_unevaluated: bool = False) -> Outcome:
    """Whether two answers say the same.

    Args:
        gold: The right answer.
        prediction: Another one, without text around it.
        reject_unevaluated: Whether an answer must be worked out (`evaluated`): ``2 + 2`` is not 4 then, nor ``8/2``.

    Returns:
        True or false, with the layer that decided and the reason.

    A gold answer that cannot be read fails the comparison (`check_gold` finds it beforehand).
    """
    if not reject_unevaluated and (outcome := compare_whole(gold, prediction)) is not None:
        return outcome
    try:
        right = _prepare_gold(gold)
    except MalformedError as error:
        return Outcome(None, "gold", str(error), failed=True)
    try:
        return _compare_prepared(right, _prepare(_without_sentence(prediction)), reject_unevaluated)
    except UnreadableGoldError as error:
        return Outcome(None, "gold", str(error), failed=True)
    except MalformedError as error:
        return different("malformed", str(error))


def check_gold(gold: str) -> None:
    """Raises ValueError if nothing can be compared with an answer: for those who load problems."""
    if _WHOLE.fullmatch(gold):
        return
    try:
        prepared = _prepare_gold(gold)
        if len(prepared.text) <= MAX_LENGTH:
            parse(prepared.text)
    except ParseError:
        return
    except MalformedError as error:
        raise ValueError(f"gold is {gold[:60]!r}: {error}") from error


def same_text(gold: str, response: str) -> Outcome | None:
    """Equal if a whole short response says the same words as the gold answer, or names the right choice; else None."""
    try:
        right, answer = _prepare_gold(gold), _prepare(response)
    except MalformedError:
        return None
    if is_no_answer(answer.text):
        return None
    if right.key == answer.key:
        return same("text")
    if right.choice:
        return compare_choice(right.choice, answer.text) or None
    return compare_words(right.text, answer.text) or None if _is_text(right.text) else None


@functools.lru_cache(maxsize=4096)
def _is_text(gold: str) -> bool:
    try:
        parse(gold)
    except ParseError:
        return True
    except MalformedError:
        return False
    return False


def compare_whole(gold: str, prediction: str) -> Outcome | None:
    """The outcome if both answers are plain whole numbers, of any length; else None."""
    right, answer = _WHOLE.fullmatch(gold), _WHOLE.fullmatch(prediction)
    if right is None or answer is None:
        return None
    if right[2] == answer[2] and ((right[1] == "-") == (answer[1] == "-") or right[2] == "0"):
        return same("integer")
    return different("integer", "the numbers differ")


@functools.lru_cache(maxsize=4096)
def _prepare_gold(gold: str) -> Prepared:
    prepared = _prepare(_without_sentence(gold))
    if is_no_answer(prepared.text):
        raise MalformedError("the gold answer is none")
    return prepared._replace(choice=choice(prepared.text))


def _prepare(text: str) -> Prepared:
    if len(text) > MAX_LENGTH:
        return Prepared(text, text, None)
    plain = unwrap(fold(text))
    return Prepared(plain, key(plain), None)


def _compare_prepared(gold: Prepared, prediction: Prepared, reject_unevaluated: bool) -> Outcome:
    if is_no_answer(prediction.text):
        return different("text", "there is no answer")
    if gold.key == prediction.key:
        return same("text")
    if len(prediction.text) > MAX_LENGTH or len(gold.text) > MAX_LENGTH:
        return different("text", "an answer is too long to be read")
    if gold.choice is not None:
        outcome = compare_choice(gold.choice, prediction.text)
        if outcome is not None:
            return outcome
    if same_choices(gold.text, prediction.text):
        return same("words")
    outcome = _compare_parsed(gold.text, prediction.text, True, reject_unevaluated)
    if not outcome and _POINT.fullmatch(gold.text) and (comma := _DECIMAL_COMMA.fullmatch(prediction.text)):
        return _compare_parsed(gold.text, "{}.{}{}".format(*comma.groups()), False, reject_unevaluated)
    texts = (gold.text, prediction.text)
    if not outcome and any(map(_GROUPED.search, texts)) and not any(map(_ONLY_GROUPED.search, texts)):
        return _compare_parsed(gold.text, prediction.text, False, reject_unevaluated) or outcome
    return outcome


def _compare_parsed(gold: str, prediction: str, grouping: bool, reject_unevaluated: bool) -> Outcome:
    try:
        right = _parse_gold(gold, grouping)
    except ParseError:
        return compare_words(gold, prediction)
    try:
        answer = parse(prediction, grouping)
    except ParseError:
        return compare_spelling(gold, prediction)
    if reject_unevaluated and not is_evaluated(answer, right):
        return different("structure", "the answer is not evaluated")
    return Comparison(prove).compare(right, answer)


def _without_sentence(prediction: str) -> str:
    """The answer that a sentence marks ("the answer is 4, as I said"); other predictions as they are."""
    if len(prediction.split()) < MIN_SENTENCE_WORDS:
        return prediction
    found = extract(prediction, "strict").candidates
    return found[0] if len(found) == 1 else prediction


def _parse_gold(gold: str, grouping: bool) -> Tree:
    try:
        return parse(gold, grouping)
    except MalformedError as error:
        raise UnreadableGoldError(f"the gold answer cannot be read: {error}") from error

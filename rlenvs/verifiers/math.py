"""The math verifier: a response judged against a gold answer.

`verify` extracts the answer (`extraction`) and compares it (`equivalent`): normalised text, exact fractions, structure,
values at fixed points, and for sums, integrals and limits a proof in a worker process. Limits are sizes and numbers of
operations, so a verdict is the same under any load; a clock only guards against the verifier's own failure, and then
the status is ``error``. Nothing of a response is ever evaluated as code.
"""

from __future__ import annotations

from collections.abc import Sequence

from rlenvs.verifiers.equivalence import check_gold, compare_whole, equivalent, same_text
from rlenvs.verifiers.extraction import MAX_BARE, MODES, UNMARKED, Extraction, extract
from rlenvs.verifiers.outcome import Outcome
from rlenvs.verifiers.verdict import Verdict

__all__ = ["check_gold", "equivalent", "verify", "verify_many"]

MAX_CANDIDATES = 4
"""Answers of one response that are compared; a response with more is wrong."""

Gold = str | Sequence[str]


def verify(gold: Gold, response: str, extraction: str = "auto", *, reject_unevaluated: bool = False) -> Verdict:
    """Judges a response.

    Args:
        gold: The right answer, or a list of accepted ones.
        response: What the model wrote.
        extraction: ``auto``; ``strict`` takes marked answers only; ``exact`` takes the whole response.
        reject_unevaluated: Whether an answer must be worked out (`evaluated`): ``2 + 2`` is not 4 then, nor ``8/2``.

    Returns:
        The verdict; its status is ``error`` if the gold answer cannot be read. ``detail`` has the ``stage`` that
        decided, the ``reason`` of a verdict that is not correct, the ``source`` of the answer, and ``undecided`` where
        no layer could tell.

    Raises:
        TypeError: An argument is no text.
        ValueError: A gold answer is empty, or `extraction` is not known.
    """
    accepted = _accepted(gold)
    if not isinstance(response, str):
        raise TypeError(f"response is {type(response).__name__}: it must be a str")
    if extraction != "strict" and not reject_unevaluated and extraction in MODES:
        answer = response.strip()
        for right in accepted:
            outcome = compare_whole(right, answer)
            if outcome is not None and (outcome or len(accepted) == 1):
                return _verdict(outcome, answer, "whole" if extraction == "exact" else "bare")
    found = extract(response, extraction)
    verdict = _judge(accepted, found, reject_unevaluated)
    unmarked = extraction == "auto" and found.source in UNMARKED and len(response) <= MAX_BARE
    if verdict.reward or not unmarked or reject_unevaluated:
        return verdict
    for right in accepted:
        if (outcome := same_text(right, response)) is not None:
            return _verdict(outcome, response.strip(), "bare")
    return verdict


def verify_many(golds: Sequence[Gold], responses: Sequence[str], extraction: str = "auto") -> list[Verdict]:
    """The verdicts of many responses; see `verify`. Plain whole numbers cost a few microseconds each."""
    if len(golds) != len(responses):
        raise ValueError(f"golds has {len(golds)} entries and responses {len(responses)}: give one gold a response")
    return [verify(gold, response, extraction) for gold, response in zip(golds, responses, strict=True)]


def _judge(accepted: Sequence[str], found: Extraction, reject_unevaluated: bool) -> Verdict:
    """The verdict on what was found: right if all of it is."""
    if not found.candidates:
        return Verdict(0.0, "no_answer", None, {"stage": "extraction", "reason": found.reason})
    if len(found.candidates) > MAX_CANDIDATES:
        return _several(found.candidates, found.source)
    outcomes = [_compare_any(accepted, candidate, reject_unevaluated) for candidate in found.candidates]
    if len(outcomes) > 1 and not all(outcomes) and not any(outcome.failed for outcome in outcomes):
        return _several(found.candidates, found.source)
    worst = next((outcome for outcome in outcomes if not outcome), outcomes[-1])
    return _verdict(worst, found.candidates[-1], found.source)


def _accepted(gold: Gold) -> Sequence[str]:
    if isinstance(gold, str):
        gold = (gold,)
    if not isinstance(gold, Sequence) or not all(isinstance(right, str) for right in gold):
        raise TypeError(f"gold is {gold!r}: it must be a str or a list of str")
    if not gold:
        raise ValueError("gold is an empty list: give at least one accepted answer")
    if not all(gold):
        raise ValueError("gold is empty: give the right answer")
    return gold


def _compare_any(accepted: Sequence[str], candidate: str, reject_unevaluated: bool) -> Outcome:
    """The first outcome that is equal; else one that failed, else the first."""
    outcomes = []
    for right in accepted:
        outcome = equivalent(right, candidate, reject_unevaluated)
        if outcome:
            return outcome
        outcomes.append(outcome)
    return next((outcome for outcome in outcomes if outcome.failed), outcomes[0])


def _several(candidates: Sequence[str], source: str) -> Verdict:
    detail = {"stage": "extraction", "source": source, "reason": f"{len(candidates)} answers that differ"}
    return Verdict(0.0, "wrong", candidates[-1], detail)


def _verdict(outcome: Outcome, extracted: str, source: str) -> Verdict:
    detail = {"stage": outcome.stage, "source": source}
    if outcome:
        return Verdict(1.0, "correct", extracted, detail)
    detail["reason"] = outcome.reason
    if outcome.failed:
        return Verdict(0.0, "error", extracted, detail)
    if outcome.equal is None:
        detail["undecided"] = outcome.reason
    return Verdict(0.0, "malformed" if outcome.stage == "malformed" else "wrong", extracted, detail)

"""Verdicts on answers: a reason where an answer is not right."""

from __future__ import annotations

import re

from rlenvs.verifiers.verdict import Verdict

MAX_DIGITS = 40
_INTEGER = re.compile(rf"[+-]?[0-9]{{1,{MAX_DIGITS}}}")


def correct(answer: str) -> Verdict:
    """The answer is right."""
    return Verdict(1.0, "correct", answer, {"stage": "task"})


def wrong(answer: str, reason: str) -> Verdict:
    """The answer can be read and is not right."""
    return Verdict(0.0, "wrong", answer, {"stage": "task", "reason": reason})


def malformed(answer: str, reason: str) -> Verdict:
    """The answer is not of the form that the task asks for."""
    return Verdict(0.0, "malformed", answer, {"stage": "task", "reason": reason})


def no_answer(reason: str) -> Verdict:
    """There is nothing to judge."""
    return Verdict(0.0, "no_answer", None, {"stage": "task", "reason": reason})


def judge_text(gold: str, answer: str) -> Verdict:
    """Right if equal, character by character."""
    return correct(answer) if answer == gold else wrong(answer, "another text")


def judge_integer(gold: str, answer: str) -> Verdict:
    """Right if the same whole number; ``046`` and ``+46`` are 46, ``12+34`` is no whole number."""
    if not _INTEGER.fullmatch(answer):
        return malformed(answer, "no whole number")
    return correct(answer) if int(answer) == int(gold) else wrong(answer, "another number")

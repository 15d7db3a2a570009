"""What comparing two answers comes to."""

from __future__ import annotations

from typing import NamedTuple


class Outcome(NamedTuple):
    """A comparison; true if the answers are equal.

    Attributes:
        equal: None where no layer could decide; such answers count as different.
        stage: The layer that decided: ``text``, ``exact``, ``structure``, ``probing``, ``proof`` or ``words``.
        reason: Why, in a few words; empty for equal answers.
        failed: Whether the verifier itself failed (the clock's backstop, a dead worker).
    """

    equal: bool | None
    stage: str
    reason: str = ""
    failed: bool = False

    def __bool__(self) -> bool:
        return bool(self.equal)


def same(stage: str) -> Outcome:
    """Equal, as `stage` found."""
    return Outcome(True, stage)


def different(stage: str, reason: str) -> Outcome:
    """Not equal, as `stage` found."""
    return Outcome(False, stage, reason)


def undecided(stage: str, reason: str) -> Outcome:
    """Not known to be equal, and why `stage` could not tell."""
    return Outcome(None, stage, reason)

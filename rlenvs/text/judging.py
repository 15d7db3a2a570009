"""Verdicts on responses, as environments give them."""

from __future__ import annotations

from typing import Any

from rlenvs.tasks.base import Task
from rlenvs.tasks.problem import Problem
from rlenvs.verifiers.verdict import Verdict

UNFINISHED = Verdict(0.0, "no_answer", None, {"stage": "tokens", "reason": "no end token within the token limit"})
"""On a response that was cut."""

_REMEMBERED = 1 << 16
_LONGEST_REMEMBERED = 64


class Judge:
    """The verdicts of a task; those on short responses are remembered, for many are given again and again."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._remembered: dict[tuple[str, str], Verdict] = {}

    def __call__(self, problem: Problem, response: str) -> Verdict:
        """The verdict; where the verifier itself failed, that of a second try."""
        key = (problem.id, response)
        verdict = self._remembered.get(key)
        if verdict is not None:
            return verdict
        verdict = self.task.verify(problem, response)
        if verdict.status == "error":
            return self.task.verify(problem, response)
        if len(response) <= _LONGEST_REMEMBERED:
            if len(self._remembered) == _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = verdict
        return verdict

    def __getstate__(self) -> dict[str, Any]:
        """Without what is remembered."""
        return {"task": self.task, "_remembered": {}}


def outcome(verdict: Verdict) -> dict[str, Any]:
    """What the info at the end of an episode holds."""
    return {"status": verdict.status, "extracted": verdict.extracted, "reward/correct": verdict.reward}

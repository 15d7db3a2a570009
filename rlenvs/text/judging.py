"""Verdicts on responses, as environments give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rlenvs.tasks.base import Task
from rlenvs.tasks.problem import Problem
from rlenvs.verifiers.verdict import Verdict

UNFINISHED = Verdict(0.0, "no_answer", None, {"stage": "tokens", "reason": "no end token within the token limit"})
"""On a response that was cut."""

_REMEMBERED = 1 << 16
_LONGEST_REMEMBERED = 64


class Judge:
    """The verdicts of a task; those on short responses are remembered, for many are given again and again.

    Of many responses, equal ones to the same problem are judged once.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self._remembered: dict[tuple[str, str], Verdict] = {}

    def __call__(self, problem: Problem, response: str) -> Verdict:
        """The verdict; where the verifier itself failed, that of a second try."""
        verdict = self._remembered.get((problem.id, response))
        return self.many([problem], [response])[0] if verdict is None else verdict

    def many(self, problems: Sequence[Problem], responses: Sequence[str]) -> list[Verdict]:
        """A verdict on the response to each problem."""
        keys = [(problem.id, response) for problem, response in zip(problems, responses, strict=True)]
        found = {key: self._remembered[key] for key in keys if key in self._remembered}
        new = {key: problem for key, problem in zip(keys, problems, strict=True) if key not in found}
        verdicts = self.task.verify_many(list(new.values()), [response for _, response in new])
        for (key, problem), verdict in zip(new.items(), verdicts, strict=True):
            found[key] = self.task.verify(problem, key[1]) if verdict.status == "error" else verdict
            self._remember(key, found[key])
        return [found[key] for key in keys]

    def _remember(self, key: tuple[str, str], verdict: Verdict) -> None:
        if len(key[1]) <= _LONGEST_REMEMBERED and verdict.status != "error":
            if len(self._remembered) == _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = verdict

    def __getstate__(self) -> dict[str, Any]:
        """Without what is remembered."""
        return {"task": self.task, "_remembered": {}}


def outcome(verdict: Verdict) -> dict[str, Any]:
    """What the info at the end of an episode holds."""
    return {"status": verdict.status, "extracted": verdict.extracted, "reward/correct": verdict.reward}

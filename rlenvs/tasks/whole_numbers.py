"""What families whose answers are whole numbers share: how an answer is judged."""

from __future__ import annotations

from rlenvs.tasks.base import Task
from rlenvs.tasks.judging import judge_integer, malformed
from rlenvs.tasks.problem import Problem
from rlenvs.verifiers.math import verify
from rlenvs.verifiers.verdict import Verdict


class IntegerTask(Task):
    """A task whose answers are whole numbers."""

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """Right if the same whole number."""
        return judge_integer(problem.gold, answer)

    def judge_marked(self, problem: Problem, answer: str) -> Verdict:
        """As the math verifier reads numbers, but a whole number must be worked out: no sum, no quotient."""
        if "/" in answer or "frac" in answer:
            return malformed(answer, "a quotient is no whole number")
        return verify(problem.gold, answer, "exact", reject_unevaluated=True)

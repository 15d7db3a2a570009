"""The audit finds what is wrong with a task, and passes what is not."""

from __future__ import annotations

import pytest

from rlenvs.tasks.addition import Addition
from rlenvs.tasks.audit import audit, best_constant, sample
from rlenvs.tasks.base import Task
from rlenvs.tasks.catalog import make_task
from rlenvs.tasks.judging import correct
from rlenvs.tasks.operands import Digits
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.programs.base import Cases
from rlenvs.tasks.programs.loop import Loop
from rlenvs.tasks.programs.steps import Steps
from rlenvs.tasks.sort import Sort
from rlenvs.verifiers.verdict import Verdict
from scripts.audit_rewards import main


class Evaluating(Addition):
    """Takes a sum for its value."""

    def judge(self, problem: Problem, answer: str) -> Verdict:
        return super().judge(problem, str(sum(int(term) for term in answer.split("+") if term.isdigit())))


class InOrder(Sort):
    """Strings that may be sorted already."""

    def is_good(self, text: str) -> bool:
        return len(set(text)) > 1


class OneSplit(Addition):
    """All problems count as the same."""

    def canonical(self, content: Content) -> Content:
        return ()


class Flickering(Addition):
    """The same problem is not always the same."""

    calls = 0

    def canonical(self, content: Content) -> Content:
        self.calls += 1
        return (*content, self.calls) if self.calls <= 100 else super().canonical(content)


class Wrong(Addition):
    """Gold answers that are not right."""

    def judge(self, problem: Problem, answer: str) -> Verdict:
        return super().judge(problem._replace(gold=str(sum(problem.meta["content"]))), answer)

    def result(self, left: int, right: int) -> int:
        return left + right + (left == 7)


@pytest.mark.parametrize(
    ("task", "failure"),
    [
        (Evaluating(2, left=3), "compact: response question scores 1.0"),
        (InOrder(1, length=3, symbols="abcdef"), "compact: response question scores"),
        (OneSplit(2, right=1), "has no problems"),
        (Flickering(3, left=1, right=1), "are in test too"),
        (Wrong(2, right=1), "does not score 1"),
    ],
)
def test_faults_are_found(task: Task, failure: str) -> None:
    failures = audit(task, 400).failures
    assert any(failure in line for line in failures), failures


@pytest.mark.parametrize(("name", "level"), [("addition", 3), ("sort", 3)])
def test_ten_thousand_problems_of_large_families_pass(name: str, level: int) -> None:
    report = audit(make_task(name, level))
    assert report.failures == []
    assert report.problems == 10_000
    assert report.duplicates < 100


def test_changed_problems_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Addition, "levels", {1: Digits(2, 2)})
    failures = audit(Addition(1), 400).failures
    assert any("the first problems changed" in line for line in failures)
    assert any("documented" in line for line in failures)


def test_the_best_constant_is_the_most_frequent_answer() -> None:
    task = make_task("addition")
    problems = sample(task, "train", 1000)
    answer, score = best_constant(task, problems)
    assert answer == "9"
    assert score == sum(problem.gold == "9" for problem in problems) / len(problems)


def test_the_command_passes_and_names_the_constant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--task", "addition"]) == 0
    out = capsys.readouterr().out
    assert "addition-1" in out
    assert out.endswith("4 tasks passed, 0 failed\n")


def test_the_command_fails_with_a_line_for_each_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Addition, "levels", {1: Digits(2, 2)})
    assert main(["--quick", "--task", "addition"]) == 1
    assert "FAILED: addition-1: " in capsys.readouterr().out


class Leaking(Loop):
    """All hidden cases are shown."""

    def cases(self, content: Content) -> Cases:
        cases = super().cases(content)
        return Cases(cases.hidden, cases.hidden)


class Forgiving(Steps):
    """Takes any expression."""

    def judge(self, problem: Problem, answer: str) -> Verdict:
        return correct(answer) if "x" in answer else super().judge(problem, answer)


@pytest.mark.parametrize(
    ("task", "failure"),
    [
        (Leaking(1, largest=30), "compact: response shown examples scores 1.0000, chance is"),
        (Forgiving(2), "compact: response prompt scores 1.0000"),
    ],
)
def test_faults_of_programming_tasks_are_found(task: Task, failure: str) -> None:
    failures = audit(task, 60).failures
    assert any(failure in line for line in failures), failures

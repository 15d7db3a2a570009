"""Audits of tasks: can a response score without solving the problem, and do the splits keep apart?

Responses that do not read the prompt score at most what the best constant answer scores, so that is a task's *chance*;
it is documented for every level (`references`). Whoever copies the prompt, or its numbers, may not exceed it either;
programs that cheat (`programs.hacks`) score nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlenvs.tasks.base import STYLES, Task
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import SPLITS, Problem
from rlenvs.tasks.programs.base import CodeTask
from rlenvs.tasks.programs.hacks import HACKS as PROGRAMS_THAT_CHEAT

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
"""Of the problems of an audit."""

DIGESTED = 50
_CANDIDATES = 60
_FIRST_LOOK = 200
_FINALISTS = 4
_HACKED = 1_000
_COSTLY = 25
"""Problems whose responses are judged where that takes milliseconds."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass
class Report:
    """What an audit found.

    Attributes:
        task: ``name-level``.
        problems: How many were looked at.
        constant: The best constant answer that was found.
        score: What it scores on the training problems.
        duplicates: Training problems that had come before.
        hacks: Mean reward by style and kind of response that solves nothing.
        failures: What is wrong, one line each.
    """

    task: str
    problems: int = 0
    constant: str = ""
    score: float = 0.0
    duplicates: int = 0
    hacks: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def audit(task: Task, problems: int = 10_000) -> Report:
    """Audits a task in both styles.

    Args:
        task: The task; with options it has no documented chance, and what is measured takes its place.
        problems: How many problems to look at over all splits, fewer where there are fewer. Where verdicts are costly
            only a sample of them is judged.
    """
    report = Report(f"{task.name}-{task.level}")
    members = {split: sample(task, split, round(problems * share)) for split, share in SHARES.items()}
    report.failures.extend(f"{split} has no problems" for split, found in members.items() if not found)
    if report.failures:
        return report
    train = members["train"]
    report.problems = sum(map(len, members.values()))
    report.duplicates = len(train) - len({problem.prompt for problem in train})
    report.constant, report.score = best_constant(task, train)
    _check_splits(task, members, report)
    _check_determinism(task, train, report)
    chance = _check_chance(task, len(train), report)
    for style in STYLES:
        styled = type(task)(task.level, style, **task.options)
        everything = [problem for split in SPLITS for problem in members[split]]
        _check_references(styled, everything[:: _step(styled, len(everything))], report)
        _check_hacks(styled, train[: _COSTLY if styled.is_costly else _HACKED], chance, report)
    return report


def sample(task: Task, split: str, count: int) -> list[Problem]:
    """The first problems of a split."""
    size = task.size(split)
    return [task.problem(index, split) for index in range(count if size is None else min(size, count))]


def best_constant(task: Task, problems: Sequence[Problem]) -> tuple[str, float]:
    """The answer that scores most if it is always given, among the most frequent right answers, and its score."""
    found = {problem.gold: problem for problem in problems}
    common = Counter(problem.gold for problem in problems).most_common(_CANDIDATES)
    givers = [found[answer] for answer, _ in common]
    finalists = sorted(givers, key=lambda giver: -_constant_score(task, giver, problems[:_FIRST_LOOK]))[:_FINALISTS]
    scores = {giver.gold: _constant_score(task, giver, problems) for giver in [givers[0], *finalists]}
    return max(scores.items(), key=lambda pair: pair[1])


def digest_of(task: Task) -> str:
    """12 hexadecimal digits over the first problems of all splits: they change if the problems do."""
    problems = [sample(task, split, DIGESTED) for split in SPLITS]
    return hashlib.sha256(json.dumps(problems).encode()).hexdigest()[:12]


def hack_scores(task: Task, problems: Sequence[Problem]) -> dict[str, float]:
    """Mean rewards of responses that solve nothing: empty, copied, random; of programs also cheating ones."""
    hacks: dict[str, Callable[[Any, Problem], str]] = dict(_HACKS)
    if isinstance(task, CodeTask):
        hacks |= PROGRAMS_THAT_CHEAT
    return {name: _mean_reward(task, problems, hack) for name, hack in hacks.items()}


def tolerance(chance: float, count: int) -> float:
    """By how much a mean of `count` rewards may exceed its expectation: four standard errors, and one problem."""
    return 4 * math.sqrt(chance * (1 - chance) / count) + 1 / count


def _mean_reward(task: Task, problems: Sequence[Problem], response: Callable[[Any, Problem], str]) -> float:
    verdicts = task.verify_many(problems, [response(task, problem) for problem in problems])
    return sum(verdict.reward for verdict in verdicts) / len(problems)


def _constant_score(task: Task, giver: Problem, problems: Sequence[Problem]) -> float:
    return sum(task.accepts(problem, giver) for problem in problems) / len(problems)


def _step(task: Task, count: int) -> int:
    """Every problem in compact style; in chat style, which takes longer, every tenth; fewer if verdicts are costly."""
    if task.is_costly:
        return max(1, count // _COSTLY)
    return 1 if task.style == "compact" else 10


def _check_splits(task: Task, members: dict[str, list[Problem]], report: Report) -> None:
    contents = {
        split: {task.canonical(problem.meta["content"]) for problem in found} for split, found in members.items()
    }
    for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
        if shared := contents[first] & contents[second]:
            report.failures.append(f"{len(shared)} problems of {first} are in {second} too, such as {min(shared)}")


def _check_determinism(task: Task, train: Sequence[Problem], report: Report) -> None:
    again = type(task)(task.level, **task.options)
    if [again.problem(index) for index in reversed(range(len(train[:DIGESTED])))] != train[:DIGESTED][::-1]:
        report.failures.append("a second task of the same kind has other problems")
    if task.reference and task.reference.digest != digest_of(task):
        report.failures.append(f"the first problems changed: digest {digest_of(task)} is not {task.reference.digest}")


def _check_chance(task: Task, count: int, report: Report) -> float:
    """The documented chance, after a look whether what was measured is about that."""
    documented = task.reference.chance if task.reference else report.score
    if abs(report.score - documented) > tolerance(documented, count):
        report.failures.append(f"constant {report.constant!r} scores {report.score:.4f}, documented {documented:.4f}")
    return documented


def _check_references(task: Task, problems: Sequence[Problem], report: Report) -> None:
    """Judged in full too: `verify` takes the gold answer itself as right without looking."""
    for problem in problems:
        verdicts = task.verify(problem, task.reference_response(problem)), task.judge(problem, problem.gold)
        if not all(verdict.reward == 1 for verdict in verdicts):
            report.failures.append(f"{task.style}: the reference response to {problem.id} does not score 1")
            return


def _check_hacks(task: Task, problems: Sequence[Problem], chance: float, report: Report) -> None:
    allowed = chance + tolerance(chance, len(problems))
    for name, score in hack_scores(task, problems).items():
        report.hacks[f"{task.style}/{name}"] = score
        if score > (0.0 if name == "empty" or name in PROGRAMS_THAT_CHEAT else allowed):
            report.failures.append(f"{task.style}: response {name} scores {score:.4f}, chance is {chance:.4f}")


def _numbers(task: Task, problem: Problem) -> str:
    return task.respond(" ".join(_NUMBER.findall(task.prompt(problem))))


def _random(task: Task, problem: Problem) -> str:
    """As long as the answer, of the characters of compact prompts and answers."""
    return task.respond(Draws("random response", problem.id).letters(task.characters, len(problem.gold)))


_HACKS: dict[str, Callable[[Task, Problem], str]] = {
    "empty": lambda task, problem: "",
    "prompt": lambda task, problem: task.prompt(problem),
    "answered prompt": lambda task, problem: task.respond(problem.prompt),
    "question": lambda task, problem: task.respond(problem.prompt.rstrip("=;,")),
    "numbers": _numbers,
    "random": _random,
}

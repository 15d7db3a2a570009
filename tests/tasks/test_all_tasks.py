"""What every family promises at every level."""

from __future__ import annotations

import numpy as np
import pytest

from rlenvs.tasks.audit import digest_of, hack_scores, tolerance
from rlenvs.tasks.base import Task
from rlenvs.tasks.problem import SPLITS, Problem, split_of
from tests.tasks.samples import LEVELS, problems_of, task_of

STYLES = ("compact", "chat")
WRONG_KINDS = ("systematic", "scattered")
pytestmark = pytest.mark.parametrize(("name", "level"), LEVELS)


def test_problems_are_the_same_from_another_task_asked_in_another_order(name: str, level: int) -> None:
    problems = problems_of(name, level)
    again = type(task_of(name, level))(level)
    assert [again.problem(index) for index in reversed(range(len(problems)))] == problems[::-1]


def test_many_problems_at_once_are_the_same(name: str, level: int) -> None:
    problems = problems_of(name, level)
    indices = [3, *range(len(problems)), 3]
    assert task_of(name, level).problems(indices) == [problems[index] for index in indices]


def test_problems_are_those_that_they_were(name: str, level: int) -> None:
    task = task_of(name, level)
    assert task.reference is not None
    assert digest_of(task) == task.reference.digest


def test_ids_name_task_level_split_and_index(name: str, level: int) -> None:
    assert problems_of(name, level, "test")[3].id == f"{name}/{level}/test/3"


@pytest.mark.parametrize("style", STYLES)
def test_the_reference_response_scores_one(name: str, level: int, style: str) -> None:
    task = task_of(name, level, style)
    for problem in problems_of(name, level):
        verdict = task.verify(problem, task.reference_response(problem))
        assert (verdict.reward, verdict.status) == (1.0, "correct"), problem
        assert task.judge(problem, problem.gold).reward == 1.0, problem


def test_the_splits_share_no_content(name: str, level: int) -> None:
    task = task_of(name, level)
    members = {
        split: {task.canonical(problem.meta["content"]) for problem in problems_of(name, level, split)}
        for split in SPLITS
    }
    assert all(members.values())
    assert not members["train"] & members["validation"]
    assert not (members["train"] | members["validation"]) & members["test"]
    sizes = [task.size(split) for split in SPLITS]
    if None in sizes or sum(sizes) >= 500:
        assert all(split_of(content) == split for split in SPLITS for content in members[split])


def test_a_fifth_of_a_small_level_is_for_testing(name: str, level: int) -> None:
    task = task_of(name, level)
    sizes = [task.size(split) for split in SPLITS]
    if None in sizes or sum(sizes) >= 500:
        assert sizes[-1] is None or 0.1 * sum(sizes) < sizes[-1] < 0.15 * sum(sizes)
        return
    assert 0.2 * sum(sizes) <= sizes[-1] < 0.22 * sum(sizes) and sizes[0] > 0.6 * sum(sizes)
    moved = [problem for problem in task.problems(range(sizes[-1]), "test") if not is_of_test(task, problem)]
    assert 0 < len(moved) < 0.2 * sum(sizes)
    assert all(split_of(task.canonical(problem.meta["content"])) == "train" for problem in moved)


def is_of_test(task: Task, problem: Problem) -> bool:
    return split_of(task.canonical(problem.meta["content"])) == "test"


def test_a_listed_split_holds_each_problem_once_and_ends(name: str, level: int) -> None:
    task = task_of(name, level)
    for split in SPLITS:
        size = task.size(split)
        if size is None:
            continue
        assert len({task.problem(index, split).prompt for index in range(size)}) == size > 0
        with pytest.raises(IndexError, match=f"has {size} problems"):
            task.problem(size, split)


def test_the_alphabet_and_the_token_limit_cover_all_that_is_written(name: str, level: int) -> None:
    task, rng = task_of(name, level), np.random.default_rng(0)
    alphabet = set(task.alphabet)
    assert task.alphabet == "".join(sorted(alphabet))
    for problem in problems_of(name, level):
        demonstrations = [task.demonstration(problem, rng, share, kind) for share in (0, 1) for kind in WRONG_KINDS]
        responses = [task.reference_response(problem), *(response for response, _ in demonstrations)]
        assert set(problem.prompt + "".join(responses)) <= alphabet, problem
        assert max(map(len, responses)) + 1 <= task.max_tokens, problem


def test_the_chat_alphabet_covers_questions(name: str, level: int) -> None:
    task = task_of(name, level, "chat")
    for problem in problems_of(name, level)[:20]:
        assert set(task.prompt(problem) + task.reference_response(problem)) <= set(task.alphabet)
        assert problem.chat_prompt == task.prompt(problem) != problem.prompt


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", WRONG_KINDS)
def test_demonstrations_are_what_they_say_in_the_stated_share(name: str, level: int, style: str, kind: str) -> None:
    task, rng = task_of(name, level, style), np.random.default_rng(1)
    problems = problems_of(name, level)[:60]
    right = 0
    for problem in problems:
        response, is_correct = task.demonstration(problem, rng, 0.6, kind)
        assert task.verify(problem, response).reward == float(is_correct), (problem, response)
        right += is_correct
    assert abs(right / len(problems) - 0.4) <= tolerance(0.4, len(problems))


def test_systematic_mistakes_are_always_the_same_and_scattered_ones_are_not(name: str, level: int) -> None:
    task, problems = task_of(name, level), problems_of(name, level)[:40]
    answers = {
        kind: [{task.demonstration(problem, np.random.default_rng(seed), 1.0, kind)[0] for seed in range(4)}
               for problem in problems]
        for kind in WRONG_KINDS
    }  # fmt: skip
    assert all(len(found) == 1 for found in answers["systematic"])
    assert sum(len(found) > 1 for found in answers["scattered"]) > len(problems) / 2


def test_demonstrations_repeat_with_their_generator(name: str, level: int) -> None:
    task, problem = task_of(name, level), problems_of(name, level)[0]
    first, second = (
        [task.demonstration(problem, rng, 0.5, "scattered") for _ in range(10)]
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    )
    assert first == second


@pytest.mark.parametrize("style", STYLES)
def test_the_best_constant_scores_as_documented_and_nothing_else_more(name: str, level: int, style: str) -> None:
    task, problems = task_of(name, level, style), problems_of(name, level)
    assert task.reference is not None
    chance = task.reference.chance
    constant = task.respond(task.reference.constant)
    mean = np.mean([task.verify(problem, constant).reward for problem in problems])
    assert abs(mean - chance) <= tolerance(chance, len(problems))
    scores = hack_scores(task, problems[:40])
    assert scores.pop("empty") == 0.0
    assert len(scores) == 5
    assert max(scores.values()) <= chance + tolerance(chance, 40)
    for response in (" ", "\x00", "=" * 3000, task.prompt(problems[0])):
        assert task.verify(problems[0], response).reward == 0.0, (problems[0], response)


def test_a_marked_answer_counts_in_chat_style_and_others_do_not(name: str, level: int) -> None:
    task, problem = task_of(name, level, "chat"), problems_of(name, level)[0]
    told = f"<think>Let me see.</think> I have it: <answer> {problem.gold} </answer>"
    assert task.verify(problem, told).status == "correct"
    assert task.verify(problem, problem.gold).status == "no_answer"
    twice = task.demonstration(problem, np.random.default_rng(0), 1.0)[0] + told.replace("think", "b")
    assert task.verify(problem, twice).status == "wrong"

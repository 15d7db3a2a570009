"""What every family of programming problems promises: prompts, hidden cases, right and wrong programs, chance."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from rlenvs.tasks.audit import digest_of, hack_scores
from rlenvs.tasks.catalog import CODE_TASKS
from rlenvs.tasks.problem import SPLITS, Problem, split_of
from rlenvs.tasks.programs.base import HIDDEN, MIN_VALUES, SHOWN, CodeTask
from rlenvs.tasks.programs.hacks import HACKS
from rlenvs.tasks.programs.written import WrittenTask

LEVELS = [(name, level) for name, family in CODE_TASKS.items() for level in family.levels]
PROGRAMS = [(name, level) for name, level in LEVELS if issubclass(CODE_TASKS[name], CodeTask)]
WRITTEN = [(name, level) for name, level in LEVELS if issubclass(CODE_TASKS[name], WrittenTask)]
STYLES = ("compact", "chat")
KINDS = ("systematic", "scattered")
COUNT, JUDGED = 12, 3
every_level = pytest.mark.parametrize(("name", "level"), LEVELS)
every_program = pytest.mark.parametrize(("name", "level"), PROGRAMS)


@functools.cache
def task_of(name: str, level: int, style: str = "compact") -> Any:
    return CODE_TASKS[name](level, style)


@functools.cache
def problems_of(name: str, level: int, split: str = "train") -> list[Problem]:
    return task_of(name, level).problems(range(COUNT), split)


@every_level
def test_problems_are_those_that_they_were(name: str, level: int) -> None:
    task = task_of(name, level)
    assert task.reference is not None and digest_of(task) == task.reference.digest


@every_level
def test_problems_are_the_same_from_another_task_asked_in_another_order(name: str, level: int) -> None:
    again = CODE_TASKS[name](level)
    assert [again.problem(index) for index in reversed(range(COUNT))] == problems_of(name, level)[::-1]


@every_level
def test_the_splits_share_no_content(name: str, level: int) -> None:
    task = task_of(name, level)
    for split in SPLITS:
        contents = [task.canonical(problem.meta["content"]) for problem in problems_of(name, level, split)]
        assert all(split_of(content) == split for content in contents)


@every_level
@pytest.mark.parametrize("style", STYLES)
def test_the_alphabet_and_the_token_limit_cover_all_that_is_written(name: str, level: int, style: str) -> None:
    task, rng = task_of(name, level, style), np.random.default_rng(0)
    for problem in problems_of(name, level):
        written = [task.demonstration(problem, rng, share, kind)[0] for share in (0, 1) for kind in KINDS]
        assert set(task.prompt(problem) + "".join(written)) <= set(task.alphabet), problem
        assert max(map(len, written)) < task.max_tokens, problem
        assert len(problem.gold) <= task.longest_answer


@every_program
def test_hidden_cases_differ_from_the_examples_and_tell_right_from_wrong(name: str, level: int) -> None:
    task = task_of(name, level)
    for problem in problems_of(name, level):
        content = problem.meta["content"]
        shown, hidden = task.cases(content)
        assert (len(shown), len(hidden)) == (SHOWN, HIDDEN)
        assert len({repr(case.args) for case in (*shown, *hidden)}) == SHOWN + HIDDEN
        assert len({repr(case.expected) for case in hidden}) >= MIN_VALUES
        again = CODE_TASKS[name](level)
        assert again.cases(content) == (shown, hidden)  # type: ignore[attr-defined]
        for case in shown:
            assert f">>> f({', '.join(map(repr, case.args))})\n    {case.expected!r}\n" in problem.chat_prompt
        for case in hidden:
            assert f">>> f({', '.join(map(repr, case.args))})\n" not in problem.chat_prompt
            assert task.run(content, *case.args) == case.expected


@every_program
@pytest.mark.parametrize("style", STYLES)
def test_right_programs_pass_and_wrong_ones_do_not(name: str, level: int, style: str) -> None:
    """In full: a comment makes the program another text than the gold answer, which is right without a look."""
    task, rng = task_of(name, level, style), np.random.default_rng(1)
    problems = problems_of(name, level)[:JUDGED]
    right = [task.respond(problem.gold) for problem in problems]
    if style == "chat":
        right[0] = f"<think>f</think> Here it is.\n{right[0].replace('def', '# ok' + chr(10) + 'def', 1)}\nDone."
    elif not task.is_little:
        right = [f"{response}\n# ok" for response in right]
    wrong = [task.demonstration(problem, rng, 1.0, kind) for kind in KINDS for problem in problems]
    verdicts = task.verify_many(problems * 3, right + [response for response, _ in wrong])
    assert [verdict.status for verdict in verdicts] == ["correct"] * JUDGED + ["wrong"] * 2 * JUDGED
    assert not any(is_correct for _, is_correct in wrong)
    assert all(task.judge(problem, problem.gold).reward for problem in problems[:1])


@every_level
def test_systematic_mistakes_are_always_the_same_and_scattered_ones_are_not(name: str, level: int) -> None:
    task, problems = task_of(name, level), problems_of(name, level)
    found = {
        kind: [{task.demonstration(problem, np.random.default_rng(seed), 1.0, kind)[0] for seed in range(4)}
               for problem in problems]
        for kind in KINDS
    }  # fmt: skip
    assert all(len(answers) == 1 for answers in found["systematic"])
    assert sum(len(answers) > 1 for answers in found["scattered"]) > COUNT / 2


@every_program
@pytest.mark.parametrize("style", STYLES)
def test_programs_that_solve_nothing_score_nothing(name: str, level: int, style: str) -> None:
    if style == "chat" and level > 1:
        pytest.skip("levels differ in their problems only")
    task = task_of(name, level, style)
    scores = hack_scores(task, problems_of(name, level)[:1])
    assert scores.keys() >= HACKS.keys() | {"empty", "prompt", "question", "random"}
    assert not any(scores.values()), scores


@every_level
def test_the_best_constant_scores_about_what_is_documented(name: str, level: int) -> None:
    reference = task_of(name, level).reference
    assert 0 < reference.chance < 0.15
    assert len(reference.constant) <= task_of(name, level).longest_answer


@pytest.mark.parametrize(("name", "level"), [case for case in WRITTEN if case[1] == 3])
def test_what_is_accepted_in_process_is_what_the_sandbox_accepts(name: str, level: int) -> None:
    """Chance is measured without running programs; the verdict must be the same."""
    task, problems = task_of(name, level), problems_of(name, level)
    givers = [problems[0], problems[1], problems[0]]
    asked = [problems[0], problems[2], problems[3]]
    verdicts = task.verify_many(asked, [f"{giver.gold}\n#" for giver in givers])
    assert [task.accepts(*pair) for pair in zip(asked, givers, strict=True)] == [bool(v.reward) for v in verdicts]


@every_level
def test_wrong_options_give_one_line(name: str, level: int) -> None:
    with pytest.raises(ValueError, match=f"nonsense is no option of {name}: choose from"):
        CODE_TASKS[name](level, nonsense=1)

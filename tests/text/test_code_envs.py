"""Programming problems as environments: both views, batches, turns with the failing case, no sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rlenvs.sandbox import pool as pools
from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.settings import Settings
from rlenvs.sandbox.worker import SandboxRefusedError
from rlenvs.tasks.catalog import make_task
from rlenvs.tasks.judging import correct
from rlenvs.tasks.problem import Problem
from rlenvs.tasks.sort import Sort
from rlenvs.text.judging import Judge
from rlenvs.text.response_env import ResponseEnv
from rlenvs.text.token_env import TokenEnv
from rlenvs.verifiers.verdict import Verdict
from tests.conformance.rollouts import assert_same

TOKEN, WHOLE = "rlenvs/CodeToken-v0", "rlenvs/Code-v0"
CASES = [("loop", "compact"), ("list_function", "chat"), ("steps", "chat"), ("output", "chat")]


def responses(env: Any, problem: int) -> list[str]:
    """Right in other words, wrong, broken, none, and one that hangs no one."""
    task = env.rules.task
    gold = task.respond(task.problem(problem).gold)
    wrong = task.demonstration(task.problem(problem), np.random.default_rng(problem), 1.0)[0]
    return [gold, gold.replace("return ", "return  ", 1), wrong, "def f(:", "", "print(1)", f"{gold}\n"]


@pytest.mark.parametrize(("task", "style"), CASES)
def test_every_response_has_the_same_return_in_both_views(task: str, style: str) -> None:
    arguments: dict[str, Any] = {"task": task, "style": style}
    tokens, whole = TokenEnv(**arguments), ResponseEnv(**arguments)
    rewards = []
    for response in responses(whole, 3):
        for env in (tokens, whole):
            env.reset(options={"problem": 3})
        for token in [*tokens.rules.tokenizer.encode(response), tokens.rules.tokenizer.eos_id]:
            result = tokens.step(token)
        assert result[1:] == whole.step(response)[1:]
        rewards.append(result[1])
    assert rewards == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("max_turns", [1, 2])
def test_batches_equal_single_environments(mode: AutoresetMode, max_turns: int) -> None:
    arguments = {"task": "sort_key", "style": "chat", "max_turns": max_turns, "num_problems": 20}
    native = gym.make_vec(WHOLE, 6, autoreset_mode=mode, **arguments)
    sync = SyncVectorEnv([lambda: ResponseEnv(**arguments)] * 6, autoreset_mode=mode)
    assert_same(native.reset(seed=3), sync.reset(seed=3))
    problems = native.unwrapped._problems.tolist()
    actions = tuple(responses(native.unwrapped, problem)[member] for member, problem in enumerate(problems))
    for _ in range(2 if mode is AutoresetMode.SAME_STEP else 1):
        result = native.step(actions)
        assert_same(result, sync.step(actions))
    if mode is not AutoresetMode.SAME_STEP:
        assert result[1].tolist() == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
        assert result[2].tolist() == [True, True, *[max_turns == 1] * 4]


def test_groups_write_programs_for_one_problem() -> None:
    env = gym.make_vec(TOKEN, 4, group_size=2, task="recurrence").unwrapped
    env.reset(options={"problem": [2, 7]})
    tokenizer, task = env.rules.tokenizer, env.rules.task
    texts = [f"{task.problem(2).gold}\n" * (member != 3) for member in range(4)]
    ids = [[*tokenizer.encode(text), tokenizer.eos_id] for text in texts]
    width = max(map(len, ids))
    rows = np.array([row + [0] * (width - len(row)) for row in ids])
    rewards, infos = env.respond(rows, [len(row) for row in ids])
    assert rewards.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert infos["status"].tolist() == ["correct", "correct", "wrong", "no_answer"]


def test_feedback_tells_the_case_that_failed_and_the_next_turn_may_be_right() -> None:
    env = ResponseEnv(task="loop", style="chat", max_turns=3)
    env.reset(options={"problem": 1})
    task, space = env.rules.task, env.observation_space
    hidden = task.cases(task.problem(1).meta["content"]).hidden  # type: ignore[attr-defined]
    observation, reward, terminated, _, info = env.step("```python\ndef f(n): return 'x'\n```")
    told = (
        f"That answer is wrong. For the arguments {hidden[0].args[0]}: 'x' instead of {hidden[0].expected} Try again."
    )
    assert told in observation and observation in space
    assert (reward, terminated, info) == (0.0, False, {})
    observation, *_ = env.step("def f(n): raise ValueError(chr(9731) * 400)")
    assert "ValueError: ????" in observation and observation in space
    observation, reward, terminated, *_ = env.step(task.reference_response(task.problem(1)))
    assert (reward, terminated) == (1.0, True) and observation in space


class Counting(Sort):
    """Notes what it is asked; fails where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []
        self.failures = 0

    def verify_many(self, problems: Sequence[Problem], responses: Sequence[str]) -> list[Verdict]:
        self.asked.append(list(responses))
        return super().verify_many(problems, responses)

    def verify(self, problem: Problem, response: str) -> Verdict:
        if response == "error" and self.failures:
            self.failures -= 1
            return Verdict(0.0, "error", None, {})
        return correct(response)


def test_equal_responses_are_judged_once_and_short_ones_remembered() -> None:
    task = Counting()
    judge, problems = Judge(task), [task.problem(0), task.problem(0), task.problem(1)]
    long = "a" * 65
    assert [verdict.extracted for verdict in judge.many(problems, ["a", "a", "a"])] == ["a"] * 3
    judge.many(problems, [long, long, "a"])
    judge.many(problems, [long, "a", "b"])
    assert task.asked == [["a", "a"], [long], [long, "b"]]


def test_a_failure_of_the_verifier_is_tried_once_more() -> None:
    task = Counting()
    judge = Judge(task)
    for failures, status in ((1, "correct"), (2, "error"), (0, "correct")):
        task.failures = failures
        assert judge.many([task.problem(0)], ["error"])[0].status == status
        judge = Judge(task) if failures == 1 else judge


def test_without_a_sandbox_environments_that_need_one_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Settings(namespaces=False, landlock=False, seccomp=False)
    with Pool(1, bare) as pool:
        monkeypatch.setattr(pools, "shared_pool", lambda: pool)
        for arguments in ({"task": "loop", "num_problems": 3}, {"style": "chat", "num_problems": 3}):
            for make in (gym.make, lambda env_id, **kwargs: gym.make_vec(env_id, 2, **kwargs)):
                with pytest.raises(SandboxRefusedError, match="set unsafe=True"):
                    make(WHOLE, **arguments)
        env = gym.make(WHOLE, num_problems=4)
        env.reset(options={"problem": 0})
        assert env.step(make_task("steps").problem(0).gold)[1] == 1.0


def test_unsafe_is_passed_on() -> None:
    env = gym.make(WHOLE, task="loop", unsafe=True, num_problems=3).unwrapped
    assert env.rules.task.sandbox._pool().settings.unsafe
    env.reset(options={"problem": 0})
    assert env.step(env.rules.task.problem(0).gold + "\n#")[1] == 1.0
    with pytest.raises(ValueError, match="unsafe is no option of sort"):
        gym.make("rlenvs/Math-v0", task="sort", unsafe=True)

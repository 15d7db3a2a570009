"""The response view: verdicts, turns with feedback, and a conversation that keeps its token ids."""

from __future__ import annotations

import pickle

import gymnasium as gym
import numpy as np
import pytest

from rlenvs.tasks.base import Task
from rlenvs.tasks.catalog import make_task
from rlenvs.text.judging import Judge
from rlenvs.text.response_env import ResponseEnv
from rlenvs.text.response_vector import ResponseVectorEnv
from rlenvs.verifiers.verdict import Verdict
from tests.text.tokenizers_for_tests import byte_level_tokenizer

OUT_OF_TOKENS = {"status": "no_answer", "extracted": None, "reward/correct": 0.0}


def begun(problem: int = 0, **arguments) -> tuple[ResponseEnv, str]:
    """An environment before a problem, and its right answer."""
    env = ResponseEnv(**arguments)
    env.reset(options={"problem": problem})
    return env, env.rules.task.reference_response(env.rules.book.problem(problem))


def test_one_response_is_judged() -> None:
    env, gold = begun()
    prompt = env.rules.task.problem(0).prompt
    assert env.step(gold) == (
        prompt + gold,
        1.0,
        True,
        False,
        {"status": "correct", "extracted": gold, "reward/correct": 1.0},
    )
    with pytest.raises(gym.error.ResetNeeded, match="step was called after the end"):
        env.step(gold)


@pytest.mark.parametrize("codec", ["character", "bytes"])
def test_a_response_beyond_the_token_limit_pays_nothing_and_is_cut(codec: str) -> None:
    tokenizer = byte_level_tokenizer() if codec == "bytes" else None
    env, gold = begun(task="sort", level=2, tokenizer=tokenizer, max_tokens=7, max_turns=2)
    assert len(env.rules.tokenizer.encode(gold)) <= 6
    prompt = env.conversation.text
    observation, reward, terminated, *_ = env.step("abcdefghij" * 3)
    written = env.conversation.ids()[1]
    assert not terminated and reward == 0.0 and len(written[1]) >= 7
    assert observation.startswith(prompt + "abc") and len(observation) < 2 * len(prompt) + 25
    assert env.step("abcdefghij" * 3)[1:] == (0.0, True, False, OUT_OF_TOKENS)


def test_any_string_is_judged() -> None:
    for foreign in ("", "\0", "é6", "４", "\ud800", "6" * 10_000):
        env, _ = begun()
        assert env.step(foreign)[1:3] == (0.0, True)
    env, gold = begun(style="chat")
    assert env.step(f"√ … {gold}")[1] == 1.0


def test_turns_go_on_until_the_right_answer() -> None:
    env, gold = begun(max_turns=3)
    prompt = env.conversation.text
    observation, *rest = env.step("99")
    assert rest == [0.0, False, False, {}]
    assert observation == f"{prompt}99!{prompt}" and observation in env.observation_space
    final, *rest = env.step(gold)
    assert rest == [1.0, True, False, {"status": "correct", "extracted": gold, "reward/correct": 1.0}]
    assert final == f"{prompt}99!{prompt}{gold}" and final in env.observation_space


def test_the_last_turn_ends_with_its_own_verdict() -> None:
    env, _ = begun(max_turns=2, style="chat")
    said, *_ = env.step("I do not know.")
    assert said.endswith("\nThere is no answer. Try again.\n") and said in env.observation_space
    assert env.step("<answer>99</answer>")[1:4] == (0.0, True, False)
    assert env.step_limit == 2


def test_feedback_says_nothing_of_the_answer() -> None:
    for wrong in ("<answer>x</answer>", "", "<answer>99</answer>"):
        env, _ = begun(max_turns=2, style="chat")
        before = env.conversation.text
        feedback = env.step(wrong)[0].removeprefix(before + wrong)
        assert feedback.endswith("Try again.\n") and not any(character.isdigit() for character in feedback)


def test_what_was_written_is_never_tokenised_again() -> None:
    tokenizer = byte_level_tokenizer()
    env = ResponseVectorEnv(2, max_turns=2, group_size=2, task="sort", style="chat", tokenizer=tokenizer, max_tokens=30)
    env.reset(options={"problem": 3})
    body = [token for character in "<answer>ab</answer>" for token in tokenizer.encode(character)]
    assert body != tokenizer.encode("<answer>ab</answer>") and tokenizer.decode(body) == "<answer>ab</answer>"
    ids = np.array([[*body, tokenizer.eos_id], [*body[:4], tokenizer.eos_id, *[0] * (len(body) - 4)]])
    rewards, infos = env.respond(ids, [len(body) + 1, 5])
    assert rewards.tolist() == [0.0, 0.0] and infos == {}
    prompt, response, feedback = env.conversations[0].ids()
    assert response == ("assistant", [*body, tokenizer.eos_id])
    assert prompt == ("user", tokenizer.encode(env.rules.book.text(3))) and feedback[0] == "user"
    env.step(("later", "later"))
    assert env.conversations[0].ids()[1] == response
    assert env.conversations[0].ids()[3] == ("assistant", [*tokenizer.encode("later"), tokenizer.eos_id])


def test_ids_of_characters_that_do_not_exist_are_asked_for_in_vain() -> None:
    env, _ = begun()
    env.step("é")
    with pytest.raises(ValueError, match="text holds 'é'"):
        env.conversation.ids()


def test_a_saved_conversation_goes_on_equally() -> None:
    env, gold = begun(problem=5, max_turns=3)
    env.step("é\ud800")
    saved = env.state()
    expected = env.step("1"), env.step(gold), env.reset()
    for other in (env, ResponseEnv(max_turns=3), pickle.loads(pickle.dumps(env))):
        other.restore(saved)
        assert (other.step("1"), other.step(gold), other.reset()) == expected
    with pytest.raises(ValueError, match="state of another environment"):
        ResponseEnv(max_turns=2).restore(saved)
    with pytest.raises(ValueError, match="damaged"):
        env.restore(saved[:-3])
    with pytest.raises(TypeError, match="restore needs the bytes"):
        env.restore("state")  # type: ignore[arg-type]


def failing_task(failures: int) -> Task:
    """A task whose verifier fails so many times."""
    task = make_task("sort")
    verify, left = task.verify, [failures]

    def sometimes(problem, response):
        left[0] -= 1
        return Verdict(0.0, "error", None, {"reason": "broken"}) if left[0] >= 0 else verify(problem, response)

    task.verify = sometimes  # type: ignore[method-assign]
    return task


def test_a_verifier_that_fails_is_asked_twice() -> None:
    env, gold = begun(task=failing_task(1))
    assert env.step(gold)[-1]["status"] == "correct"
    env, gold = begun(task=failing_task(2), max_turns=3)
    assert env.step(gold)[1:] == (0.0, True, False, {"status": "error", "extracted": None, "reward/correct": 0.0})


def test_verdicts_are_remembered_but_not_failures() -> None:
    task = failing_task(2)
    judge, problem = Judge(task), task.problem(0)
    assert judge(problem, "x").status == "error"
    assert judge(problem, "x").status == "wrong"
    assert judge(problem, "x") is judge(problem, "x")
    assert judge(problem, "x" * 100) is not judge(problem, "x" * 100)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="max_turns must be at least 1, got 0"):
        ResponseEnv(max_turns=0)
    with pytest.raises(ValueError, match="render_mode must be one of 'ansi', 'rgb_array', got 'human'"):
        ResponseEnv(render_mode="human")
    env, _ = begun()
    with pytest.raises(TypeError, match="action must be a response as a string, got 7"):
        env.step(7)  # type: ignore[arg-type]

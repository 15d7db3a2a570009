"""The token view: what is observed, when an episode ends, and what it pays."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from rlenvs.tasks.catalog import TASKS
from rlenvs.text.token_env import TokenEnv
from tests.conformance.rollouts import assert_same
from tests.text.tokenizers_for_tests import byte_level_tokenizer


def play(env: TokenEnv, tokens: list[int]) -> tuple:
    for token in tokens:
        result = env.step(token)
    return result


def answer(env: TokenEnv, text: str) -> tuple:
    tokenizer = env.rules.tokenizer
    return play(env, [*tokenizer.encode(text), tokenizer.eos_id])


def gold_of(env: TokenEnv) -> str:
    return env.rules.book.problem(env._problem).gold


def test_the_state_is_prompt_and_tokens_so_far() -> None:
    env = TokenEnv(task="addition", level=2)
    observation, info = env.reset(options={"problem": 3})
    prompt = env.rules.task.problem(3).prompt
    assert info == {"problem_id": "addition/2/train/3"}
    assert env.observation_space.nvec.tolist() == [15] * 10 + [11, 11]
    tokens = env.rules.tokenizer.encode(prompt)
    assert observation.tolist() == [*tokens, *[0] * (10 - len(tokens)), len(tokens), len(tokens)]
    after, reward, terminated, truncated, info = env.step(np.int64(7))
    assert after.tolist() == [*tokens, 7, *[0] * (9 - len(tokens)), len(tokens), len(tokens) + 1]
    assert (reward, terminated, truncated, info) == (0.0, False, False, {})


@pytest.mark.parametrize("name", TASKS)
def test_gold_pays_1_in_every_family(name: str) -> None:
    env = TokenEnv(task=name)
    for seed in range(3):
        env.reset(seed=seed)
        gold = gold_of(env)
        observation, reward, terminated, truncated, info = answer(env, gold)
        assert (reward, terminated, truncated) == (1.0, True, False)
        assert info == {"status": "correct", "extracted": gold, "reward/correct": 1.0}
        assert observation in env.observation_space


def test_a_wrong_answer_and_none_pay_0_and_say_why() -> None:
    env = TokenEnv()
    env.reset(options={"problem": 0})
    wrong = str(int(gold_of(env)) - 1)
    assert answer(env, wrong)[1:] == (0.0, True, False, {"status": "wrong", "extracted": wrong, "reward/correct": 0.0})
    env.reset()
    assert answer(env, "")[-1]["status"] == "no_answer"


def test_the_token_limit_ends_with_0_also_behind_the_right_answer() -> None:
    env = TokenEnv(max_tokens=2)
    env.reset(options={"problem": next(i for i in range(66) if len(env.rules.task.problem(i).gold) == 2)})
    *_, reward, terminated, truncated, info = play(env, env.rules.tokenizer.encode(gold_of(env)))
    assert (reward, terminated, truncated) == (0.0, True, False)
    assert info == {"status": "no_answer", "extracted": None, "reward/correct": 0.0}


def test_special_tokens_within_a_response_are_no_part_of_its_text() -> None:
    env = TokenEnv(max_tokens=9)
    env.reset(seed=1)
    tokenizer = env.rules.tokenizer
    tokens = [tokenizer.pad_id, *tokenizer.encode(gold_of(env)), tokenizer.bos_id, tokenizer.eos_id]
    assert play(env, tokens)[1] == 1.0


def test_masks_leave_out_padding_and_beginning() -> None:
    env = TokenEnv()
    assert env.action_masks().dtype == np.bool_
    assert np.flatnonzero(~env.action_masks()).tolist() == [0, 2]
    tokenizer = byte_level_tokenizer()
    masks = TokenEnv(tokenizer=tokenizer).action_masks()
    assert set(np.flatnonzero(~masks).tolist()) == {tokenizer.pad_id, tokenizer.bos_id}


def test_problems_follow_from_the_seed_and_are_all_played() -> None:
    env = TokenEnv()
    seen = [env.reset(seed=5)[1]["problem_id"]] + [env.reset()[1]["problem_id"] for _ in range(1200)]
    again = TokenEnv()
    assert [again.reset(seed=5)[1]["problem_id"]] + [again.reset()[1]["problem_id"] for _ in range(1200)] == seen
    assert len(set(seen)) == 66
    chosen = TokenEnv()
    chosen.reset(seed=5, options={"problem": 2})
    assert chosen.reset()[1]["problem_id"] == seen[1]  # a choice takes its random number too


def test_the_test_split_holds_other_problems() -> None:
    train, test = (TokenEnv(split=split).rules.book for split in ("train", "test"))
    prompts = [{book.text(book.check(index)) for index in range(book.size)} for book in (train, test)]
    assert len(prompts[0]) == 66 and len(prompts[1]) == 20 and not prompts[0] & prompts[1]


def test_text_is_shown() -> None:
    env = gym.make("rlenvs/MathToken-v0", render_mode="ansi").unwrapped
    env.reset(options={"problem": 0})
    prompt = env.render()
    assert prompt == env.rules.task.problem(0).prompt
    env.step(env.rules.tokenizer.encode("1")[0])
    assert env.render() == prompt + "1"
    frames = gym.make("rlenvs/MathToken-v0", render_mode="rgb_array").unwrapped
    with pytest.raises(gym.error.ResetNeeded):
        frames.render()
    frames.reset(seed=0)
    first = frames.render()
    frames.step(5)
    assert first.shape == frames.render().shape and (first != frames.render()).any() and (first == 0).any()
    with pytest.warns(UserWarning, match="render was called without a render_mode"):
        assert TokenEnv().render() is None


def test_a_saved_state_goes_on_equally() -> None:
    env = TokenEnv(task="sort", level=2)
    env.reset(seed=3)
    env.step(5)
    saved = env.state()
    expected = [env.step(4), env.step(1), env.reset(), env.step(6)]
    for other in (env, TokenEnv(task="sort", level=2)):
        other.restore(saved)
        assert_same([other.step(4), other.step(1), other.reset(), other.step(6)], expected)
    fresh = TokenEnv(task="sort", level=2)
    unbegun = fresh.state()
    env.restore(unbegun)
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    with pytest.raises(ValueError, match="state of another environment"):
        TokenEnv(task="sort", level=1).restore(saved)
    with pytest.raises(ValueError, match="damaged"):
        env.restore(saved[:-1])


def test_bad_options_are_named() -> None:
    env = TokenEnv()
    for options, error, message in (
        ({"problem": 66}, ValueError, r"options\['problem'\] must be below 66, the number of problems, got 66"),
        ({"problem": "x"}, TypeError, r"options\['problem'\] must be an integer"),
        ({"index": 1}, ValueError, r"options has unknown keys \['index'\]: reset takes only 'problem'"),
    ):
        with pytest.raises(error, match=message):
            env.reset(options=options)

"""The two views of a task are one: for every response the same return, the same verdict, the same problem."""

from __future__ import annotations

import functools
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rlenvs.tasks.catalog import make_task
from rlenvs.text.response_env import ResponseEnv
from rlenvs.text.rules import Rules
from rlenvs.text.token_env import TokenEnv
from tests.text.tokenizers_for_tests import TASKS, byte_level_tokenizer

FOREIGN = "é√ \n<end>7"
CASES = [(name, style, codec) for name in TASKS for style in ("compact", "chat") for codec in ("character", "bytes")]


@functools.cache
def views(name: str, style: str, codec: str) -> tuple[TokenEnv, ResponseEnv]:
    tokenizer = byte_level_tokenizer() if codec == "bytes" else None
    arguments: dict[str, Any] = {
        "task": name,
        "level": TASKS[name],
        "style": style,
        "tokenizer": tokenizer,
        "max_tokens": 40,
    }
    return TokenEnv(**arguments), ResponseEnv(**arguments)


def write(env: TokenEnv, text: str) -> tuple[Any, ...]:
    """Token after token, until the environment says that it is over."""
    tokenizer = env.rules.tokenizer
    for token in [*tokenizer.encode(text), tokenizer.eos_id]:
        result = env.step(token)
        if result[2]:
            return result[1:]
    raise AssertionError("an end token must end the episode")


@functools.cache
def responses(name: str, style: str, foreign: str) -> st.SearchStrategy[str]:
    """Right, wrong, decorated and arbitrary ones."""
    task = make_task(name, TASKS[name], style)
    rng = np.random.default_rng(0)
    problems = task.problems(range(20))
    answers = [task.reference_response(problem) for problem in problems]
    answers += [task.demonstration(problem, rng, 0.5, "scattered")[0] for problem in problems]
    alphabet = task.alphabet + foreign
    arbitrary = st.text(alphabet=alphabet, max_size=60)
    decorated = st.tuples(
        st.sampled_from(["", " ", "0", "+"]), st.sampled_from(answers), st.sampled_from(["", " ", "7"])
    )
    return st.sampled_from(answers) | arbitrary | decorated.map("".join).filter(lambda text: set(text) <= set(alphabet))


@given(data=st.data(), case=st.sampled_from(CASES), problem=st.integers(0, 19))
@settings(max_examples=150)
def test_every_response_has_the_same_return_in_both_views(data: st.DataObject, case: tuple, problem: int) -> None:
    name, style, codec = case
    tokens, whole = views(*case)
    response = data.draw(responses(name, style, FOREIGN if codec == "bytes" else ""))
    for env in (tokens, whole):
        env.reset(options={"problem": problem})
    assert write(tokens, response) == whole.step(response)[1:]


@given(data=st.data(), case=st.sampled_from(CASES), problem=st.integers(0, 19))
@settings(max_examples=150)
def test_every_sequence_of_tokens_is_judged_by_what_it_decodes_to(
    data: st.DataObject, case: tuple, problem: int
) -> None:
    tokens, whole = views(*case)
    rules = tokens.rules
    # Texts may have other tokens than those they were decoded from, but not more than characters.
    ids = data.draw(st.lists(st.integers(0, rules.tokenizer.vocab_size - 1), max_size=12))
    ids = [token for token in ids if token != rules.tokenizer.eos_id]
    gold = rules.tokenizer.encode(rules.task.reference_response(rules.task.problem(problem)))
    ids = ids if data.draw(st.booleans()) else [rules.tokenizer.pad_id, *gold]
    text = rules.tokenizer.decode(ids)
    for env in (tokens, whole):
        env.reset(options={"problem": problem})
    for token in [*ids, rules.tokenizer.eos_id]:
        result = tokens.step(token)
    if len(rules.tokenizer.encode(text)) < rules.max_tokens:
        assert result[1:] == whole.step(text)[1:]


@given(seed=st.integers(0, 2**40), case=st.sampled_from(CASES))
@settings(max_examples=20)
def test_equal_seeds_give_equal_problems(seed: int, case: tuple) -> None:
    tokens, whole = views(*case)
    for options in ({"seed": seed}, {}, {}):
        assert tokens.reset(**options)[1] == whole.reset(**options)[1]
        assert tokens.rules.task is whole.rules.task or tokens.rules.book.size == whole.rules.book.size


@functools.cache
def groups(env_id: str, codec: str) -> VectorEnv:
    tokenizer = byte_level_tokenizer() if codec == "bytes" else None
    return gym.make_vec(env_id, 6, group_size=3, task="sort", tokenizer=tokenizer, max_tokens=9)


def response_ids(data: st.DataObject, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Six responses that end with an end token, or at the limit of nine."""
    eos_id = rules.tokenizer.eos_id
    rows = np.zeros((6, 9), np.int64)
    lengths = np.zeros(6, np.int64)
    for row in range(6):
        body = [token for token in data.draw(st.lists(st.integers(0, 13), max_size=9)) if token != eos_id]
        if data.draw(st.booleans()):
            body = rules.tokenizer.encode(rules.task.problem(row % 3).gold)
        ids = [*body, eos_id][:9]
        rows[row, : len(ids)], lengths[row] = ids, len(ids)
    return rows, lengths


@given(data=st.data(), codec=st.sampled_from(["character", "bytes"]))
@settings(max_examples=60)
def test_responses_in_ids_pay_the_same_in_both_vector_environments(data: st.DataObject, codec: str) -> None:
    tokens, whole = groups("rlenvs/MathToken-v0", codec), groups("rlenvs/Math-v0", codec)
    ids, lengths = response_ids(data, tokens.unwrapped.rules)
    results = []
    for env in (tokens, whole):
        env.reset(options={"problem": [1, 2]})
        rewards, infos = env.unwrapped.respond(ids, lengths)
        results.append((rewards.tolist(), infos["status"].tolist(), infos["extracted"].tolist()))
    assert results[0] == results[1]


@given(data=st.data(), codec=st.sampled_from(["character", "bytes"]), cut=st.booleans())
@settings(max_examples=60)
@example(data=None, codec="character", cut=False)
def test_respond_does_what_stepping_every_token_does(data: st.DataObject | None, codec: str, cut: bool) -> None:
    env = groups("rlenvs/MathToken-v0", codec).unwrapped
    rules = env.rules
    if data is None:
        ids, lengths = np.full((6, 9), 5, np.int64), np.array([9, 0, 1, 9, 8, 9])
    else:
        ids, lengths = response_ids(data, rules)
    lengths = lengths // 2 if cut else lengths
    env.reset(seed=4)
    singles = [views_for_groups(codec) for _ in range(6)]
    for member, single in enumerate(singles):
        single.reset(options={"problem": int(env._problems[member])})
    rewards, infos = env.respond(ids, lengths)
    observations, steps = env._observations(), 0
    for member, single in enumerate(singles):
        stepped, info = 0.0, {}
        for token in ids[member, : lengths[member]].tolist():
            _, reward, _, _, info = single.step(token)
            stepped, steps = stepped + reward, steps + 1
        assert stepped == rewards[member]
        assert info.get("status") == infos.get("status", [None] * 6)[member]
        np.testing.assert_array_equal(single._observation, observations[member])
        assert single._is_over == env._over[member]
    assert steps == lengths.sum() == (observations[:, -1] - observations[:, -2]).sum()


def views_for_groups(codec: str) -> TokenEnv:
    """The single environment of `groups`."""
    return TokenEnv(task="sort", tokenizer=byte_level_tokenizer() if codec == "bytes" else None, max_tokens=9)

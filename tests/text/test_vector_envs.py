"""The native vector environments against `SyncVectorEnv`; groups; chosen problems; states; what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from hypothesis import given, settings
from hypothesis import strategies as st

from rlenvs.text.response_vector import ResponseVectorEnv
from rlenvs.text.token_vector import TokenVectorEnv
from tests.conformance.rollouts import assert_same
from tests.text.tokenizers_for_tests import byte_level_tokenizer

TOKEN, WHOLE = "rlenvs/MathToken-v0", "rlenvs/Math-v0"
CASES: list[tuple[str, dict[str, Any]]] = [
    (TOKEN, {}),
    (TOKEN, {"task": "sort", "level": 2, "max_tokens": 4, "split": "test"}),
    (TOKEN, {"task": "countdown", "style": "chat", "max_tokens": 3, "num_problems": 5}),
    (TOKEN, {"task": "addition", "level": 2, "tokenizer": "bytes", "max_prompt_tokens": 4}),
    (WHOLE, {}),
    (WHOLE, {"task": "addition", "style": "chat", "max_turns": 2}),
    (WHOLE, {"task": "sort", "max_turns": 3, "tokenizer": "bytes"}),
]
MODES = list(AutoresetMode)


def prepared(arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments | ({"tokenizer": byte_level_tokenizer()} if "tokenizer" in arguments else {})


def make_pair(
    env_id: str, arguments: dict[str, Any], num_envs: int, mode: AutoresetMode
) -> tuple[VectorEnv, VectorEnv]:
    arguments = prepared(arguments)
    single = gym.spec(env_id).entry_point
    native = gym.make_vec(env_id, num_envs, autoreset_mode=mode, **arguments)
    return native, SyncVectorEnv([lambda: gym.envs.registration.load_env_creator(single)(**arguments)] * num_envs,
                                 autoreset_mode=mode)  # fmt: skip


def random_actions(env: VectorEnv, rng: np.random.Generator) -> Any:
    """Tokens, many of them ends; or responses, some of them right."""
    rules = env.unwrapped.rules
    if env.spec.id == TOKEN:
        tokens = rng.integers(rules.tokenizer.vocab_size, size=env.num_envs)
        return np.where(rng.random(env.num_envs) < 0.2, rules.tokenizer.eos_id, tokens)
    golds = [rules.task.reference_response(rules.book.problem(problem)) for problem in env.unwrapped._problems.tolist()]
    return tuple(gold if rng.random() < 0.4 else rng.choice(["", "1", gold + gold, "é?"]) for gold in golds)


def play_both(native: VectorEnv, sync: VectorEnv, steps: int, rng: np.random.Generator) -> int:
    ends = 0
    for _ in range(steps):
        actions = random_actions(native, rng)
        result = native.step(actions)
        assert_same(result, sync.step(actions))
        over = result[2] | result[3]
        ends += int(over.sum())
        if native.metadata["autoreset_mode"] is AutoresetMode.DISABLED and over.any():
            masks = [{"reset_mask": over.copy()} for _ in range(2)]  # SyncVectorEnv empties its options
            assert_same(native.reset(options=masks[0]), sync.reset(options=masks[1]))
    return ends


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("env_id", "arguments"), CASES)
def test_equal_to_sync_vector_env(env_id: str, arguments: dict[str, Any], mode: AutoresetMode) -> None:
    native, sync = make_pair(env_id, arguments, 4, mode)
    assert native.observation_space == sync.observation_space and native.action_space == sync.action_space
    assert_same(native.reset(seed=[3, 1, 3, 2**40]), sync.reset(seed=[3, 1, 3, 2**40]))
    assert play_both(native, sync, 60, np.random.default_rng(0)) > 30
    assert_same(native.reset(), sync.reset())
    play_both(native, sync, 5, np.random.default_rng(1))
    assert native.np_random_seed == sync.np_random_seed
    for ours, theirs in zip(native.np_random, sync.np_random, strict=True):
        assert ours.random() == theirs.random()


@given(case=st.sampled_from(CASES), mode=st.sampled_from(MODES), num_envs=st.integers(1, 3), data=st.data())
@settings(max_examples=20)
def test_equal_under_any_sequence_of_resets_and_masks(
    case: tuple, mode: AutoresetMode, num_envs: int, data: st.DataObject
) -> None:
    native, sync = make_pair(*case, num_envs, mode)
    assert_same(native.reset(seed=data.draw(st.just(7))), sync.reset(seed=7))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    for _ in range(data.draw(st.integers(1, 4))):
        play_both(native, sync, data.draw(st.integers(0, 6)), rng)
        mask = rng.random(num_envs) < 0.6
        options = [{"reset_mask": mask.copy()} if mask.any() else {} for _ in range(2)]
        if data.draw(st.booleans()):
            problem = int(native.unwrapped.rules.book.indices(np.array([0.3]))[0])
            options = [others | {"problem": problem} for others in options]
        seed = data.draw(st.sampled_from([None, 5, [None if i % 2 else i for i in range(num_envs)]]))
        assert_same(native.reset(seed=seed, options=options[0]), sync.reset(seed=seed, options=options[1]))


@pytest.mark.parametrize(("env_id", "arguments"), [CASES[1], CASES[5]])
def test_groups_have_one_problem_and_one_generator(env_id: str, arguments: dict[str, Any]) -> None:
    env = gym.make_vec(env_id, 6, group_size=3, **arguments).unwrapped
    alone = gym.make_vec(env_id, 2, autoreset_mode="Disabled", **arguments)
    assert env.autoreset_mode == AutoresetMode.DISABLED
    for options in ({"seed": 9}, {}, {"seed": [4, 4]}):
        observations, infos = env.reset(**options)
        expected, expected_infos = alone.reset(**options)
        np.testing.assert_array_equal(np.asarray(observations), np.asarray(expected).repeat(3, axis=0))
        assert infos["problem_id"].tolist() == expected_infos["problem_id"].repeat(3).tolist()
    states = [generator.bit_generator.state for generator in env.np_random]
    assert states[0] == states[1] == states[2]


def test_members_with_noise_of_their_own_have_the_groups_problem() -> None:
    env = gym.make_vec(TOKEN, 6, group_size=3, independent_noise=True).unwrapped
    for options in ({"seed": 1}, {}):
        _, infos = env.reset(**options)
        assert len(set(infos["problem_id"][:3])) == 1
        assert len({generator.bit_generator.state["state"]["state"] for generator in env.np_random}) == 6


def test_finished_members_wait_for_their_group() -> None:
    env = gym.make_vec(TOKEN, 4, group_size=2)
    env.reset(seed=0)
    end = env.unwrapped.rules.tokenizer.eos_id
    *_, terminated, _, infos = env.step([end, 5, 5, 5])
    assert terminated.tolist() == [True, False, False, False] and infos["_status"].tolist() == terminated.tolist()
    observations, rewards, terminated, _, infos = env.step([5, end, 5, 5])
    assert terminated.tolist() == [True, True, False, False] and infos["_status"].tolist() == [
        False,
        True,
        False,
        False,
    ]
    assert observations[0, -1] == 5 and not rewards.any()
    with pytest.raises(ValueError, match="holds a part of group 0: reset whole groups"):
        env.reset(options={"reset_mask": np.array([True, False, False, False])})
    after, infos = env.reset(options={"reset_mask": np.array([True, True, False, False])})
    np.testing.assert_array_equal(after[2:], observations[2:])
    assert infos["_problem_id"].tolist() == [True, True, False, False] and infos["problem_id"][2] is None
    *_, terminated, _, _ = env.step([5, 5, 5, 5])
    assert terminated.tolist() == [False, False, True, True]


def test_problems_can_be_chosen_for_members_and_groups() -> None:
    env = gym.make_vec(WHOLE, 4, split="test")
    _, infos = env.reset(options={"problem": [6, 0, 0, 5]})
    assert infos["problem_id"].tolist() == [f"addition/1/test/{number}" for number in (6, 0, 0, 5)]
    groups = gym.make_vec(WHOLE, 4, group_size=2)
    mask = {"reset_mask": np.array([False, False, True, True])}
    groups.reset(seed=0)
    _, infos = groups.reset(options=mask | {"problem": np.array([1, 60])})
    assert infos["problem_id"].tolist() == [None, None, *["addition/1/train/60"] * 2]
    for problem, message in (
        ([1, 2, 3], r"options\['problem'\] must list 4, one a member"),
        (20, r"options\['problem'\] must be below 20"),
        ([0, 0, 0, -1], r"options\['problem'\] must be at least 0"),
    ):
        with pytest.raises(ValueError, match=message):
            env.reset(options={"problem": problem})


@pytest.mark.parametrize("mode", [*MODES, "groups"])
@pytest.mark.parametrize(("env_id", "arguments"), [CASES[1], CASES[5]])
def test_saved_and_pickled_environments_go_on_equally(env_id: str, arguments: dict[str, Any], mode: Any) -> None:
    how = {"group_size": 2} if mode == "groups" else {"autoreset_mode": mode}
    env = gym.make_vec(env_id, 4, **how, **arguments).unwrapped
    env.reset(seed=0)
    actions = (5,) * 4 if env_id == TOKEN else ("no", "é", "", "x")
    env.step(actions)
    others = [pickle.loads(pickle.dumps(env)), gym.make_vec(env_id, 4, **how, **arguments).unwrapped]
    others[1].restore(env.state())
    assert others[1].np_random_seed == (-1,) * 4 and others[0].np_random_seed == env.np_random_seed
    expected = [env.step(actions), env.reset(), env.step(actions)]
    for other in others:
        assert_same([other.step(actions), other.reset(), other.step(actions)], expected)
        assert other.state() == env.state()
    with pytest.raises(ValueError, match="state of another environment"):
        gym.make_vec(env_id, 2).unwrapped.restore(env.state())
    with pytest.raises(ValueError, match="damaged"):
        env.restore(env.state() + b"x")


def test_all_texts_are_shown() -> None:
    for env_id, action in ((TOKEN, 5), (WHOLE, "1")):
        env = gym.make_vec(env_id, 2, render_mode="ansi")
        with pytest.raises(gym.error.ResetNeeded):
            env.render()
        env.reset(options={"problem": [0, 1]})
        prompts = env.render()
        assert prompts == tuple(env.unwrapped.rules.task.problem(index).prompt for index in (0, 1))
        env.step([action] * 2)
        assert env.render() == tuple(prompt + "1" for prompt in prompts)
        frames = gym.make_vec(env_id, 2, render_mode="rgb_array")
        frames.reset(seed=0)
        assert [frame.dtype for frame in frames.render()] == [np.uint8] * 2
        assert gym.make_vec(env_id, 2).render() is None


def test_masks_of_all_members() -> None:
    env = TokenVectorEnv(3)
    masks = env.action_masks()
    assert masks.shape == (3, 15) and masks.dtype == np.bool_ and (masks.sum(axis=1) == 13).all()


def test_actions_that_are_no_strings_are_refused() -> None:
    env = ResponseVectorEnv(2)
    env.reset(seed=0)
    for actions, error, message in (
        ("ab", TypeError, "actions must be 2 strings, one a member, got 'ab'"),
        (("a",), ValueError, "actions must be 2 strings, one a member, got 1"),
        (("a", 3), TypeError, "actions must be 2 strings, got 3 at index 1"),
        (None, TypeError, "actions must be 2 strings"),
    ):
        with pytest.raises(error, match=message):
            env.step(actions)
    assert env.step(np.array(["1", "2"]))[2].all()


@pytest.mark.parametrize("made", [TokenVectorEnv, ResponseVectorEnv])
def test_bad_responses_are_refused_and_change_nothing(made: type) -> None:
    env = made(2, group_size=1)
    with pytest.raises(gym.error.ResetNeeded, match="respond was called before the first reset"):
        env.respond([[1], [1]], [1, 1])
    env.reset(seed=0)
    before = env.state()
    for ids, lengths, error, message in (
        ([[1, 5], [5, 1]], [2, 2], ValueError, r"lengths\[0\] is 2: the response ends before that"),
        ([[5] * 4] * 2, [3, 4], ValueError, r"lengths\[1\] is 4: the response ends before that"),
        ([[5, 1]], [2], ValueError, "token_ids and lengths must have 2 rows, got 1 and 1"),
        ([[5, 1]] * 2, [3, 0], ValueError, "lengths must lie in 0 to 2"),
        ([[5, 15], [1, 99]], [2, 1], ValueError, "token_ids must lie in 0 to 14, got 15 in row 0"),
        ([[5.0, 1.0]] * 2, [2, 2], TypeError, "token_ids must be integers, got dtype float64"),
        ([5, 1], [2, 2], ValueError, "token_ids must have 2 dimensions"),
        ([[5], [5, 1]], [1, 2], ValueError, "token_ids is a ragged sequence"),
    ):
        with pytest.raises(error, match=message):
            env.respond(ids, lengths)
        assert env.state() == before
    env.respond([[1], [1]], [1, 0])
    with pytest.raises(ValueError, match=r"lengths\[0\] must be 0: the member's episode is over"):
        env.respond([[1], [1]], [1, 1])
    assert env.respond([[1], [1]], [0, 1])[1]["_status"].tolist() == [False, True]
    with pytest.raises(ValueError, match="autoreset_mode is 'NextStep': respond needs 'Disabled' or groups"):
        gone_on = made(1)
        gone_on.reset()
        gone_on.respond([[1]], [1])


def test_bad_arguments_are_named() -> None:
    for arguments, message in (
        ({"num_envs": 0}, "num_envs must be at least 1, got 0"),
        ({"num_envs": 4, "group_size": 3}, "num_envs must be divisible by group_size=3, got 4"),
        ({"group_size": 1, "autoreset_mode": "NextStep"}, "autoreset_mode must be 'Disabled' with a group_size"),
        ({"independent_noise": True}, "independent_noise=True needs a group_size"),
        ({"render_mode": "human"}, "render_mode must be one of"),
        ({"max_episode_steps": 5}, "max_episode_steps is no option of addition"),
    ):
        for made in (TokenVectorEnv, ResponseVectorEnv):
            with pytest.raises(ValueError, match=message):
                made(**arguments)

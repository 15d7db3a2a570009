from __future__ import annotations

import copy
import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from hypothesis import given, settings
from hypothesis import strategies as st

from rlenvs.gridworld.env import GridEnv

from .helpers import IDS, assert_same


def play(env: gym.Env, actions: list[int]) -> list[object]:
    """What steps return; an episode's end is followed by a reset."""
    seen: list[object] = []
    for action in actions:
        step = env.step(action % env.action_space.n)
        seen.append(step)
        if step[2] or step[3]:
            seen.append(env.reset())
    return seen


@pytest.mark.parametrize("env_id", IDS)
def test_types_and_determinism(env_id: str) -> None:
    actions = np.random.default_rng(3).integers(0, 4, 300).tolist()
    runs = []
    for _ in range(2):
        env = gym.make(env_id).unwrapped
        runs.append([env.reset(seed=5), *play(env, actions)])
    assert_same(runs[0], runs[1])
    for step in runs[0]:
        if len(step) == 5:
            assert [type(value) for value in step[1:]] == [float, bool, bool, dict]
            assert step[4] == {}


def test_the_random_stream_is_as_documented() -> None:
    """With slip one uniform double a call; a replay by hand gives the same states."""
    env = GridEnv("four_rooms", slip=0.4)
    table, generator = env.world.table, np.random.default_rng(np.random.PCG64(9))
    state, _ = env.reset(seed=9)
    assert state == table.start_states[int(generator.random() * 103)]
    for action in np.random.default_rng(0).integers(0, 4, 50).tolist():
        draw = generator.random()
        state = table.next_state[state, action, (draw >= 0.6) + (draw >= 0.6 + 0.2)]
        assert env.step(action)[0] == state
    assert env.np_random.random() == generator.random()


@pytest.mark.parametrize(("world", "draws"), [("cat_house", 0), ("four_rooms", 1)])
def test_without_slip_only_drawn_starts_use_the_stream(world: str, draws: int) -> None:
    env = GridEnv(world)
    env.reset(seed=4)
    env.step(1)
    generator = np.random.default_rng(np.random.PCG64(4))
    generator.random(draws)
    assert env.np_random.random() == generator.random()


def test_truncation_and_termination_may_coincide() -> None:
    env = GridEnv("grid_world", map=["S.G"], step_limit=2)
    env.reset()
    assert env.step(1)[2:4] == (False, False)
    assert env.step(1)[1:4] == (1.0, True, True)


def test_step_limit_truncates() -> None:
    env = GridEnv("grid_world", map=["S.G"], step_limit=3)
    for _ in range(2):
        env.reset()
        assert [env.step(3)[3] for _ in range(3)] == [False, False, True]


def test_gymnasiums_time_limit_applies_on_top() -> None:
    env = gym.make("rlenvs/CatHouse-v0", max_episode_steps=5)
    env.reset()
    assert [env.step(0)[3] for _ in range(5)] == [False] * 4 + [True]


def test_stepping_outside_an_episode_is_an_error() -> None:
    env = GridEnv("grid_world", map=["SG"])
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(1)
    env.reset()
    env.step(1)
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(1)


@pytest.mark.parametrize("action", [np.int64(1), np.uint8(1), np.array(1), 1])
def test_integers_of_any_kind_are_actions(action: object) -> None:
    env = GridEnv("grid_world", map=["SG"])
    env.reset()
    assert env.step(action)[2]


@pytest.mark.parametrize("action", [1.0, "1", None, True, np.bool_(True), [1], np.array([1]), np.float32(1)])
def test_other_types_are_refused(action: object) -> None:
    env = GridEnv("cat_house")
    env.reset()
    with pytest.raises(TypeError, match="action must be an integer from 0 to 3"):
        env.step(action)


@pytest.mark.parametrize("action", [-1, 4, np.int64(4), 2**70])
def test_actions_out_of_range_are_refused_and_change_nothing(action: object) -> None:
    env = GridEnv("frozen_lake")
    env.reset(seed=0)
    before = env.state()
    with pytest.raises(ValueError, match="action must be an integer from 0 to 3, got"):
        env.step(action)
    assert env.state() == before


def test_unknown_arguments_and_options_are_named() -> None:
    with pytest.raises(TypeError, match="cat_house has no argument sise: it takes slip, step_limit"):
        gym.make("rlenvs/CatHouse-v0", sise=3)
    with pytest.raises(ValueError, match=r"options has unknown keys \['reset_mask'\]"):
        GridEnv("cat_house").reset(options={"reset_mask": 1})
    with pytest.raises(ValueError, match="render_mode must be one of 'human', 'rgb_array', 'ansi', got 'text'"):
        GridEnv("cat_house", render_mode="text")


@pytest.mark.parametrize("seed", [-1, "a", 1.5])
def test_bad_seeds_are_refused(seed: object) -> None:
    with pytest.raises(gym.error.Error, match="[Ss]eed must be"):
        GridEnv("cat_house").reset(seed=seed)


@given(st.sampled_from(IDS), st.integers(0, 2**64), st.lists(st.integers(0, 3), max_size=30), st.data())
@settings(max_examples=40)
def test_restore_continues_exactly(env_id: str, seed: int, actions: list[int], data: st.DataObject) -> None:
    kwargs = {} if "DeepSea" in env_id else {"slip": data.draw(st.sampled_from([0.0, 0.5])), "step_limit": 9}
    if "Maze" in env_id:
        kwargs["split"] = "test"
    env, other = (gym.make(env_id, **kwargs).unwrapped for _ in range(2))
    env.reset(seed=seed)
    play(env, actions)
    saved = env.state()
    following = [env.reset() if env._is_over else None, *play(env, actions[::-1])]
    for continued in (env, other):
        continued.restore(saved)
        assert continued.state() == saved
        assert_same([continued.reset() if continued._is_over else None, *play(continued, actions[::-1])], following)


def test_copies_and_pickles_continue_alike() -> None:
    for env_id in ("rlenvs/FrozenLake-v0", "rlenvs/Maze-v0"):
        env = gym.make(env_id).unwrapped
        env.reset(seed=2)
        copies = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
        expected = play(env, [0, 1, 2, 3] * 10)
        for one in copies:
            assert_same(play(one, [0, 1, 2, 3] * 10), expected)


def test_a_fresh_copy_of_a_world_has_the_same_fingerprint() -> None:
    saved = GridEnv("maze", split="test").state()
    GridEnv("maze", split="test").restore(saved)


@pytest.mark.parametrize("data", [b"", b"garbage", b"rlenvs.gridworld/1", bytes(200)])
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="restore got"):
        GridEnv("cat_house").restore(data)


def test_states_of_other_environments_are_refused() -> None:
    env = GridEnv("cat_house")
    for other in (GridEnv("cat_house", step_limit=99), GridEnv("cliff_walk"), GridEnv("cat_house", slip=0.1)):
        with pytest.raises(ValueError, match="state of another environment"):
            env.restore(other.state())
    with pytest.raises(TypeError, match="restore needs the bytes"):
        env.restore("text")


@given(st.data())
@settings(max_examples=50)
def test_damaged_bytes_are_refused(data: st.DataObject) -> None:
    env = GridEnv("cat_house")
    env.reset(seed=1)
    saved = env.state()
    place = data.draw(st.integers(0, len(saved) - 1))
    damaged = bytearray(saved)
    damaged[place] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(damaged), saved[:place], saved + b"x"):
        with pytest.raises(ValueError, match="restore got"):
            env.restore(wrong)
    assert env.state() == saved


def test_only_numpys_default_generator_can_be_saved() -> None:
    env = GridEnv("frozen_lake")
    env.np_random = np.random.Generator(np.random.Philox(1))
    with pytest.raises(ValueError, match="saves PCG64 generators only, np_random is Philox"):
        env.state()

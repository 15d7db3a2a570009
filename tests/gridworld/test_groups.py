"""Groups: members that begin alike, stay alike under equal actions, and wait for one another."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from hypothesis import given, settings
from hypothesis import strategies as st

from rlenvs.gridworld.vector import GridVectorEnv

from .helpers import BACKENDS, IDS, assert_same


def make_groups(env_id: str, groups: int, size: int, **kwargs: Any) -> Any:
    if "Maze" in env_id:
        kwargs["split"] = "test"
    if "DeepSea" not in env_id:
        kwargs["slip"] = 0.3
        kwargs["step_limit"] = 12
    return gym.make_vec(env_id, num_envs=groups * size, group_size=size, **kwargs)


@pytest.mark.parametrize("backend", BACKENDS)
@given(st.sampled_from(IDS), st.integers(1, 3), st.integers(1, 4), st.integers(0, 2**40), st.data())
@settings(max_examples=25)
def test_equal_actions_give_equal_trajectories_within_a_group(
    backend: str, env_id: str, groups: int, size: int, seed: int, data: st.DataObject
) -> None:
    env = make_groups(env_id, groups, size, backend=backend)
    single = gym.make_vec(env_id, num_envs=groups, group_size=1, **{
        k: v for k, v in env.spec.kwargs.items() if k in ("split", "slip", "step_limit")
    })  # fmt: skip
    rng = np.random.default_rng(seed)
    for reset_seed in (seed, None):  # the second episode continues the leaders' streams
        for ours, alone in zip(env.reset(seed=reset_seed)[:1], single.reset(seed=reset_seed)[:1], strict=True):
            np.testing.assert_array_equal(ours, alone.repeat(size, axis=0))
        for _ in range(data.draw(st.integers(0, 15))):
            actions = rng.integers(0, env.single_action_space.n, groups)
            together, alone = env.step(actions.repeat(size)), single.step(actions)
            assert_same(together[:4], tuple(array.repeat(size, axis=0) for array in alone[:4]))


def test_group_g_is_seeded_with_seed_plus_g_or_its_own() -> None:
    env = GridVectorEnv(6, "four_rooms", group_size=3)
    singles = GridVectorEnv(2, "four_rooms")
    np.testing.assert_array_equal(env.reset(seed=8)[0], singles.reset(seed=8)[0].repeat(3))
    np.testing.assert_array_equal(env.reset(seed=[4, 90])[0], singles.reset(seed=[4, 90])[0].repeat(3))
    assert env.np_random_seed == (4, 4, 4, 90, 90, 90)


def test_finished_members_wait_and_draw_nothing() -> None:
    env = GridVectorEnv(3, "grid_world", map=["SG."], group_size=3, slip=0.5, step_limit=4)
    rng = np.random.default_rng(0)
    waits = 0
    for seed in range(30):
        env.reset(seed=seed)
        ended = np.zeros(3, dtype=np.bool_)
        last = None
        for _ in range(10):
            states = [str(g.bit_generator.state) for g in env.np_random]
            step = env.step(rng.integers(0, 4, 3))
            for member in np.flatnonzero(ended):
                waits += 1
                assert step[0][member] == last[0][member]
                assert step[1][member] == 0
                assert (step[2][member], step[3][member]) == (last[2][member], last[3][member])
                assert str(env.np_random[member].bit_generator.state) == states[member]
            ended |= step[2] | step[3]
            last = step
        assert ended.all()
    assert waits > 300


def test_waiting_rewards_and_flags_by_hand() -> None:
    env = GridVectorEnv(2, "grid_world", map=["S.G"], group_size=2, step_limit=3, rewards={"G": 5})
    env.reset()
    steps = [env.step([1, 0]) for _ in range(5)]
    assert [step[1].tolist() for step in steps] == [[0, 0], [5, 0], [0, 0], [0, 0], [0, 0]]
    assert [step[2].tolist() for step in steps] == [[False, False]] + [[True, False]] * 4
    assert [step[3].tolist() for step in steps] == [[False, False]] * 2 + [[False, True]] * 3
    assert steps[-1][0].tolist() == [2, 0]


def test_a_mask_restarts_whole_groups_only() -> None:
    env = GridVectorEnv(4, "frozen_lake", group_size=2)
    env.reset(seed=0)
    for _ in range(5):
        before = env.step([2, 3, 1, 0])[0]
    after, _ = env.reset(options={"reset_mask": np.array([False, False, True, True])})
    assert after.tolist() == [before[0], before[1], 0, 0]
    assert env.np_random[2].random() == env.np_random[3].random()
    with pytest.raises(ValueError, match="holds a part of group 1: reset whole groups"):
        env.reset(options={"reset_mask": np.array([True, True, False, True])})


def test_independent_noise_is_deterministic_and_differs_between_members() -> None:
    runs = []
    for _ in range(2):
        env = GridVectorEnv(40, "frozen_lake", group_size=20, independent_noise=True)
        env.reset(seed=3)
        runs.append([env.step(np.full(40, 1)) for _ in range(4)])
    assert_same(runs[0], runs[1])
    by_group = np.stack([step[0] for step in runs[0]]).reshape(4, 2, 20)
    assert len(set(by_group[-1, 0].tolist())) > 1
    leaders = GridVectorEnv(2, "frozen_lake", group_size=1)
    leaders.reset(seed=3)
    for step in runs[0]:
        np.testing.assert_array_equal(step[0][::20], leaders.step(np.full(2, 1))[0])


def test_groups_restore() -> None:
    env, other = (GridVectorEnv(6, "frozen_lake", group_size=3, step_limit=7) for _ in range(2))
    env.reset(seed=5)
    rng = np.random.default_rng(0)
    for _ in range(6):
        env.step(rng.integers(0, 4, 6))
    saved = env.state()
    actions = rng.integers(0, 4, (10, 6))
    expected = [env.step(row) for row in actions]
    other.restore(saved)
    assert_same([other.step(row) for row in actions], expected)


def test_groups_are_disabled_mode() -> None:
    assert GridVectorEnv(4, group_size=2).metadata["autoreset_mode"] == AutoresetMode.DISABLED
    assert GridVectorEnv(4, group_size=2, autoreset_mode="Disabled").group_size == 2
    for mode in ("NextStep", AutoresetMode.SAME_STEP):
        with pytest.raises(ValueError, match="autoreset_mode must be 'Disabled' with a group_size"):
            GridVectorEnv(4, group_size=2, autoreset_mode=mode)


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        (3, ValueError, "num_envs must be divisible by group_size=3, got 4"),
        (0, ValueError, "group_size must be at least 1, got 0"),
        (2.0, TypeError, "group_size must be an integer"),
    ],
)
def test_bad_group_sizes_are_refused(size: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        GridVectorEnv(4, group_size=size)


def test_seed_lists_have_one_seed_a_group() -> None:
    with pytest.raises(ValueError, match="seed must list 2 seeds"):
        GridVectorEnv(4, group_size=2).reset(seed=[1, 2, 3, 4])

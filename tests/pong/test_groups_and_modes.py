"""The vector environment against `SyncVectorEnv`, in every mode; groups; states."""

from __future__ import annotations

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rlenvs.pong.vector import PongVectorEnv
from tests.conformance.rollouts import assert_same

IDS = ["rlenvs/Pong-v0", "rlenvs/PongFast-v0", "rlenvs/PongDifference-v0", "rlenvs/PongRam-v0"]
RANDOM = {"repeat_action_probability": 0.25, "noop_max": 6}
SHORT = {"max_num_frames_per_episode": 70}


def actions_for(env: Any, steps: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(env.single_action_space.n, size=(steps, env.num_envs))


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("env_id", IDS)
def test_members_equal_single_environments(env_id: str, mode: AutoresetMode) -> None:
    native = gym.make_vec(env_id, 3, autoreset_mode=mode, **RANDOM, **SHORT)
    sync = SyncVectorEnv([lambda: gym.make(env_id, **RANDOM, **SHORT)] * 3, autoreset_mode=mode)
    assert_same(native.reset(seed=[3, 1, 3]), sync.reset(seed=[3, 1, 3]))
    ends = 0
    for actions in actions_for(native, 60):
        result = native.step(actions)
        assert_same(result, sync.step(actions))
        over = result[2] | result[3]
        ends += over.sum()
        if mode == AutoresetMode.DISABLED and over.any():
            options = {"reset_mask": over.copy()}
            assert_same(native.reset(options=dict(options)), sync.reset(options=dict(options)))
    assert ends > 5


def test_points_reach_the_infos_and_the_final_infos() -> None:
    env = PongVectorEnv(2, "ram", "SameStep", max_num_frames_per_episode=2000)
    env.reset(seed=0)
    points = final_points = 0
    for _ in range(520):
        _, rewards, terminated, truncated, infos = env.step([0, 0])
        over = terminated | truncated
        np.testing.assert_array_equal(infos["point"], np.where(over, 0, rewards))
        points += np.abs(infos["point"]).sum()
        if over.any():
            np.testing.assert_array_equal(infos["final_info"]["point"], rewards)
            final_points += 1
    assert points > 20 and final_points == 1


def test_a_step_limit_counts_steps() -> None:
    env = gym.make_vec("rlenvs/PongRam-v0", num_envs=2, max_episode_steps=3, noop_max=10)
    assert env.step_limit == 3 and PongVectorEnv(2).step_limit == 27_000
    env.reset(seed=0)
    assert [env.step([0, 0])[3].all() for _ in range(3)] == [False, False, True]
    assert gym.make_vec("rlenvs/PongRam-v0", num_envs=1, max_episode_steps=10**6).step_limit == 27_000


def test_groups_start_equal_and_stay_equal_under_equal_actions() -> None:
    env = PongVectorEnv(6, "ram", group_size=3, **RANDOM, **SHORT)
    assert env.autoreset_mode == AutoresetMode.DISABLED
    observations, _ = env.reset(seed=2)
    reference = PongVectorEnv(2, "ram", "Disabled", **RANDOM, **SHORT)
    expected, _ = reference.reset(seed=2)
    for episode in range(3):
        np.testing.assert_array_equal(observations, expected.repeat(3, axis=0))
        for action in actions_for(reference, 15, seed=episode):
            result, single = env.step(action.repeat(3)), reference.step(action)
            for array, other in zip(result[:4], single[:4], strict=True):
                np.testing.assert_array_equal(array, other.repeat(3, axis=0))
        observations, _ = env.reset(options={"reset_mask": np.ones(6, np.bool_)})
        expected, _ = reference.reset()


def test_members_whose_episode_is_over_wait_for_their_group() -> None:
    env = PongVectorEnv(4, "fast", group_size=2, noop_max=30, max_num_frames_per_episode=45)
    env.reset(seed=1)
    while True:
        result = env.step([0, 1, 2, 0])
        over = result[2] | result[3]
        if over.any():
            break
    again = env.step([1, 1, 1, 1])
    np.testing.assert_array_equal(again[0][over], result[0][over])
    assert not again[1][over].any() and again[3][over].all()
    assert env.reset(options={"reset_mask": over})[0] in env.observation_space
    assert not env.step([0, 0, 0, 0])[3][over].any()
    with pytest.raises(ValueError, match="holds a part of group 0"):
        env.reset(options={"reset_mask": np.array([True, False, False, False])})


def test_independent_noise_parts_the_members_of_a_group() -> None:
    arguments = {"group_size": 4, "repeat_action_probability": 0.5}
    env, again = (PongVectorEnv(4, "ram", independent_noise=True, **arguments) for _ in range(2))
    plain = PongVectorEnv(4, "ram", **arguments)
    for one in (env, again, plain):
        one.reset(seed=0)
    rounds = []
    for _ in range(2):
        for step in range(40):
            action = np.full(4, step % 3)
            observations = env.step(action)[0]
            assert_same(observations, again.step(action)[0])
            np.testing.assert_array_equal(observations[0], plain.step(action)[0][0])
        assert len(np.unique(observations, axis=0)) > 1
        rounds.append(observations[1:])
        for one in (env, again, plain):
            one.reset()
    assert (rounds[0] != rounds[1]).any()


@pytest.mark.parametrize("mode", AutoresetMode)
def test_states_and_pickles_go_on_equally(mode: AutoresetMode) -> None:
    env, other = (PongVectorEnv(3, "fast", mode, **RANDOM, **SHORT) for _ in range(2))
    env.reset(seed=5)
    for action in actions_for(env, 9):
        env.step(action)
    other.restore(env.state())
    twins = [other, pickle.loads(pickle.dumps(env))]
    assert [twin.state() == env.state() for twin in twins] == [True, True]
    for action in actions_for(env, 12, seed=1):
        result = env.step(action)
        for twin in twins:
            assert_same(twin.step(action), result)
        if mode == AutoresetMode.DISABLED and result[3].any():
            break
    result = env.reset()
    for twin in twins:
        assert_same(twin.reset(), result)
    assert twins[1].np_random_seed == (5, 6, 7) and other.np_random_seed == (-1, -1, -1)


def test_foreign_states_are_refused() -> None:
    env = PongVectorEnv(2, "ram")
    for other in (PongVectorEnv(3, "ram"), PongVectorEnv(2, "ram", frame_skip=2), PongVectorEnv(2, "ram", "SameStep"),
                  PongVectorEnv(2, "ram", max_episode_steps=9)):  # fmt: skip
        with pytest.raises(ValueError, match="state of another environment"):
            env.restore(other.state())


def test_a_closed_environment_says_so() -> None:
    env = PongVectorEnv(2, "ram")
    env.reset(seed=0)
    env.close()
    env.close()
    with pytest.raises(gym.error.ClosedEnvironmentError, match="make a new one"):
        env.step([0, 0])


def test_every_member_is_rendered() -> None:
    env = PongVectorEnv(2, render_mode="rgb_array")
    env.reset(seed=0)
    assert [frame.shape for frame in env.render()] == [(210, 160, 3)] * 2
    env = PongVectorEnv(2, render_mode="ansi")
    env.reset(seed=0)
    assert all(text.startswith("opponent") for text in env.render())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"num_envs": 0}, ValueError, "num_envs must be at least 1, got 0"),
        ({"autoreset_mode": "Never"}, ValueError, "autoreset_mode must be an AutoresetMode or one of"),
        ({"group_size": 2, "num_envs": 3}, ValueError, "num_envs must be divisible by group_size=2"),
        ({"independent_noise": True}, ValueError, "independent_noise=True needs a group_size"),
        ({"workers": -1}, ValueError, "workers must be at least 0, got -1"),
        ({"workers": 1.5}, TypeError, "workers must be an integer"),
        ({"render_mode": "human"}, ValueError, "render_mode must be one of 'rgb_array', 'ansi'"),
        ({"max_episode_steps": 0}, ValueError, "max_episode_steps must be at least 1"),
        ({"frameskip": 2}, TypeError, "frameskip"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        PongVectorEnv(**{"num_envs": 2, **arguments})

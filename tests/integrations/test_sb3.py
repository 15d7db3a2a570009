"""The SB3 door against SB3's own vectorisation, and SB3's algorithms through it."""

from __future__ import annotations

import subprocess
import sys
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack, VecNormalize

from rlenvs.integrations.sb3 import SB3VecEnv, make_sb3_vec_env
from rlenvs.registration import ENVIRONMENTS

WITHOUT_SB3 = ("rlenvs/Math-v0", "rlenvs/Code-v0")  # SB3 has no text actions
IDS = [entry.id for entry in ENVIRONMENTS if entry.id not in WITHOUT_SB3]
SEED = 7
NUM_ENVS = 3


def make_reference(env_id: str, num_envs: int = NUM_ENVS, **kwargs) -> DummyVecEnv:
    env = DummyVecEnv([lambda: Monitor(gym.make(env_id, **kwargs)) for _ in range(num_envs)])
    env.seed(SEED)
    return env


def assert_same_infos(ours: list[dict], theirs: list[dict], dones: np.ndarray) -> None:
    for our_info, their_info, done in zip(ours, theirs, dones, strict=True):
        if not done:
            assert our_info == {}
            continue
        assert our_info["TimeLimit.truncated"] is their_info["TimeLimit.truncated"]
        assert our_info["episode"]["r"] == their_info["episode"]["r"]
        assert our_info["episode"]["l"] == their_info["episode"]["l"]
        assert our_info["episode"]["t"] >= 0
        keys = {"lives", "point", "status", "extracted", "reward/correct"} & their_info.keys()
        assert {key: our_info[key] for key in keys} == {key: their_info[key] for key in keys}
        np.testing.assert_array_equal(our_info["terminal_observation"], their_info["terminal_observation"])


def assert_same_trajectories(ours: SB3VecEnv, theirs: DummyVecEnv, steps: int) -> int:
    """Steps both with the same random actions; returns the number of episodes that ended."""
    actions = np.random.default_rng(SEED)
    np.testing.assert_array_equal(ours.reset(), theirs.reset())
    episodes = 0
    for _ in range(steps):
        action = actions.integers(theirs.action_space.n, size=theirs.num_envs)
        (our_obs, *our_rest, our_infos), (their_obs, *their_rest, their_infos) = (
            ours.step(action),
            theirs.step(action),
        )
        np.testing.assert_array_equal(our_obs, their_obs)
        assert our_obs.dtype == their_obs.dtype
        for our_array, their_array in zip(our_rest, their_rest, strict=True):
            np.testing.assert_array_equal(our_array, their_array)
            assert our_array.dtype == their_array.dtype
        assert_same_infos(our_infos, their_infos, our_rest[-1])
        episodes += int(our_rest[-1].sum())
    return episodes


@pytest.mark.parametrize("env_id", IDS)
def test_trajectories_equal_dummy_vec_env_of_monitored_environments(env_id: str) -> None:
    with_limit = {"max_num_frames_per_episode": 36} if "Pong" in env_id else {"step_limit": 9}
    if any(name in env_id for name in ("DeepSea", "MathToken", "CodeToken")):
        with_limit = {}
    ours = make_sb3_vec_env(env_id, NUM_ENVS, seed=SEED, **with_limit)
    assert assert_same_trajectories(ours, make_reference(env_id, **with_limit), steps=60) > 2


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("vectorization", ["sync", "async"])
def test_any_autoreset_mode_of_other_environments(mode: AutoresetMode, vectorization: str) -> None:
    vector_env = gym.make_vec(
        "CartPole-v1", NUM_ENVS, vectorization, vector_kwargs={"autoreset_mode": mode}, max_episode_steps=15
    )
    ours = SB3VecEnv(vector_env)
    ours.seed(SEED)
    theirs = make_reference("CartPole-v1", max_episode_steps=15)
    assert assert_same_trajectories(ours, theirs, steps=60) > 2
    ours.close()


@pytest.mark.parametrize("mode", AutoresetMode)
def test_any_autoreset_mode_of_native_environments(mode: AutoresetMode) -> None:
    ours = make_sb3_vec_env("rlenvs/FrozenLake-v0", NUM_ENVS, seed=SEED, autoreset_mode=mode)
    assert assert_same_trajectories(ours, make_reference("rlenvs/FrozenLake-v0"), steps=80) > 2


def test_same_step_final_infos_reach_sb3() -> None:
    class Counting(gym.Wrapper):
        def step(self, action):
            *rest, info = super().step(action)
            return *rest, info | {"lives": 3, "reward": {"speed": 0.5}}

    make = [lambda: Counting(gym.make("CartPole-v1", max_episode_steps=2))] * 2
    vector_env = gym.vector.SyncVectorEnv(make, autoreset_mode=AutoresetMode.SAME_STEP)
    env = SB3VecEnv(vector_env)
    env.reset()
    env.step(np.zeros(2, dtype=np.int64))
    infos = env.step(np.zeros(2, dtype=np.int64))[-1]
    assert [info["lives"] for info in infos] == [3, 3]
    assert infos[1]["reward"] == {"speed": 0.5}


def test_infos_belong_to_the_caller() -> None:
    env = make_sb3_vec_env("rlenvs/FourRooms-v0", NUM_ENVS, seed=SEED)
    env.reset()
    first = env.step(np.zeros(NUM_ENVS, dtype=np.int64))[-1]
    first[0]["mine"] = 1
    assert first[1] == {}
    assert env.step(np.zeros(NUM_ENVS, dtype=np.int64))[-1] == [{}] * NUM_ENVS


def test_a_vector_environment_that_ignores_reset_masks_is_refused() -> None:
    env = make_sb3_vec_env("CartPole-v1", NUM_ENVS, seed=SEED)
    env.reset()
    with pytest.raises(RuntimeError, match=r"ignores reset_mask: set vectorization_mode='sync'"):
        for _ in range(100):
            env.step(np.array([0, 1, 0]))


def test_only_vector_environments_are_adapted() -> None:
    with pytest.raises(TypeError, match="make it with gymnasium.make_vec"):
        SB3VecEnv(gym.make("CartPole-v1"))


class Masked(gym.Wrapper):
    def action_masks(self) -> np.ndarray:
        return np.array([True, False])


def test_methods_and_attributes_of_single_members() -> None:
    env = SB3VecEnv(gym.vector.SyncVectorEnv([lambda: Masked(gym.make("CartPole-v1"))] * 2))
    np.testing.assert_array_equal(np.stack(env.env_method("action_masks")), [[True, False]] * 2)
    assert len(env.env_method("action_masks", indices=[1])) == 1
    assert env.has_attr("action_masks") and not env.has_attr("no_such_attribute")
    env.set_attr("gravity", 5.0)
    assert env.get_attr("gravity") == [5.0, 5.0]
    assert env.get_attr("gravity", indices=0) == [5.0]


def test_methods_and_attributes_of_a_native_vector_environment() -> None:
    env = make_sb3_vec_env("rlenvs/FrozenLake-v0", NUM_ENVS)
    env.vector_env.action_masks = lambda: np.eye(NUM_ENVS, dtype=bool)
    assert env.has_attr("action_masks") and not env.has_attr("no_such_attribute")
    np.testing.assert_array_equal(env.env_method("action_masks", indices=[2])[0], [False, False, True])
    env.set_attr("colour", "red")
    assert env.get_attr("colour") == ["red"] * NUM_ENVS
    with pytest.raises(ValueError, match="can only be set for all members"):
        env.set_attr("colour", "red", indices=[0])


def test_says_that_episodes_are_monitored() -> None:
    env = make_sb3_vec_env("rlenvs/FrozenLake-v0", NUM_ENVS)
    assert env.env_is_wrapped(Monitor) == [True] * NUM_ENVS
    assert env.env_is_wrapped(gym.wrappers.TimeLimit, indices=[0]) == [False]


def test_seed_and_options_are_used_once() -> None:
    env = make_sb3_vec_env("rlenvs/FourRooms-v0", 32, seed=SEED)
    first, second = env.reset(), env.reset()
    assert (first != second).any()
    env.seed(SEED)
    np.testing.assert_array_equal(env.reset(), first)
    env.set_options([{"a": 1}] + [{}] * 31)
    with pytest.raises(ValueError, match="one dict for all"):
        env.reset()


def test_render_tiles_the_members() -> None:
    env = make_sb3_vec_env("rlenvs/CatHouse-v0", 4, seed=SEED, render_mode="rgb_array")
    env.reset()
    single = gym.make("rlenvs/CatHouse-v0", render_mode="rgb_array")
    single.reset(seed=SEED)
    height, width, _ = single.render().shape
    assert env.render().shape == (2 * height, 2 * width, 3)
    np.testing.assert_array_equal(env.get_images()[0], single.render())
    assert make_sb3_vec_env("rlenvs/CatHouse-v0", 2).get_images() == [None, None]


@pytest.mark.parametrize("algorithm", [PPO, A2C, DQN])
def test_algorithms_learn(algorithm) -> None:
    env = make_sb3_vec_env("rlenvs/FourRooms-v0", 4, seed=SEED, step_limit=20)
    sizes = {"n_steps": 16, "batch_size": 32} if algorithm is PPO else {}
    model = algorithm("MlpPolicy", env, seed=SEED, device="cpu", **sizes).learn(256)
    assert model.num_timesteps >= 256
    assert len(model.ep_info_buffer) > 0
    env.close()


def test_sb3s_evaluation_counts_whole_episodes() -> None:
    env = make_sb3_vec_env("rlenvs/CliffWalk-v0", 2, step_limit=7)
    model = PPO("MlpPolicy", env, n_steps=16, batch_size=32, seed=SEED, device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        returns, lengths = evaluate_policy(model, env, n_eval_episodes=4, return_episode_rewards=True)
    assert lengths == [7] * 4
    assert all(value <= -7 for value in returns)


def test_wrappers_of_sb3_work_on_it() -> None:
    env = VecFrameStack(VecNormalize(make_sb3_vec_env("rlenvs/DoorKey-v0", 4, seed=SEED, step_limit=5)), 2)
    env.reset()
    for _ in range(12):
        observations, _, dones, infos = env.step(np.zeros(4, dtype=np.int64))
        assert all(("terminal_observation" in info) == done for info, done in zip(infos, dones, strict=True))
    assert np.isfinite(observations).all()


def test_a_missing_sb3_is_named_with_its_remedy() -> None:
    code = "import sys; sys.modules['stable_baselines3'] = None; import rlenvs.integrations.sb3"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stderr.splitlines()[-1] == (
        "ImportError: Stable-Baselines3 is missing: pip install 'rlenvs-suite[agents]'"
    )

"""Algorithms of Stable-Baselines3 and sb3-contrib train on the token view as it is."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecEnv

from rlenvs.integrations.sb3 import make_sb3_vec_env

MAKERS = {
    "native": lambda: make_sb3_vec_env("rlenvs/MathToken-v0", 4, seed=0),
    "single": lambda: make_vec_env("rlenvs:rlenvs/MathToken-v0", 4, seed=0),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_maskable_ppo_trains_and_writes_no_padding(maker: str) -> None:
    contrib = pytest.importorskip("sb3_contrib")
    from sb3_contrib.common.maskable.utils import get_action_masks

    env: VecEnv = MAKERS[maker]()
    model = contrib.MaskablePPO("MlpPolicy", env, n_steps=16, batch_size=32, seed=0, device="cpu").learn(128)
    masks = get_action_masks(env)
    assert masks.shape == (4, 15) and not masks[:, [0, 2]].any() and masks[:, 1].all()
    observations, written = env.reset(), []
    for _ in range(20):
        actions, _ = model.predict(observations, action_masks=get_action_masks(env))
        written += actions.tolist()
        observations, *_ = env.step(actions)
    assert not {0, 2} & set(written)
    env.close()


def test_masks_reach_through_wrappers() -> None:
    env = gym.wrappers.RecordEpisodeStatistics(gym.make("rlenvs/MathToken-v0"))
    np.testing.assert_array_equal(env.get_wrapper_attr("action_masks")(), env.unwrapped.action_masks())

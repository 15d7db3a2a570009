"""GRPO's presets are the methods that they are called after, or say where they are not."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import gymnasium as gym
import pytest

import rlenvs  # noqa: F401
from agents import grpo
from agents.configuration import make_config


def resolved(preset: str) -> grpo.Config:
    return make_config(grpo.Config, {**grpo.PRESETS["text"], **grpo.PRESETS[preset]})


def test_presets_learn_from_solved_groups_where_these_have_advantages_or_count():
    assert not resolved("reinforce-plus-plus-baseline").skip_equal_groups
    assert not resolved("dr-grpo").skip_equal_groups
    assert resolved("gspo").skip_equal_groups


@pytest.mark.parametrize("preset", ["rloo", "opo"])
def test_presets_without_an_importance_ratio_take_one_step_a_batch_wherever_they_stand(preset):
    for config in (resolved(preset), make_config(grpo.Config, grpo.PRESETS[preset])):
        assert (config.epochs, config.minibatches, config.surrogate) == (1, 1, "reinforce")


@pytest.mark.parametrize(
    ("env_id", "arguments", "limit"),
    [("rlenvs/CliffWalk-v0", {"step_limit": 70}, 70), ("rlenvs/Pong-v0", {}, 27_000), ("CartPole-v1", {}, 500)],
)
def test_dr_grpo_divides_by_the_environments_limit(env_id, arguments, limit):
    env = gym.make_vec(env_id, num_envs=2, **arguments)
    config = make_config(grpo.Config, grpo.PRESETS["dr-grpo"])
    assert grpo.with_scale(config, env).loss_scale_factor == limit
    given = replace(config, loss_scale_factor=3.0)
    assert grpo.with_scale(given, env) is given
    assert grpo.with_scale(grpo.Config(), env) == grpo.Config()


def test_on_text_dr_grpo_divides_by_the_token_limit():
    env = gym.make_vec("rlenvs/MathToken-v0", 2, group_size=2, task="sort", level=1)
    config = resolved("dr-grpo")
    assert grpo.with_scale(config, env).loss_scale_factor == env.unwrapped.rules.max_tokens


def test_without_a_limit_dr_grpo_asks_for_a_number():
    env = SimpleNamespace(unwrapped=SimpleNamespace(), spec=SimpleNamespace(max_episode_steps=None))
    with pytest.raises(ValueError, match="config loss_scale_factor=none: .*; set it to a number"):
        grpo.with_scale(make_config(grpo.Config, grpo.PRESETS["dr-grpo"]), env)

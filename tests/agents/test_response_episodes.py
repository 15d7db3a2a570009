"""A language model's public episodes: written whole, they are those that it plays token by token."""

from __future__ import annotations

import gymnasium as gym
import pytest
import torch

from agents.examination import ActionProbabilities, play_for
from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.registry import load_agent
from agents.response_episodes import write_episodes
from rlenvs.leaderboard.episodes import play_episodes, sampled_choices
from rlenvs.leaderboard.evaluation import evaluation_seeds
from rlenvs.text.rules import make_rules

ENV = "rlenvs/MathToken-v0"
TASK = {"task": "sort", "level": 1, "length": 3, "symbols": "abc"}
RUN_ID = "0123456789ab"


def small_policy(**settings):
    torch.set_num_threads(1)
    config = PolicyConfig(network="causal_lm", precision="float32", **settings)
    return build_language_policy(make_rules(**TASK), config, 0)


@pytest.mark.parametrize("settings", [{}, {"temperature": 0.5}, {"stop": ("bb", "c")}])
@pytest.mark.parametrize("num_envs", [24, 10])
def test_whole_responses_are_the_episodes_that_tokens_make(settings, num_envs):
    policy, seeds = small_policy(**settings), evaluation_seeds(RUN_ID, 24)
    envs = gym.make_vec(ENV, num_envs, group_size=1, **TASK)
    written = write_episodes(policy, envs, RUN_ID, 7, seeds)
    played = play_episodes(envs, sampled_choices(ActionProbabilities(policy), RUN_ID, 7), seeds)
    assert written == played
    assert len({row["length"] for row in played.rows}) > 2
    assert written != write_episodes(policy, envs, RUN_ID, 8, seeds)


def test_a_language_models_episodes_read_each_prompt_once(monkeypatch):
    policy = small_policy()
    monkeypatch.setattr(type(policy), "logits", lambda *_: pytest.fail("played token by token"))
    spec = load_agent("grpo").spec(ENV, 0, 512, "text@1", {}, "text", TASK)
    episodes = play_for(spec, ActionProbabilities(policy), 0, evaluation_seeds(RUN_ID, 5))
    assert len(episodes.rows) == 5

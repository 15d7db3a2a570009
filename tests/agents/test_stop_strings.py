"""Stop strings end responses in training, in evaluations and token by token: the policy acts alike everywhere."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch

from agents.language_evaluation import answer, first_problems
from agents.language_exam import Exam, sit
from agents.loading import load_policy, load_probabilities
from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.reevaluation import reevaluate
from agents.registry import load_agent
from agents.rollouts.clock import Clock
from agents.rollouts.generation import Sampling
from agents.rollouts.generation_collector import GenerationCollector
from agents.rollouts.served import serving
from rlenvs.leaderboard.records import read_run
from rlenvs.text.rules import make_rules

ENV = "rlenvs/MathToken-v0"
TASK = {"task": "sort", "level": 1, "length": 3, "symbols": "abc"}
STOP = ("bb", "c")  # each completes what may be a right answer


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    monkeypatch.setenv("RLENVS_QUIET", "1")
    monkeypatch.setenv("RLENVS_CACHE", str(tmp_path / "cache"))
    torch.set_num_threads(1)


def stopping_policy(seed: int = 0):
    rules = make_rules(**TASK)
    config = PolicyConfig(network="causal_lm", precision="float32", stop=STOP)
    return rules, build_language_policy(rules, config, seed)


def collected(greedy_baseline: bool = False):
    rules, policy = stopping_policy()
    env = gym.make_vec(ENV, 2048, group_size=4, **TASK)
    drawing = Sampling(stop=STOP), torch.Generator().manual_seed(0), 0, Clock()
    collector = GenerationCollector(env, 4, *drawing, greedy_baseline)
    return rules, policy, collector, collector.collect(policy)


def test_a_stopped_response_is_judged_as_if_it_had_ended_and_its_end_is_not_learned():
    rules, policy, collector, batch = collected()
    stopped = right = 0
    for row in range(len(batch)):
        ids = batch.actions[row][batch.mask[row]].tolist()
        text = rules.tokenizer.decode([token for token in ids if token != policy.eos_id])
        prompt = rules.tokenizer.decode([token for token in batch.observations[row].tolist() if token >= 0])
        has_stop = text.endswith(STOP)
        assert not any(text[:-1].count(stop) for stop in STOP)
        assert has_stop or ids[-1] == policy.eos_id or len(ids) == rules.max_tokens
        assert not (has_stop and ids[-1] == policy.eos_id)
        assert batch.terminated[row].nonzero().tolist() == [[len(ids) - 1]]
        is_done = ids[-1] == policy.eos_id or len(ids) < rules.max_tokens
        letters = "".join(letter for letter in prompt if letter in "abc")
        assert batch.rewards[row].sum() == float(is_done and text == "".join(sorted(letters)))
        stopped, right = stopped + has_stop, right + bool(has_stop and batch.rewards[row].sum())
    assert stopped > 50 and right > 0
    assert collector.tokens == batch.mask.sum()
    told = collector.statistics.pop()
    assert told["rollout/ep_len_mean"] == pytest.approx(float(batch.mask.sum(1).float().mean()))


def test_greedy_baselines_stop_too():
    rules, policy, collector, batch = collected(greedy_baseline=True)
    problems = first_problems(rules, 4)
    greedy = answer(policy, rules, problems, 1, Sampling(0.0, stop=STOP), 0)
    assert batch.greedy_rewards is not None and len(batch.greedy_rewards) == len(batch)
    assert collector.responses == len(batch) + len(batch) // 4
    assert all(not any(text[:-1].count(stop) for stop in STOP) for text in greedy.texts)


def test_token_by_token_nothing_but_the_end_follows_a_stop_string():
    rules, policy = stopping_policy()
    env = gym.make(ENV, **TASK)
    observation, _ = env.reset(seed=0)
    free = policy.logits(policy.observe(observation[np.newaxis])).softmax(-1)
    assert free[0, policy.eos_id] < 0.9
    (letter,) = rules.tokenizer.encode("c")
    observation, *_ = env.step(letter)
    ending = policy.logits(policy.observe(np.stack([observation, observation]))).softmax(-1)
    assert ending[:, policy.eos_id].tolist() == [1.0, 1.0]


def test_a_run_with_stop_strings_is_examined_and_evaluated_again_with_them(tmp_path):
    small = {"warm_up_steps": 10, "test_problems": 2, "validation_problems": 2, "groups": 4, "group_size": 4}
    spec = load_agent("grpo").spec(ENV, 0, 40, "text@1", {**small, "stop": list(STOP)}, "text", TASK)
    load_agent("grpo").train(spec, tmp_path / "run")
    record = read_run(tmp_path / "run")
    assert reevaluate(record, load_probabilities(record))["identical"]
    policy = load_policy(record)
    assert policy.config.stop == STOP
    result = sit(policy, make_rules(**TASK, split="test"), Exam(problems=2, tries=16))
    assert all(not any(row["response"][:-1].count(stop) for stop in STOP) for row in result.samples)


def test_servers_have_no_stop_strings():
    with pytest.raises(ValueError, match="config stop=.*leave out one"):
        serving({"server": "http://127.0.0.1:9", "server_weights": "weights", "stop": ["x"]})

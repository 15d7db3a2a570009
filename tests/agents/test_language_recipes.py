"""Rejection sampling, distillation, entropy minimisation, learning from preferences: what they learn, and as runs."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from agents import distillation, rejection_sampling, reward_model, self_confidence
from agents.kl import kl_of_distributions
from agents.optimisation import make_optimiser
from agents.registry import load_agent
from rlenvs.leaderboard.records import read_run
from tests.agents.small_models import ragged_prompts, small_policy, written_batch

ENV = "rlenvs/MathToken-v0"
TASK = {"task": "sort", "level": 1, "length": 3, "symbols": "abcdefgh"}
SMALL = {"warm_up_steps": 80, "warm_up_batch_size": 32, "test_problems": 6, "validation_problems": 4}
LM = {"network": "causal_lm", "precision": "float32", "learning_rate": 3e-3}
SETTINGS = {
    "rejection-sampling": {"groups": 4, "group_size": 4},
    "distillation": {"responses": 16},
    "entropy-minimization": {"groups": 4},
    "rlhf": {"num_envs": 16, "group_size": 8, "preference_share": 0.7},
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def quick(monkeypatch, cache):
    monkeypatch.setenv("RLENVS_QUIET", "1")
    monkeypatch.setenv("RLENVS_CACHE", str(cache))
    torch.set_num_threads(1)


def spec_of(agent: str, preset: str = "text", **settings):
    settings = {**SMALL, **SETTINGS.get(agent, {}), **settings}
    return load_agent(agent).spec(ENV, 3, 64, "text@1", settings, preset, TASK)


def judged(rewards) -> object:
    """Three responses to each of five prompts, with outcomes."""
    batch = written_batch(small_policy(), ragged_prompts())
    return batch.with_(rewards=torch.tensor(rewards).unsqueeze(1) * batch.terminated)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_right_responses_are_kept_once_each_up_to_a_number():
    batch = judged([1.0] * 3 + [0.0, 1.0, 0.0] + [0.0] * 9)
    twice = torch.cat([torch.tensor([0]), torch.arange(15)])
    assert len(rejection_sampling.accepted(batch.rows(twice), 3)) == 4
    assert rejection_sampling.accepted(batch, 2).group.tolist() == [0, 0, 1]
    assert not len(rejection_sampling.accepted(batch.with_(rewards=0 * batch.rewards), 3))


def test_accepted_responses_become_likelier():
    policy, config = small_policy(), rejection_sampling.Config(**LM)
    batch = judged([1.0, 0.0, 0.0] * 5)
    for _ in range(5):
        metrics, _ = rejection_sampling.update(policy, make_optimiser(policy, config), batch, config, generator())
    gained = (policy.evaluate(batch).log_prob - batch.old_log_prob).sum(1)
    assert gained[::3].min() > 0 and metrics["accepted"] == pytest.approx(1 / 3)


def test_the_divergence_is_that_of_whole_distributions():
    logits = torch.randn(2, 6, dtype=torch.float64, generator=generator())
    logits[:, 2] = -torch.inf
    log_p, log_q = logits.requires_grad_().log_softmax(-1)
    told = kl_of_distributions(log_p, log_q)
    expected = sum(math.exp(p) * (p - q) for p, q in zip(log_p.tolist(), log_q.tolist(), strict=True) if p > -math.inf)
    assert told.item() == pytest.approx(expected)
    told.backward()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_a_student_nears_its_teacher(direction):
    student, teacher = small_policy(seed=0), small_policy(seed=5)
    config = distillation.Config(**LM, direction=direction)
    optimiser, batch = make_optimiser(student, config), written_batch(student, ragged_prompts())
    before = distillation.loss(student, teacher, batch, batch, direction)[0].item()
    for _ in range(15):
        distillation.update(student, teacher, optimiser, batch, config, generator())
    after = distillation.loss(student, teacher, batch, batch, direction)[0].item()
    assert 0 < after < 0.5 * before


@pytest.mark.parametrize("objective", ["em_ft", "em_rl_sequence", "em_rl_token"])
def test_confidence_grows_without_rewards(objective):
    policy, config = small_policy(), self_confidence.Config(**LM, objective=objective)
    optimiser, batch = make_optimiser(policy, config), written_batch(policy, ragged_prompts())
    before = policy.evaluate(batch)
    for _ in range(10):
        self_confidence.update(policy, optimiser, batch, config)
    after = policy.evaluate(batch)
    if objective == "em_ft":
        assert after.entropy.sum() < 0.9 * before.entropy.sum()
        return
    confidence = before.log_prob.sum(1) if objective == "em_rl_sequence" else -before.entropy.sum(1)
    best, worst = (getattr(confidence.view(5, 3), name)(1) for name in ("argmax", "argmin"))
    gained = (after.log_prob - before.log_prob).sum(1).view(5, 3)
    assert gained.gather(1, best.unsqueeze(1)).mean() > gained.gather(1, worst.unsqueeze(1)).mean()


def test_preferences_are_within_groups():
    batch = judged([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0] + [1.0] * 6)
    first, second = reward_model.preferences(batch)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 1), (0, 2), (6, 8), (7, 8)]
    assert float(reward_model.bradley_terry(torch.tensor([2.0]), torch.tensor([1.0]))) == pytest.approx(
        math.log1p(math.exp(-1.0))
    )


def test_a_reward_model_learns_what_is_preferred():
    model, config = small_policy(critic="shared"), rejection_sampling.Config(**LM, critic="shared")
    optimiser, batch = make_optimiser(model, config), judged([1.0, 0.0, 0.0] * 5)
    fitted = [reward_model.fit(model, optimiser, batch, 1.0) for _ in range(60)]
    assert float(fitted[-1]["reward_model/accuracy"]) > 0.9
    assert fitted[-1]["reward_model/loss"] < 0.5 * fitted[0]["reward_model/loss"]
    assert reward_model.fit(model, optimiser, judged([1.0] * 15), 1.0) == {}


def test_a_reward_model_reads_the_last_token_too():
    model, batch = small_policy(critic="shared"), judged([1.0] * 15)
    torch.nn.init.normal_(model.value_head[-1].weight)
    rows, last = torch.arange(15), batch.mask.sum(1) - 1
    scores = reward_model.scores(model, batch)
    other = batch.actions.clone()
    other[rows, last] = torch.where(other[rows, last] == 5, 6, 5)
    assert bool((reward_model.scores(model, batch.with_(actions=other)) != scores).all())
    assert batch.mask.sum(1).max() == batch.mask.shape[1]  # one fills all slots, and has a score like any other
    longer = batch.with_(actions=torch.nn.functional.pad(batch.actions, (0, 3), value=9))
    longer = longer.with_(mask=torch.nn.functional.pad(batch.mask, (0, 3)))
    torch.testing.assert_close(reward_model.scores(model, longer), scores)


@pytest.mark.parametrize("agent", ["rejection-sampling", "entropy-minimization", "rlhf"])
def test_they_train_and_are_recorded(agent, tmp_path):
    result = load_agent(agent).train(spec_of(agent), tmp_path / "run")
    assert result["env_steps"] == 64 and {"pass@1", "greedy"} <= set(result["after"])
    names = set(itertools.chain.from_iterable(read_run(tmp_path / "run").metrics))
    wanted = {"rejection-sampling": "accepted", "entropy-minimization": "policy_loss", "rlhf": "value_loss"}
    assert wanted[agent] in names
    assert agent != "rlhf" or "reward_model/loss" in names


@pytest.mark.parametrize(
    ("agent", "preset", "settings", "most"),
    [
        ("reinforce", "text+remax", {"episodes": 16}, 64),
        ("grpo", "text+dapo-text", {"groups": 4, "group_size": 4, "sampling_rounds": 2}, 64),
        ("ppo", "text+vapo", {"num_envs": 16, "value_pretraining": 0.3}, 64),
        ("a2c", "text", {"num_envs": 16, "critic_lambda": 1.0, "gradient_checkpointing": True}, 64),
    ],
)
def test_their_relatives_among_the_agents_train_too(agent, preset, settings, most, tmp_path):
    result = load_agent(agent).train(spec_of(agent, preset, **settings), tmp_path / "run")
    assert 32 <= result["env_steps"] <= most and "pass@1" in result["after"]


def test_a_second_stage_begins_at_the_first_ones_scores(tmp_path):
    first = load_agent("rejection-sampling").train(spec_of("rejection-sampling"), tmp_path / "first")
    spec = spec_of("rejection-sampling", start=str(tmp_path / "first"))
    second = load_agent("rejection-sampling").train(spec, tmp_path / "second")
    assert second["before"] == first["after"] and "warm_up_s" not in second


@pytest.mark.parametrize("writer", ["student", "teacher"])
def test_a_run_teaches_another(writer, tmp_path):
    teacher = tmp_path / "teacher"
    load_agent("rejection-sampling").train(spec_of("rejection-sampling"), teacher)
    spec = spec_of("distillation", teacher=str(teacher), writer=writer, warm_up_steps=None)
    result = load_agent("distillation").train(spec, tmp_path / "student")
    assert result["env_steps"] == 64 and result["after"]["entropy"] < result["before"]["entropy"]


@pytest.mark.parametrize(
    ("agent", "settings", "message"),
    [
        ("distillation", {}, "teacher=''"),
        ("rejection-sampling", {"network": "mlp"}, "give --preset text"),
        ("rlhf", {"group_size": 3}, "does not divide"),
        ("rlhf", {"group_size": 1}, "set 2 or more"),
        ("rlhf", {"preference_share": 1.0}, r"choose a number in \(0, 1\)"),
        ("rlhf", {"value_pretraining": 0.1}, "value_pretraining=0.1: not with a reward model"),
        ("rlhf", {"scale_rewards": True}, "scale_rewards=True: not with a reward model"),
    ],
)
def test_what_cannot_work_is_refused(agent, settings, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        load_agent(agent).train(spec_of(agent, **settings), tmp_path / "run")
    assert not (tmp_path / "run").exists()

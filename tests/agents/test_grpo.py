from __future__ import annotations

import gymnasium as gym
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import rlenvs  # noqa: F401
from agents import grpo
from agents.optimisation import make_optimiser
from agents.policies import build_policy
from agents.rollouts.clock import Clock
from agents.rollouts.episodes import EpisodeCollector

SELECTIONS = ("none", "clip_cov", "kl_cov", "top", "random", "random_positive")


def collected(seed: int, config: grpo.Config):
    """A policy that has moved away from the one that collected the batch, and the batch with advantages."""
    env = gym.make_vec("rlenvs/FrozenLake-v0", num_envs=12, group_size=3)
    policy = build_policy(env.single_observation_space, env.single_action_space, config, seed)
    collector = EpisodeCollector(env, 3, torch.Generator().manual_seed(seed), seed, Clock())
    batch = collector.collect(policy)
    batch = batch.with_(rewards=torch.randn(batch.rewards.shape, generator=torch.Generator().manual_seed(seed)))
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed))
    return policy.double(), batch.with_(advantages=grpo.group_advantages(batch, config).double())


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), selection=st.sampled_from(SELECTIONS), micro_batches=st.sampled_from([2, 3, 12]))
def test_micro_batches_change_neither_the_selection_nor_the_gradient(seed, selection, micro_batches):
    shared = {"hidden": (8,), "selection": selection, "selection_ratio": 0.1, "kl_coef": 0.1}
    for mode in ("token-mean", "seq-mean-token-mean"):
        gradients = []
        for parts in (1, micro_batches):
            config = grpo.Config(**shared, aggregation=mode, micro_batches=parts, max_grad_norm=0.0)
            policy, batch = collected(seed, config)
            batch = batch.with_(ref_log_prob=batch.old_log_prob - 0.1)
            log_prob = policy.evaluate(batch).log_prob.detach()
            chosen, _ = grpo.select(log_prob, batch, config, torch.Generator().manual_seed(seed))
            metrics = grpo.minibatch_step(policy, make_optimiser(policy, config), batch, chosen, config, 0.01)
            gradients.append((chosen, [p.grad.clone() for p in policy.parameters()], metrics["policy_loss"]))
        (one, one_gradient, one_loss), (many, many_gradient, many_loss) = gradients
        assert torch.equal(one, many)
        assert torch.allclose(one_loss, many_loss, atol=1e-6)
        for left, right in zip(one_gradient, many_gradient, strict=True):
            assert torch.allclose(left, right, atol=1e-6)


def test_the_same_seed_marks_the_same_tokens_and_another_one_others():
    config = grpo.Config(hidden=(8,), selection="random", selection_ratio=0.3)
    policy, batch = collected(5, config)
    log_prob = policy.evaluate(batch).log_prob.detach()
    marks = [grpo.select(log_prob, batch, config, torch.Generator().manual_seed(seed))[0] for seed in (1, 1, 2)]
    assert torch.equal(marks[0], marks[1]) and not torch.equal(marks[0], marks[2])
    assert marks[0].sum() > 0 and not marks[0][~batch.mask].any()


@pytest.mark.parametrize("signal", ["outcome", "reward_to_go", "anchor_state"])
@pytest.mark.parametrize("normalize", [True, False])
def test_every_signal_is_centred_and_leaves_padding_alone(signal, normalize):
    config = grpo.Config(hidden=(8,), signal=signal, normalize_by_std=normalize)
    _, batch = collected(2, config)
    assert not batch.advantages[~batch.mask].any() and batch.advantages.abs().sum() > 0
    if signal == "outcome":
        per_row = batch.advantages[:, 0].reshape(4, 3)
        assert torch.allclose(per_row.sum(dim=1), torch.zeros(4, dtype=torch.float64), atol=1e-5)


def test_kl_cov_with_one_update_a_rollout_warns_that_it_is_inert():
    with pytest.warns(UserWarning, match="inert"):
        grpo.Config(selection="kl_cov", epochs=1, minibatches=1)


def test_clip_cov_keeps_more_entropy_than_its_absence(tmp_path, monkeypatch):
    """The direction that the paper claims, where it can be seen in a second: sparing the top tenth by covariance."""
    monkeypatch.setenv("RLENVS_QUIET", "1")
    from agents.registry import load_agent
    from rlenvs.leaderboard.records import read_run

    entropies = {}
    for selection in ("none", "clip_cov"):
        settings_ = {"hidden": (16,), "selection": selection, "selection_ratio": 0.1, "entropy_coef": 0.0}
        spec = load_agent("grpo").spec("rlenvs/CatHouse-v0", 0, 40_000, "demo@1", settings_)
        grpo.train(spec, tmp_path / selection)
        entropies[selection] = read_run(tmp_path / selection).metrics[-1]["entropy"]
    assert entropies["clip_cov"] > entropies["none"]

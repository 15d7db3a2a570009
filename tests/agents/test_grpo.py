from __future__ import annotations

from dataclasses import replace
from functools import partial

import gymnasium as gym
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import rlenvs  # noqa: F401
from agents import advantages, group_advantages, grpo
from agents.diagnostics import diagnose
from agents.losses import log_ratio
from agents.masking import masked
from agents.optimisation import accumulated_step, make_optimiser
from agents.policies import build_policy
from agents.rollouts.batch import Batch
from agents.rollouts.clock import Clock
from agents.rollouts.episodes import EpisodeCollector
from agents.sequence_losses import mean_log_ratio

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


def step(policy, batch: Batch, config: grpo.Config, entropy_coef: float):
    descended = partial(grpo.loss, policy, config=config, entropy_coef=entropy_coef)
    return accumulated_step(make_optimiser(policy, config), batch, descended, config)


@settings(max_examples=12)
@given(seed=st.integers(0, 1000), selection=st.sampled_from(SELECTIONS), micro_batches=st.sampled_from([2, 3, 12]))
def test_micro_batches_change_neither_the_selection_nor_the_gradient(seed, selection, micro_batches):
    shared = {"hidden": (8,), "selection": selection, "selection_ratio": 0.1, "kl_coef": 0.1}
    gradients = []
    for parts in (1, micro_batches):
        config = grpo.Config(**shared, micro_batches=parts, max_grad_norm=0.0)
        policy, batch = collected(seed, config)
        batch = batch.with_(ref_log_prob=batch.old_log_prob - 0.1)
        batch, _ = grpo.select(policy, batch, config, torch.Generator().manual_seed(seed))
        metrics = step(policy, batch, config, 0.01)
        gradients.append((batch.selected, [p.grad.clone() for p in policy.parameters()], metrics["policy_loss"]))
    (one, one_gradient, one_loss), (many, many_gradient, many_loss) = gradients
    assert (one is many is None) if selection == "none" else torch.equal(one, many)
    assert torch.allclose(one_loss, many_loss, atol=1e-6)
    for left, right in zip(one_gradient, many_gradient, strict=True):
        assert torch.allclose(left, right, atol=1e-6)


def test_the_same_seed_marks_the_same_tokens_and_another_one_others():
    config = grpo.Config(hidden=(8,), selection="random", selection_ratio=0.3)
    policy, batch = collected(5, config)
    generators = [torch.Generator().manual_seed(seed) for seed in (1, 1, 2)]
    marks = [grpo.select(policy, batch, config, generator)[0].selected for generator in generators]
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


def test_after_a_share_of_the_budget_nothing_is_selected_any_more(tmp_path, monkeypatch):
    """A run that ends as plain GRPO logs no selection by then; the plain updates are those of GRPO itself."""
    monkeypatch.setenv("RLENVS_QUIET", "1")
    from agents.registry import load_agent
    from rlenvs.leaderboard.records import read_run

    chosen = {"hidden": (), "selection": "clip_cov", "selection_until": 0.5, "groups": 4, "group_size": 4}
    seen = []
    update = grpo.update

    def watched(policy, optimiser, batch, config, *generators):
        seen.append(config)
        return update(policy, optimiser, batch, config, *generators)

    monkeypatch.setattr(grpo, "update", watched)
    spec = load_agent("grpo").spec("rlenvs/CliffWalk-v0", 0, 6_000, "demo@1", chosen)
    grpo.train(spec, tmp_path / "run")
    kinds = [config.selection for config in seen]
    assert kinds == sorted(kinds) and set(kinds) == {"clip_cov", "none"}
    assert seen[-1] == grpo.Config(**{**chosen, "selection": "none"})
    rows = read_run(tmp_path / "run").metrics
    marked = [row["step"] for row in rows if "selection/selected" in row]
    assert marked and 3_000 <= max(marked) < 4_000 and rows[-1]["step"] > 5_000


def test_the_end_of_selection_is_told_in_specifications_only_where_it_is_set():
    from agents.registry import load_agent

    def config(**settings):
        return load_agent("grpo").spec("rlenvs/CliffWalk-v0", 0, 100, "demo@1", settings, "clip-cov").config

    assert "selection_until" not in config() and config(selection_until=1.0) == config()
    assert config(selection_until=0.5)["selection_until"] == 0.5


def test_named_advantages_are_those_of_their_functions():
    rewards, group = torch.tensor([1.0, 0.0, 0.5, 0.0, 1.0, 1.0]), torch.tensor([0, 0, 0, 1, 1, 1])
    mask = torch.arange(4) < torch.tensor([[2], [3], [4], [1], [2], [4]])
    last = torch.arange(4) == mask.sum(1, keepdim=True) - 1
    ended = torch.zeros(6, 4, dtype=torch.bool)
    numbers = torch.zeros(6, 4)
    batch = Batch(numbers.long(), numbers.long(), numbers, rewards.unsqueeze(1) * last, ended, ended, mask, group)
    outcome = {"signal": "outcome", "gamma": 1.0}
    expected = {
        "rloo": group_advantages.rloo(rewards, group),
        "opo": group_advantages.opo(rewards, mask.sum(1), group),
        "lite_ppo": group_advantages.lite_ppo(rewards, group),
        "grpo_passk": group_advantages.grpo_passk(rewards, group),
    }
    for name, row in expected.items():
        found = grpo.group_advantages(batch, grpo.Config(advantage=name, **outcome))
        assert torch.equal(found, group_advantages.per_token(row, mask))
    whitened = grpo.group_advantages(batch, grpo.Config(advantage="reinforce_plus_plus_baseline", **outcome))
    assert torch.equal(whitened, group_advantages.reinforce_plus_plus_baseline(rewards, group, mask))
    plain = grpo.group_advantages(batch, grpo.Config(advantage="reinforce_plus_plus", **outcome))
    assert torch.equal(plain, advantages.reinforce_plus_plus(batch.rewards, mask)[0])
    overlong = grpo.without_overlong(batch.with_(terminated=last), 0.5, 4)
    assert (overlong.rewards - batch.rewards).sum(1).tolist() == [0.0, -0.5, -1.0, 0.0, 0.0, -1.0]


@pytest.mark.parametrize("surrogate", ["ppo_clip", "reinforce", "cispo", "sapo", "gspo"])
def test_on_policy_all_surrogates_have_the_policy_gradient(surrogate):
    """Up to the weight of a token: GSPO's sequence ratio divides by the length, which the aggregation does for all."""
    mode = {"aggregation": "seq-mean-token-mean", "hidden": (8,), "max_grad_norm": 0.0, "epochs": 1, "minibatches": 1}
    gradients = []
    for name in ("reinforce", surrogate):
        config = grpo.Config(surrogate=name, **mode)
        policy, batch = collected(4, config)
        batch = batch.with_(old_log_prob=policy.evaluate(batch).log_prob.detach())
        row = batch.advantages.mean(1, keepdim=True).expand(batch.mask.shape)  # constant in a row, as outcomes give it
        step(policy, batch.with_(advantages=row), config, 0.0)
        gradients.append([parameter.grad.clone() for parameter in policy.parameters()])
    assert any(gradient.abs().max() > 1e-4 for gradient in gradients[0])
    for one, other in zip(*gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-8)


@pytest.mark.parametrize(
    ("settings", "held_back"),
    [
        ({}, True),
        ({"selection": "clip_cov"}, True),
        ({"surrogate": "reinforce", "epochs": 1, "minibatches": 1}, False),
        ({"surrogate": "sapo"}, False),
        ({"selection": "kl_cov"}, False),
    ],
)
def test_clipping_is_counted_where_the_loss_clips(settings, held_back):
    config = grpo.Config(hidden=(8,), clip_ratio_low=1e-3, clip_ratio_high=1e-3, **settings)
    policy, batch = collected(3, config)
    told = diagnose(policy, batch, config.clip())
    assert bool(told["clip_fraction_low"] > 0) == bool(told["clip_fraction_high"] > 0) == held_back


def test_cispo_cuts_weights_whatever_the_advantage():
    config = grpo.Config(hidden=(8,), surrogate="cispo", clip_ratio_high=0.2)
    policy, batch = collected(3, config)
    now = policy.evaluate(batch).log_prob.detach()
    far = batch.mask & (torch.arange(len(batch)) % 3 == 0).unsqueeze(1)
    batch = batch.with_(old_log_prob=now - 0.3 * far, advantages=-torch.ones_like(now))
    told = diagnose(policy, batch, config.clip())
    assert told["clip_fraction_high"] == pytest.approx(float(far.sum() / batch.mask.sum()))
    assert told["clip_fraction_low"] == 0


def test_clipping_of_gspo_is_that_of_its_sequence_ratio():
    """Rows whose token ratios lie far from 1 and whose mean log-ratio is 0 are not held back, the others whole."""
    config = grpo.Config(hidden=(8,), surrogate="gspo", aggregation="seq-mean-token-mean", max_grad_norm=0.0)
    policy, batch = collected(6, config)
    now = policy.evaluate(batch).log_prob.detach()
    away = 0.5 * torch.randn(now.shape, generator=torch.Generator().manual_seed(0), dtype=now.dtype)
    ratio = masked(away, batch.mask)
    ratio = ratio - mean_log_ratio(ratio, batch.mask)
    moved = (torch.arange(len(batch)) % 2).bool().unsqueeze(1)
    advantages = batch.mask * torch.ones(len(batch), 1, dtype=now.dtype)
    batch = batch.with_(old_log_prob=now - ratio - 0.3 * moved, advantages=advantages)
    told = diagnose(policy, batch, config.clip())
    assert told["clip_fraction_high"] == pytest.approx(float((batch.mask & moved).sum() / batch.mask.sum()))
    assert told["clip_fraction_low"] == 0
    of_tokens = replace(config.clip(), of="tokens")
    assert diagnose(policy, batch, of_tokens)["clip_fraction_high"] != told["clip_fraction_high"]
    away = log_ratio(now.requires_grad_(), batch.old_log_prob, batch.mask)
    surrogate = grpo.surrogate_of(now, away, advantages, batch.mask, config)
    (gradient,) = torch.autograd.grad(surrogate.sum(), now)
    assert torch.equal(~gradient.bool().any(1), moved.squeeze(1))


def test_dr_grpos_gradient_is_one_sum_over_rows_and_tokens_by_a_constant_with_its_bonus():
    """Padding a batch, or a row's length, changes no weight; surrogate and entropy keep their proportion."""
    config = grpo.Config(hidden=(8,), aggregation="seq-mean-token-sum-norm", loss_scale_factor=50.0, max_grad_norm=0.0)
    policy, batch = collected(8, config)
    batch = batch.with_(old_log_prob=policy.evaluate(batch).log_prob.detach())
    step(policy, batch, config, 0.1)
    found = [parameter.grad.clone() for parameter in policy.parameters()]
    policy, _ = collected(8, config)
    now = policy.evaluate(batch)
    ratio = (now.log_prob - batch.old_log_prob).exp()
    total = -(ratio * batch.advantages + 0.1 * now.entropy)[batch.mask].sum() / (50.0 * len(batch))
    for one, other in zip(found, torch.autograd.grad(total, list(policy.parameters())), strict=True):
        assert torch.allclose(one, other, atol=1e-8)


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"advantage": "rloo"}, "signal=outcome"),
        ({"surrogate": "cispo", "selection": "clip_cov"}, "selection=none"),
        ({"surrogate": "gspo"}, "seq-mean-token-mean"),
        ({"surrogate": "reinforce", "epochs": 1}, "epochs=1, minibatches=2: it has no importance ratio; set both to 1"),
        ({"surrogate": "reinforce", "minibatches": 1}, "set both to 1"),
        ({"kl_coef": 0.1, "kl_estimator": "k1"}, "zero on average; set k2, k3"),
        ({"overlong_share": 0.2}, "causal_lm alone"),
        ({"selection_until": 0.0}, r"choose a number in \(0, 1\]"),
        ({"selection_until": 1.5}, r"choose a number in \(0, 1\]"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, remedy):
    with pytest.raises(ValueError, match=remedy):
        grpo.Config(**settings)

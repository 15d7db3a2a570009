"""Decoupled and length-adaptive advantages, and a critic that learns before the policy does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from agents import a2c, ppo
from agents.advantages import gae_masked, length_adaptive_lambda
from agents.configuration import make_config
from agents.critic_learning import fit_values, most_surprising, with_advantages
from agents.losses import likelihood_of_right
from agents.optimisation import apply_schedules, make_optimiser
from tests.agents.hand_made import GAMMA, on_policy, table
from tests.agents.small_models import ragged_prompts, small_policy, written_batch

TEXT = {"network": "causal_lm", "precision": "float32", "critic": "detached", "gamma": 1.0}


def valued_batch():
    """Responses with rewards at their ends and values of some critic."""
    batch = written_batch(small_policy(), ragged_prompts())
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(batch.mask.shape, generator=generator) * batch.mask
    rewards = torch.rand(len(batch), 1, generator=generator) * batch.terminated
    return batch.with_(values=values, rewards=rewards, next_values=torch.nn.functional.pad(values[:, 1:], (0, 1)))


def test_decoupled_targets_have_a_lambda_of_their_own():
    batch, config = valued_batch(), ppo.Config(**TEXT, gae_lambda=0.5, critic_lambda=1.0)
    both = with_advantages(batch, config)
    advantages, _ = gae_masked(batch.rewards, batch.values, batch.mask, 1.0, 0.5)
    torch.testing.assert_close(both.advantages, advantages)
    outcome = batch.rewards.sum(1, keepdim=True) * batch.mask
    torch.testing.assert_close(both.returns, outcome)
    coupled = with_advantages(batch, replace(config, critic_lambda=None))
    torch.testing.assert_close(coupled.returns, (advantages + batch.values) * batch.mask)


def test_longer_responses_have_a_longer_horizon():
    batch = valued_batch()
    told = with_advantages(batch, a2c.Config(**TEXT, critic_lambda=1.0, length_alpha=0.25))
    lengths = batch.mask.sum(1)
    assert lengths.min() < 4 < lengths.max()
    for row, length in enumerate(lengths.tolist()):
        own = max(0.0, 1 - 1 / (0.25 * length))
        one = batch.rows(torch.tensor([row]))
        expected, _ = gae_masked(one.rewards, one.values, one.mask, 1.0, own)
        torch.testing.assert_close(told.advantages[row], expected[0])


def test_the_preset_for_short_responses_looks_several_tokens_ahead():
    alpha = make_config(ppo.Config, {**ppo.PRESETS["text"], **ppo.PRESETS["vapo"]}).length_alpha
    short = length_adaptive_lambda(torch.tensor([4.0, 10.0]), alpha)
    assert short.tolist() == pytest.approx([0.75, 0.9])
    assert (length_adaptive_lambda(torch.tensor([4.0, 20.0])) <= 0).all()  # by the paper's alpha


@pytest.mark.parametrize(("fraction", "places"), [(0.4, [(0, 3), (1, 0)]), (0.2, [(0, 3)]), (0.01, [(0, 3)])])
def test_updates_learn_from_what_the_critic_did_not_expect(fraction, places):
    batch = with_advantages(on_policy(table()), ppo.Config(gamma=GAMMA, gae_lambda=1.0))  # six valid steps of eight
    assert [tuple(place) for place in most_surprising(batch, fraction).mask.nonzero().tolist()] == places
    assert most_surprising(batch, 1.0) is batch


def test_padding_is_never_surprising():
    batch = with_advantages(on_policy(table()), ppo.Config(gamma=GAMMA))
    wild = batch.with_(advantages=batch.advantages.masked_fill(~batch.mask, 1e9))
    assert torch.equal(most_surprising(wild, 0.5).mask, most_surprising(batch, 0.5).mask)
    nothing = batch.with_(mask=torch.zeros_like(batch.mask))
    assert not most_surprising(nothing, 0.5).mask.any()


def test_an_update_takes_no_step_on_what_was_left_out():
    policy, config = table(), ppo.Config(gamma=GAMMA, gae_lambda=1.0, epochs=1, minibatches=1, update_fraction=0.1)
    optimiser, generator = make_optimiser(policy, config), torch.Generator().manual_seed(0)
    _, part = ppo.update(policy, optimiser, on_policy(policy), config, generator, 0.0)
    assert part.mask.sum() == 1 and part.advantages.item() == pytest.approx(3 + 0.5 * 0.7 - 0.3)


@pytest.mark.parametrize("critic", ["detached", "separate"])
def test_pretraining_moves_the_critic_alone(critic):
    policy = small_policy(critic=critic)
    config = ppo.Config(**{**TEXT, "critic": critic, "value_pretraining": 0.5})
    batch, optimiser = valued_batch(), make_optimiser(policy, config)
    before = {name: value.clone() for name, value in policy.body.state_dict().items()}
    losses = [float(fit_values(policy, optimiser, batch, config)[0]["value_loss"]) for _ in range(30)]
    assert losses[-1] < 0.7 * losses[0]
    assert all(torch.equal(before[name], value) for name, value in policy.body.state_dict().items())


def test_the_critics_own_parameters_learn_at_their_own_rate():
    policy, config = small_policy(critic="separate"), ppo.Config(**{**TEXT, "critic": "separate", "critic_rate": 10.0})
    optimiser = make_optimiser(policy, config)
    apply_schedules(optimiser, replace(config, learning_rate_end=0.5), 1.0)
    rates = {id(one): group["lr"] for group in optimiser.param_groups for one in group["params"]}
    for name, parameter in policy.named_parameters():
        wanted = (10.0 if name.startswith("value") else 1.0) * 0.5 * config.learning_rate
        assert rates[id(parameter)] == pytest.approx(wanted)
    assert len(make_optimiser(policy, replace(config, critic_rate=1.0)).param_groups) == 1
    with pytest.raises(ValueError, match="critic_rate=0"):
        replace(config, critic_rate=0.0)


def test_pretraining_may_take_several_steps_a_batch():
    batch, told = valued_batch(), []
    for steps in (1, 30):
        policy = small_policy(critic="detached")
        config = ppo.Config(**TEXT, value_pretraining=0.5, pretraining_steps=steps)
        optimiser = make_optimiser(policy, config)
        for _ in range(30 // steps):
            metrics, _ = fit_values(policy, optimiser, batch, config)
        told.append(metrics["value_loss"])
    assert torch.equal(*told)


def test_only_right_responses_are_made_likelier_token_by_token():
    batch = valued_batch()
    log_prob = batch.old_log_prob.clone().requires_grad_()
    outcome = torch.arange(len(batch)) % 3 - 1.0
    term = likelihood_of_right(log_prob, outcome, batch.mask)
    right = batch.mask & (outcome > 0).unsqueeze(1)
    assert term.item() == pytest.approx(-float(batch.old_log_prob[right].mean()), rel=1e-5)
    term.backward()
    torch.testing.assert_close(log_prob.grad, -right.float() / right.sum())
    assert likelihood_of_right(log_prob, 0 * outcome, batch.mask).item() == 0.0


def test_vapo_adds_the_likelihood_with_its_weight():
    policy = small_policy(critic="detached")
    settings = {**ppo.PRESETS["text"], **ppo.PRESETS["vapo"], "precision": "float32"}
    config, batch = make_config(ppo.Config, settings), with_advantages(valued_batch(), ppo.Config(**TEXT))
    with_term, metrics = ppo.loss(policy, batch, batch, config, 0.0)
    without, _ = ppo.loss(policy, batch, batch, replace(config, likelihood_coef=0.0), 0.0)
    assert metrics["likelihood_loss"] > 0 and config.group_size == 16
    torch.testing.assert_close(with_term - without, 0.1 * metrics["likelihood_loss"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"likelihood_coef": 0.1, "network": "mlp"}, "network=causal_lm"),
        ({"likelihood_coef": -0.1}, r"choose a number in \[0, inf\)"),
        ({"group_size": 3}, "does not divide"),
        ({"value_pretraining": 0.1, "critic": "shared"}, "set critic=detached"),
        ({"value_pretraining": 1.0}, r"choose a number in \[0, 1\)"),
        ({"gae_lambda": 1.1}, r"gae_lambda=1.1: choose a number in \[0, 1\]$"),
        ({"critic_lambda": -0.1}, r"choose a number in \[0, 1\], or none"),
        ({"clip_ratio_low": -0.1}, r"clip_ratio_low=-0.1"),
        ({"clip_ratio_high": -0.1}, r"clip_ratio_high=-0.1"),
        ({"dual_clip": 1.0}, r"dual_clip=1.0: choose a number in \(1, inf\), or none"),
        ({"target_kl": 0.0}, "target_kl=0.0"),
        ({"value_clip": -1.0}, "value_clip=-1.0"),
        ({"value_coef": -0.5}, "value_coef=-0.5"),
        ({"update_fraction": 0.5}, "it must be 1"),
        ({"update_fraction": 0.0, "network": "mlp"}, r"choose a number in \(0, 1\]"),
        ({"length_alpha": 0.05, "network": "mlp"}, "for causal_lm"),
        ({"length_alpha": 0.0}, "a number above 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ppo.Config(**{**TEXT, **settings})

"""Cut into micro-batches, the same gradient: for every agent and every way to make one loss of many tokens."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch

from agents import a2c, distillation, grpo, ppo, reinforce, rejection_sampling, self_confidence
from agents.aggregation import AggregationMode
from agents.critic_learning import fit_values
from agents.optimisation import make_optimiser
from agents.rollouts.batch import Batch
from tests.agents.hand_made import gradient_of
from tests.agents.small_models import ragged_prompts, small_policy, written_batch

TEXT: dict[str, Any] = {"network": "causal_lm", "precision": "float32", "gamma": 1.0, "max_grad_norm": 0.0}
ONE_STEP: dict[str, Any] = {"epochs": 1, "minibatches": 1}
VALUES = {"gae_lambda": 0.9, "value_coef": 0.7}
MODES = get_args(AggregationMode)


def learn_reinforce(policy, batch: Batch, **settings: Any):
    config = reinforce.Config(**TEXT, **settings)
    return reinforce.update(policy, make_optimiser(policy, config), batch, config, 0.05)


def learn_a2c(policy, batch: Batch, **settings: Any):
    config = a2c.Config(**TEXT, **VALUES, **settings)
    return a2c.update(policy, make_optimiser(policy, config), batch, config, 0.05)


def learn_ppo(policy, batch: Batch, **settings: Any):
    config = ppo.Config(**TEXT, **VALUES, **ONE_STEP, value_clip=0.3, likelihood_coef=0.1, **settings)
    return ppo.update(policy, make_optimiser(policy, config), batch, config, torch.Generator(), 0.05)


def learn_grpo(policy, batch: Batch, **settings: Any):
    config = grpo.Config(**TEXT, **ONE_STEP, signal="outcome", kl_coef=0.1, loss_scale_factor=12.0, **settings)
    generators = torch.Generator(), torch.Generator().manual_seed(3)
    return grpo.update(policy, make_optimiser(policy, config), batch, config, *generators, 0.05)


def learn_values(policy, batch: Batch, **settings: Any):
    config = ppo.Config(**TEXT, **VALUES, **settings)
    return fit_values(policy, make_optimiser(policy, config), batch, config)


def learn_entropy(policy, batch: Batch, **settings: Any):
    config = self_confidence.Config(**TEXT, **settings)
    return self_confidence.update(policy, make_optimiser(policy, config), batch, config)


def learn_right(policy, batch: Batch, **settings: Any):
    config = rejection_sampling.Config(**TEXT, **ONE_STEP, **settings)
    return rejection_sampling.update(policy, make_optimiser(policy, config), batch, config, torch.Generator())


def learn_teacher(policy, batch: Batch, **settings: Any):
    config = distillation.Config(**TEXT, minibatches=1, **settings)
    teacher, optimiser = small_policy(seed=4), make_optimiser(policy, config)
    return distillation.update(policy, teacher, optimiser, batch, config, torch.Generator())


CASES = [
    *((learn_reinforce, "none", {"aggregation": mode}) for mode in MODES if mode != "seq-mean-token-sum-norm"),
    (learn_reinforce, "separate", {"baseline": "critic", "critic": "separate"}),
    *((learn_a2c, critic, {"critic": critic}) for critic in ("shared", "detached", "separate")),
    *((learn_ppo, critic, {"critic": critic}) for critic in ("shared", "detached", "separate")),
    (learn_ppo, "detached", {"critic": "detached", "normalize_advantages": False}),
    *((learn_grpo, "none", {"aggregation": mode}) for mode in MODES),
    *((learn_grpo, "none", {"selection": name, "selection_ratio": 0.2}) for name in ("clip_cov", "random")),
    (learn_grpo, "none", {"surrogate": "gspo", "aggregation": "seq-mean-token-mean"}),
    (learn_values, "separate", {"critic": "separate", "value_pretraining": 0.1}),
    *((learn_entropy, "none", {"objective": name}) for name in ("em_ft", "em_rl_token")),
    (learn_right, "none", {}),
    (learn_teacher, "none", {"teacher": "none"}),
]


def written(policy) -> Batch:
    """Five groups of three, rewarded at random, and far enough from `policy` for ratios to be clipped."""
    batch = written_batch(small_policy(seed=1), ragged_prompts())
    generator = torch.Generator().manual_seed(7)
    rewards = (torch.rand(len(batch), 1, generator=generator) < 0.4) * batch.terminated.float()
    values = torch.randn(batch.mask.shape, generator=generator) if policy.has_critic else None
    following = None if values is None else torch.nn.functional.pad(values[:, 1:], (0, 1))
    apart = 0.3 * torch.randn(batch.mask.shape, generator=generator)
    with torch.no_grad():
        old = policy.evaluate(batch).log_prob + apart
    return batch.with_(rewards=rewards, values=values, next_values=following, old_log_prob=old, ref_log_prob=old - 0.1)


@pytest.mark.parametrize("micro_batches", [4, 15, 40])
@pytest.mark.parametrize(("learn", "critic", "settings"), CASES)
def test_micro_batches_add_up_to_the_gradient_of_the_whole(learn, critic, settings, micro_batches):
    found = []
    for parts in (1, micro_batches):
        policy = small_policy(critic=critic)
        batch = written(policy)
        metrics, _ = learn(policy, batch, micro_batches=parts, **settings)
        found.append((gradient_of(policy), metrics))
    (whole, told), (summed, also) = found
    assert whole.abs().max() > 1e-3
    torch.testing.assert_close(summed, whole, atol=2e-6 * float(whole.abs().max()), rtol=1e-4)
    assert set(told) == set(also)
    for name, value in told.items():
        torch.testing.assert_close(torch.as_tensor(also[name]), torch.as_tensor(value), atol=1e-5, rtol=1e-5)


def test_micro_batches_are_in_memory_one_after_the_other():
    policy = small_policy()
    batch, seen = written(policy), []
    evaluate = policy.evaluate
    policy.evaluate = lambda part: seen.append(part.group.tolist()) or evaluate(part)  # type: ignore[method-assign]
    learn_reinforce(policy, batch, micro_batches=4)
    assert [len(group) for group in seen] == [4, 4, 4, 3]
    assert sum(seen, []) == batch.group.tolist()

"""Stages of training, LoRA, gradient checkpointing and sizes of the embedded model."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from agents import checkpoints
from agents.optimisation import OptimiserConfig, gradient_step, make_optimiser
from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.stages import start_from
from rlenvs.text.rules import make_rules
from tests.agents.small_models import ragged_prompts, small_policy, written_batch

CONFIG = PolicyConfig(network="causal_lm", precision="float32", model_width=16, model_layers=2)


@pytest.fixture
def rules():
    return make_rules("sort", level=1, num_problems=50)


def prompts_of(rules) -> torch.Tensor:
    return torch.tensor([rules.tokenizer.encode(text) for text in ("abcd=", "dcba=")])


def test_a_stage_begins_as_the_last_one_ended(rules, tmp_path):
    first, second = (build_language_policy(rules, CONFIG, seed) for seed in (0, 1))
    checkpoints.save_atomically(first.checkpoint(), tmp_path / "policy.pt")
    start_from(str(tmp_path), second)
    batch = written_batch(first, prompts_of(rules))
    assert torch.equal(first.evaluate(batch).log_prob, second.evaluate(batch).log_prob)


def test_a_stage_of_another_model_is_refused(rules, tmp_path):
    with pytest.raises(ValueError, match="finished run"):
        start_from(str(tmp_path), build_language_policy(rules, CONFIG, 0))
    checkpoints.save_atomically(build_language_policy(rules, CONFIG, 0).checkpoint(), tmp_path / "policy.pt")
    with pytest.raises(ValueError, match="its decoder is another"):
        start_from(str(tmp_path), build_language_policy(rules, replace(CONFIG, model_width=24), 0))


def test_the_embedded_model_keeps_its_proportions(rules):
    default = build_language_policy(rules, replace(CONFIG, model_width=96, model_layers=3), 0).body.llama.config
    assert (default.head_dim, default.hidden, default.layers) == (24, 288, 3)
    with pytest.raises(ValueError, match="multiple of 8"):
        build_language_policy(rules, replace(CONFIG, model_width=20), 0)


def test_layers_computed_again_give_the_same_gradient():
    plain, saving = small_policy(), small_policy()
    saving.body.llama.recompute = True
    batch = written_batch(plain, ragged_prompts())
    for policy in (plain, saving):
        policy.evaluate(batch).log_prob.sum().backward()
    for one, other in zip(plain.parameters(), saving.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad)
    assert build_language_policy(
        make_rules("sort"), replace(CONFIG, gradient_checkpointing=True), 0
    ).body.llama.recompute


def test_layers_computed_again_are_not_kept():
    sizes = []
    for recompute in (False, True):
        policy, kept = small_policy(), []
        policy.body.llama.recompute = recompute
        batch = written_batch(policy, ragged_prompts())
        with torch.autograd.graph.saved_tensors_hooks(lambda x, kept=kept: kept.append(x.numel()) or x, lambda x: x):
            policy.evaluate(batch)
        sizes.append(sum(kept))
    assert sizes[1] < 0.6 * sizes[0]


def test_lora_starts_where_the_model_is_and_learns_little_of_it(rules):
    pytest.importorskip("peft")
    plain, low = (build_language_policy(rules, replace(CONFIG, lora_rank=rank), 0) for rank in (None, 2))
    batch = written_batch(plain, prompts_of(rules))
    torch.testing.assert_close(low.evaluate(batch).log_prob, plain.evaluate(batch).log_prob)
    learned = {name for name, parameter in low.named_parameters() if parameter.requires_grad}
    assert learned and all("lora_" in name for name in learned)
    before = {name: value.clone() for name, value in low.state_dict().items()}
    optimiser = make_optimiser(low, OptimiserConfig(network="causal_lm", learning_rate=1e-2))
    for _ in range(3):
        gradient_step(optimiser, -low.evaluate(batch).log_prob.sum(), 1.0)
    changed = {name for name, value in low.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == learned and (low.evaluate(batch).log_prob - batch.old_log_prob).sum() > 0
    other = build_language_policy(rules, replace(CONFIG, lora_rank=2), 1)
    other.resume(low.checkpoint())
    assert torch.equal(other.evaluate(batch).log_prob, low.evaluate(batch).log_prob)


def test_a_rank_below_one_is_refused(rules):
    with pytest.raises(ValueError, match="lora_rank=0"):
        build_language_policy(rules, replace(CONFIG, lora_rank=0), 0)

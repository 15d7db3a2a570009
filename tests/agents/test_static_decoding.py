"""Decoding in fixed memory, and layers through `torch.compile`: the numbers are those of the plain path."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from agents.policies import PolicyConfig, compilation
from agents.policies.bodies import HubBody, LlamaBody
from agents.policies.compilation import can_compile
from agents.policies.conversion import to_transformers
from agents.policies.language_build import build_language_policy, language_policy
from agents.rollouts import static_decoding
from agents.rollouts.generation import Generation, generate
from agents.rollouts.static_decoding import StaticDecoder, any_kernels, matrices, sizes_for
from rlenvs.text.rules import make_rules
from tests.agents.small_models import ragged_prompts, small_llama, small_policy, uniforms, written_batch


def static_policy(kv_heads: int = 1, **settings):
    policy = small_policy(LlamaBody(small_llama(kv_heads=kv_heads)), **settings)
    policy.static = StaticDecoder(policy.body.llama)
    return policy


def same(one: Generation, other: Generation, atol: float = 3e-6) -> None:
    assert torch.equal(one.tokens, other.tokens) and torch.equal(one.lengths, other.lengths)
    torch.testing.assert_close(one.log_prob, other.log_prob, atol=atol, rtol=0)


@pytest.fixture
def few_rows(monkeypatch):
    """Sizes from 4 rows on, so that small batches change them."""
    monkeypatch.setattr(static_decoding, "LEAST_ROWS", 4)


@pytest.mark.parametrize("kv_heads", [1, 2])
def test_fixed_memory_writes_what_memory_that_grows_writes(kv_heads, few_rows):
    policy = static_policy(kv_heads)
    plain = small_policy(policy.body)
    memories = []
    for count, seed in ((5, 1), (2, 3), (5, 4)):
        prompts, drawn = ragged_prompts(count, seed=seed), uniforms(count * 4, seed=seed)
        same(generate(policy, prompts, 4, drawn), generate(plain, prompts, 4, drawn))
        memories.append(policy.static.memory)
    assert memories[0] is memories[1] is memories[2]


def test_rows_that_finish_leave_for_smaller_sizes(few_rows, monkeypatch):
    policy, sizes = static_policy(), []
    step = StaticDecoder.advance
    monkeypatch.setattr(StaticDecoder, "advance", lambda self, rows: (sizes.append(rows), step(self, rows))[1])
    generate(policy, ragged_prompts(), 8, uniforms(40, steps=20))
    assert sizes[0] == 64 and sizes == sorted(sizes, reverse=True) and len(set(sizes)) > 1


def test_memory_is_taken_anew_for_more_rows_or_columns(few_rows):
    policy = static_policy()
    plain = small_policy(policy.body)
    for count, steps in ((2, 4), (5, 4), (5, 12)):
        prompts, drawn = ragged_prompts(count), uniforms(3 * count, steps)
        same(generate(policy, prompts, 3, drawn), generate(plain, prompts, 3, drawn))


def test_half_precision_is_near_what_the_training_pass_says():
    policy = static_policy(precision="bfloat16")
    batch = written_batch(policy, ragged_prompts())
    assert policy.static.memory.store.dtype == torch.bfloat16
    assert (policy.evaluate(batch).log_prob - batch.old_log_prob).abs().max() < 0.3


def test_half_precision_reads_a_copy_that_is_brought_up_to_date():
    """It holds what converting the weights in every step would give, also after an update."""
    policy, prompts = static_policy(precision="bfloat16"), ragged_prompts()
    plain = small_policy(policy.body, precision="bfloat16")
    for _ in range(2):
        one, other = (generate(each, prompts, 4, uniforms(20)) for each in (policy, plain))
        same(one, other, atol=0.1)
        reader = policy.static.reader
        assert reader is not policy.body.llama and reader.embedding.weight is policy.body.llama.embedding.weight
        for copied, own in zip(matrices(reader), matrices(policy.body.llama), strict=True):
            assert copied.dtype == torch.bfloat16 and torch.equal(copied, own.bfloat16())
        with torch.no_grad():
            policy.body.llama.blocks[0].qkv.weight.mul_(0.5)
    assert not set(map(id, matrices(reader))) & set(map(id, policy.parameters()))


def test_full_precision_reads_the_decoder_itself():
    policy = static_policy()
    written_batch(policy, ragged_prompts())
    assert policy.static.reader is policy.body.llama


def test_sizes_are_powers_of_two_down_to_the_least():
    assert sizes_for(512) == [512, 256, 128, 64] and sizes_for(3) == [64] and sizes_for(65) == [128, 64]


@pytest.mark.parametrize("mode", [(False, False), (True, True), (True, False)])
def test_a_graph_is_recorded_with_any_kernels_and_what_was_asked_for_comes_back(mode):
    def standing():
        return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()

    before = standing()
    try:
        torch.use_deterministic_algorithms(mode[0], warn_only=mode[1])
        with pytest.raises(KeyError), any_kernels():
            assert standing() == (False, False)
            raise KeyError
        assert standing() == mode
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_graphs_write_what_the_plain_path_writes_also_after_an_update(precision):
    device = torch.device("cuda")
    policy = static_policy(precision=precision).to(device)
    policy.device = device
    plain = small_policy(policy.body, precision=precision).to(device)
    prompts, drawn = ragged_prompts().to(device), uniforms(40).to(device)
    for _ in range(2):
        one, other = generate(policy, prompts, 8, drawn), generate(plain, prompts, 8, drawn)
        assert list(policy.static.graphs) == [64]
        torch.testing.assert_close(one.log_prob[:, :1], other.log_prob[:, :1], atol=0.1, rtol=0)
        if precision == "float32":
            same(one, other, atol=1e-4)
        with torch.no_grad():
            policy.body.llama.head.weight.mul_(0.5)
            policy.body.llama.blocks[0].qkv.weight.mul_(0.5)


@pytest.fixture
def without_code(monkeypatch):
    """`torch.compile` traces, and runs what it traced as it is: seconds, not minutes."""
    compilation.compiled_for_any_length.cache_clear()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    yield
    compilation.compiled_for_any_length.cache_clear()
    torch._dynamo.reset()


def test_compiled_layers_sample_and_learn_as_plain_ones(without_code):
    plain, other = small_policy(), small_policy()
    other.body.llama.compile_layers()
    batch, again = (written_batch(policy, ragged_prompts()) for policy in (plain, other))
    assert torch.equal(batch.actions, again.actions)
    torch.testing.assert_close(batch.old_log_prob, again.old_log_prob, atol=3e-6, rtol=0)
    plain.evaluate(batch).log_prob.sum().backward()
    for recompute in (False, True):
        other.zero_grad()
        other.body.llama.recompute = recompute
        other.evaluate(batch).log_prob.sum().backward()
        for one, two in zip(plain.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(one.grad, two.grad, atol=1e-4, rtol=1e-4)
    small = written_batch(other, ragged_prompts(2, width=4))
    torch.testing.assert_close(other.evaluate(small).log_prob, small.old_log_prob, atol=2e-5, rtol=0)


def test_without_a_compiler_a_compiled_policy_is_loaded_uncompiled(monkeypatch):
    rules = make_rules("sort", level=1)
    config = PolicyConfig(network="causal_lm", compile=True)
    monkeypatch.setattr(compilation.shutil, "which", lambda name: None)
    monkeypatch.delenv("CXX", raising=False)
    plain = build_language_policy(rules, PolicyConfig(network="causal_lm"), seed=0)
    with pytest.warns(UserWarning, match=r"C\+\+ compiler .* is missing; install it") as told:
        policy = build_language_policy(rules, config, seed=1)
    assert len(told) == 1 and not policy.body.llama.compiled and policy.config.compile
    policy.resume(plain.checkpoint())
    prompts = ragged_prompts().clamp(max=rules.tokenizer.vocab_size - 1)
    batches = [written_batch(one, prompts) for one in (plain, policy)]
    assert torch.equal(batches[0].actions, batches[1].actions)
    with pytest.warns(UserWarning, match="is missing"):
        assert not can_compile(torch.device("cpu"))


def test_compilation_is_refused_of_models_that_our_decoder_does_not_compute():
    rules = make_rules("sort", level=1)
    config = PolicyConfig(network="causal_lm", compile=True)
    hub = HubBody(to_transformers(small_llama(vocab_size=rules.tokenizer.vocab_size)), "copy")
    with pytest.raises(ValueError, match="compile=true: not for model"):
        language_policy(hub, rules, config, seed=0)

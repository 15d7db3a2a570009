"""Our decoder computes what the models of `transformers` compute, whichever tokens are read together."""

from __future__ import annotations

import pytest
import torch
import transformers

from agents.policies.attention import SharedPrefix
from agents.policies.bodies import LlamaBody
from agents.policies.conversion import from_transformers, is_llama_like, to_transformers
from agents.policies.llama import Llama, LlamaConfig, RMSNorm
from agents.policies.responses import NO_TOKEN, Responses
from tests.agents.small_models import VOCAB, ragged_prompts, small_llama, small_policy, written_batch

SIZES = {
    "vocab_size": VOCAB,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}
THEIRS = {
    "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM, {}),
    "mistral": (transformers.MistralConfig, transformers.MistralForCausalLM, {"sliding_window": None}),
    "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM, {}),
    "qwen3": (transformers.Qwen3Config, transformers.Qwen3ForCausalLM, {"head_dim": 6}),
}


def their_model(name: str, tied: bool = False):
    config, model, settings = THEIRS[name]
    torch.manual_seed(3)
    made = model(config(**{**SIZES, **settings, "tie_word_embeddings": tied})).eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, mean=float(parameter.dim() == 1), std=0.3)
    return made


def own_logits(llama: Llama, tokens: torch.Tensor) -> torch.Tensor:
    """Of whole texts `[B, L]`, each split into a prompt of two tokens and a response: `[B, L - 2, V]`."""
    mask = torch.ones(len(tokens), tokens.shape[1] - 2, dtype=torch.bool)
    responses = Responses.of(tokens[:, :2], tokens[:, 2:], mask, torch.arange(len(tokens)))
    features = LlamaBody(llama).features(responses)[responses.source]
    return llama.head(features).view(len(tokens), -1, VOCAB)


def test_the_default_has_a_third_of_a_million_parameters():
    assert sum(parameter.numel() for parameter in Llama(LlamaConfig()).parameters()) == 330_912


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("name", THEIRS)
def test_weights_of_transformers_give_its_logits(name, tied):
    theirs = their_model(name, tied)
    tokens = torch.randint(0, VOCAB, (3, 9))
    with torch.no_grad():
        expected = theirs(tokens).logits[:, 1:-1]
        torch.testing.assert_close(own_logits(from_transformers(theirs), tokens), expected, atol=1e-5, rtol=1e-5)


def test_our_weights_give_the_same_logits_in_transformers():
    ours = small_llama(kv_heads=2)
    tokens = torch.randint(0, VOCAB, (3, 9))
    with torch.no_grad():
        theirs = to_transformers(ours)(tokens).logits[:, 1:-1]
        torch.testing.assert_close(own_logits(ours, tokens), theirs, atol=1e-5, rtol=1e-5)


def test_weights_there_and_back_are_the_same_bits():
    ours = small_llama(kv_heads=2)
    back = from_transformers(to_transformers(ours)).state_dict()
    assert all(torch.equal(tensor, back[name]) for name, tensor in ours.state_dict().items())


@pytest.mark.parametrize("settings", [{"sliding_window": 4}, {"hidden_act": "gelu"}])
def test_what_our_decoder_does_not_compute_is_recognised(settings):
    assert not is_llama_like(transformers.MistralConfig(**{**SIZES, "sliding_window": None, **settings}))


def test_what_our_decoder_does_not_compute_is_refused():
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=VOCAB, n_embd=8, n_layer=1, n_head=2))
    with pytest.raises(ValueError, match="model_type='gpt2'"):
        from_transformers(model)


def test_the_norms_gradient_is_that_of_its_formula():
    x = torch.randn(4, 6, dtype=torch.float64, requires_grad=True)
    norm = RMSNorm(6, 1e-6).double()
    torch.nn.init.normal_(norm.weight)
    direction = torch.randn(4, 6, dtype=torch.float64)
    formula = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * norm.weight
    expected = torch.autograd.grad(formula, (x, norm.weight), direction)
    found = torch.autograd.grad(norm(x), (x, norm.weight), direction)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_a_prompt_read_once_a_group_gives_the_numbers_and_gradients_of_one_read_by_every_response(kv_heads):
    policy = small_policy(LlamaBody(small_llama(kv_heads=kv_heads)))
    batch = written_batch(policy, ragged_prompts())
    alone = batch.with_(group=torch.arange(len(batch)))
    results = []
    for layout in (batch, alone):
        policy.zero_grad()
        log_prob = policy.evaluate(layout).log_prob
        (log_prob * torch.linspace(-1, 1, log_prob.numel()).view_as(log_prob)).sum().backward()
        results.append((log_prob, [parameter.grad.clone() for parameter in policy.parameters()]))
    torch.testing.assert_close(results[0][0], results[1][0], atol=5e-6, rtol=0)
    for one, other in zip(results[0][1], results[1][1], strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_padding_changes_nothing():
    policy = small_policy()
    batch = written_batch(policy, ragged_prompts())
    garbage = torch.where(batch.mask, batch.actions, 7)
    wider = torch.nn.functional.pad(batch.observations, (0, 3), value=NO_TOKEN)
    padded = batch.with_(actions=garbage, observations=wider)
    assert torch.equal(policy.evaluate(batch).log_prob, policy.evaluate(padded).log_prob)


@pytest.mark.parametrize("empty", ["prompt", "response"])
def test_empty_prompts_and_responses_are_refused(empty):
    prompts, mask = torch.full((2, 3), 5), torch.ones(2, 4, dtype=torch.bool)
    if empty == "prompt":
        prompts[1] = NO_TOKEN
    else:
        mask[1] = False
    with pytest.raises(ValueError, match="at least one token each"):
        Responses.of(prompts, torch.full((2, 4), 6), mask, torch.arange(2))


@pytest.mark.parametrize(("sizes", "message"), [({"kv_heads": 3}, "kv_heads=3"), ({"head_dim": 5}, "head_dim=5")])
def test_sizes_that_do_not_fit_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        LlamaConfig(**sizes)


def test_nothing_sees_what_comes_after_it():
    llama = small_llama()
    tokens = torch.randint(3, VOCAB, (1, 9))
    changed = tokens.clone()
    changed[0, 6] = (tokens[0, 6] - 2) % 17 + 3
    with torch.no_grad():
        before, after = own_logits(llama, tokens), own_logits(llama, changed)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.equal(before[:, 5:], after[:, 5:])


def test_attention_needs_no_rows_of_one_length():
    responses = written_batch(small_policy(), ragged_prompts())
    layout = Responses.of(responses.observations, responses.actions, responses.mask, responses.group)
    assert layout.prompts.count < layout.prompts.mask.numel() and layout.rows.count < layout.rows.mask.numel()
    assert len(SharedPrefix(layout, small_llama().config).row_bias) == len(responses)

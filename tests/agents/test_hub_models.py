"""Models of `transformers` by their own forward pass: whatever reads a text, its log-probabilities are the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import transformers

from agents.policies.bodies import HubBody, LlamaBody
from agents.policies.causal_lm import CausalLM
from agents.policies.pretrained import edition, load_body
from agents.rollouts import generation
from agents.rollouts.batch import Batch
from tests.agents.small_models import VOCAB, ragged_prompts, small_policy, written_batch
from tests.agents.test_llama import SIZES

WINDOW = {**SIZES, "sliding_window": 4}
ENDS = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
EXPERTS = {"num_local_experts": 2, "num_experts_per_tok": 1}
SLIDING: dict[str, Callable] = {
    "mistral": lambda: transformers.MistralConfig(**WINDOW),
    "qwen2": lambda: transformers.Qwen2Config(**WINDOW, use_sliding_window=True, max_window_layers=0),
    "phi3": lambda: transformers.Phi3Config(**WINDOW, **ENDS),
    "gemma3": lambda: transformers.Gemma3TextConfig(**WINDOW, **ENDS, head_dim=4),
    "gpt_oss": lambda: transformers.GptOssConfig(**WINDOW, **ENDS, **EXPERTS, head_dim=4),
}
BENT: dict[str, Callable] = {
    "granite": lambda: transformers.GraniteConfig(**SIZES, **ENDS, logits_scaling=8.0),
    "falcon_h1": lambda: transformers.FalconH1Config(
        **SIZES, **ENDS, mamba_d_ssm=16, mamba_n_heads=2, mamba_d_head=8, mamba_d_state=4, lm_head_multiplier=0.5
    ),
    "gemma4": lambda: nested_gemma(final_logit_softcapping=30.0),
    "bert": lambda: transformers.BertConfig(
        vocab_size=VOCAB, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, is_decoder=True, **ENDS
    ),
}
RECURRENT: dict[str, Callable] = {
    "lfm2": lambda: transformers.Lfm2Config(**SIZES, **ENDS, layer_types=["conv", "full_attention"]),
    "mamba": lambda: transformers.MambaConfig(vocab_size=VOCAB, hidden_size=16, num_hidden_layers=1, **ENDS),
    "falcon_h1": lambda: transformers.FalconH1Config(
        **SIZES, **ENDS, mamba_d_ssm=16, mamba_n_heads=2, mamba_d_head=8, mamba_d_state=4
    ),
}


def nested_gemma(**settings):
    """A model of more than texts, whose text settings stand one level down."""
    small = {"head_dim": 4, "global_head_dim": 4, "vocab_size_per_layer_input": VOCAB, "hidden_size_per_layer_input": 4}
    layers = ["sliding_attention", "full_attention"]
    text = transformers.Gemma4TextConfig(**WINDOW, **ENDS, **small, layer_types=layers, **settings)
    return transformers.Gemma4Config(text_config=text.to_dict(), vision_config=None, audio_config=None)


def made(config):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    return model


def log_prob_alone(policy: CausalLM, batch: Batch, row: int) -> torch.Tensor:
    """`[l]` of one response, by the model's own logits of a text without any padding."""
    prompt, response = batch.observations[row], batch.actions[row][batch.mask[row]]
    prompt = prompt[prompt >= 0]
    logits = policy.body.model(input_ids=torch.cat([prompt, response]).unsqueeze(0)).logits[0, len(prompt) - 1 : -1]
    log_policy = logits.index_fill(-1, policy.never, -torch.inf).log_softmax(-1)
    return log_policy.gather(1, response.unsqueeze(1)).squeeze(1)


@pytest.mark.parametrize("name", SLIDING)
def test_padding_takes_no_place_in_a_sliding_window(monkeypatch, name):
    monkeypatch.setattr(generation, "COMPACT_BELOW", 1.1)
    policy = small_policy(HubBody(made(SLIDING[name]()), name))
    batch = written_batch(policy, ragged_prompts(), 4)
    lengths = batch.mask.sum(1)
    assert lengths.min() < lengths.max() and lengths.max() > WINDOW["sliding_window"]
    alone = torch.cat([log_prob_alone(policy, batch, row) for row in range(len(batch))])
    for found in (batch.old_log_prob, policy.evaluate(batch).log_prob):
        torch.testing.assert_close(found[batch.mask], alone, atol=1e-5, rtol=0)


def test_gradients_through_a_sliding_window_are_those_of_texts_alone():
    policy = small_policy(HubBody(made(SLIDING["mistral"]()), "mistral"))
    batch = written_batch(policy, ragged_prompts())
    alone = torch.stack([log_prob_alone(policy, batch, row).sum() for row in range(len(batch))])
    results = []
    for log_prob in (policy.evaluate(batch).log_prob.sum(1), alone):
        policy.zero_grad()
        (log_prob * torch.linspace(-1, 1, len(batch))).sum().backward()
        results.append([parameter.grad.clone() for parameter in policy.parameters()])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", BENT)
def test_logits_that_are_not_the_heads_are_refused(name):
    with pytest.raises(ValueError, match=f"model='{name}' .*beside its head.*choose one whose logits") as refused:
        HubBody(made(BENT[name]()), name)
    assert "\n" not in str(refused.value)


def test_a_cap_far_above_a_models_own_logits_is_noticed():
    model = made(nested_gemma(final_logit_softcapping=30.0))
    torch.nn.init.normal_(model.get_output_embeddings().weight, std=1e-4)
    with pytest.raises(ValueError, match="beside its head"):
        HubBody(model, "gemma")


@pytest.mark.parametrize("name", RECURRENT)
def test_models_that_keep_a_running_state_are_refused(name):
    with pytest.raises(ValueError, match=f"model_type='{name}'.* cannot go on writing.*choose one that att") as refused:
        HubBody(made(RECURRENT[name]()), "some")
    assert "\n" not in str(refused.value)


def test_a_model_that_misplaces_its_tokens_is_refused():
    model = made(transformers.GPT2Config(vocab_size=VOCAB, n_embd=16, n_layer=1, n_head=2, **ENDS))
    read = model.base_model.forward
    model.base_model.forward = lambda *ids, position_ids=None, **inputs: read(*ids, **inputs)
    with pytest.raises(ValueError, match="with its cache and padding otherwise"):
        HubBody(model, "gpt2")


def test_a_model_whose_decoder_cannot_be_told_from_its_head_is_refused():
    config = transformers.Llama4TextConfig(**SIZES, **EXPERTS, head_dim=4, intermediate_size_mlp=24)
    with pytest.raises(ValueError, match="not a decoder with a head behind it"):
        HubBody(made(config), "llama4")


def test_a_model_without_weights_is_taken_as_it_is():
    with torch.device("meta"):
        model = transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=VOCAB, n_embd=16, n_layer=1, n_head=2))
    assert HubBody(model, "gpt2").vocab_size == VOCAB


def test_dropout_stays_out_of_log_probabilities():
    model = made(transformers.GPT2Config(vocab_size=VOCAB, n_embd=16, n_layer=1, n_head=2, resid_pdrop=0.5, **ENDS))
    policy = small_policy(HubBody(model.train(), "gpt2"))
    batch = written_batch(policy, ragged_prompts())
    torch.testing.assert_close(policy.evaluate(batch).log_prob, batch.old_log_prob, atol=1e-5, rtol=0)


def test_a_critic_takes_features_as_wide_as_they_reach_the_head():
    config = transformers.OPTConfig(
        vocab_size=VOCAB, hidden_size=16, ffn_dim=24, num_hidden_layers=1, num_attention_heads=2, word_embed_proj_dim=8
    )
    policy = small_policy(HubBody(made(config), "opt"), critic="shared")
    batch = written_batch(policy, ragged_prompts())
    assert policy.body.width == 8 and policy.evaluate(batch).values.shape == batch.mask.shape


def test_a_qwen3_with_biases_keeps_the_one_behind_attention(tmp_path):
    model = made(transformers.Qwen3Config(**SIZES, **ENDS, head_dim=6, attention_bias=True))
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.5)
    model.save_pretrained(tmp_path)
    body = load_body(tmp_path)
    policy = small_policy(body)
    batch = written_batch(policy, ragged_prompts())
    prompt, response = batch.observations[0], batch.actions[0][batch.mask[0]]
    with torch.no_grad():
        logits = model(torch.cat([prompt, response]).unsqueeze(0)).logits[0, len(prompt) - 1 : -1]
    expected = logits.index_fill(-1, policy.never, -torch.inf).log_softmax(-1).gather(1, response.unsqueeze(1))
    assert not isinstance(body, LlamaBody)
    torch.testing.assert_close(batch.old_log_prob[0][batch.mask[0]], expected.squeeze(1), atol=1e-5, rtol=0)


def test_records_tell_weights_of_one_name_apart(tmp_path):
    model = made(transformers.Qwen3Config(**SIZES, **ENDS, head_dim=6))
    model.save_pretrained(tmp_path)
    first, again = (load_body(tmp_path).description["model_weights"] for _ in range(2))
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(1.5)
    model.save_pretrained(tmp_path)
    changed = small_policy(load_body(tmp_path)).description["model_weights"]
    assert first == again != changed and first.startswith("sha256:")
    assert edition("owner/name", commit="3f81c2") == "3f81c2"

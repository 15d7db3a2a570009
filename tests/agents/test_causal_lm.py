"""A language model with the surface of a policy: log-probabilities, entropies, critics, checkpoints, loading."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers

from agents.policies import PolicyConfig, causal_lm
from agents.policies.bodies import HubBody, LlamaBody
from agents.policies.causal_lm import CausalLM
from agents.policies.language_build import build_language_policy
from agents.policies.pretrained import context_length, load_body
from agents.rollouts.batch import Batch
from rlenvs.text.rules import make_rules
from tests.agents.small_models import VOCAB, ragged_prompts, small_policy, written_batch
from tests.agents.test_llama import SIZES

CRITICS = ["shared", "detached", "separate"]


def full_logits(policy: CausalLM, batch: Batch, row: int) -> torch.Tensor:
    """`[l, V]` before each token of one response, each from a pass over all that is before it."""
    prompt = batch.observations[row][batch.observations[row] >= 0]
    response = batch.actions[row][batch.mask[row]]
    texts = [torch.cat([prompt, response[:step]]) for step in range(len(response))]
    features = torch.cat([policy.decoding(text.unsqueeze(0), 1, 0).features for text in texts])
    return policy.next_token_logits(features)


def test_log_probabilities_and_entropies_are_those_of_one_token_after_another():
    policy = small_policy(temperature=0.8)
    batch = written_batch(policy, ragged_prompts())
    now = policy.evaluate(batch)
    for row in range(0, len(batch), 4):
        logits, tokens = full_logits(policy, batch, row), batch.actions[row][batch.mask[row]]
        expected = (logits / 0.8).log_softmax(-1).gather(1, tokens.unsqueeze(1)).squeeze(1)
        entropy = torch.distributions.Categorical(logits=logits.clamp(min=-1e9)).entropy()
        torch.testing.assert_close(now.log_prob[row][batch.mask[row]], expected, atol=1e-5, rtol=0)
        torch.testing.assert_close(now.entropy[row][batch.mask[row]], entropy, atol=1e-5, rtol=0)
    assert not now.log_prob[~batch.mask].any() and not now.entropy[~batch.mask].any()


def test_what_is_never_written_has_no_probability_and_no_gradient():
    policy = small_policy()
    logits = policy.next_token_logits(torch.randn(3, policy.body.width))
    assert (logits[:, [0, 2]] == -torch.inf).all() and logits[:, [1, 3]].isfinite().all()


@pytest.mark.parametrize("critic", CRITICS)
def test_a_critic_values_what_is_written_before_each_token(critic):
    policy = small_policy(critic=critic)
    batch = written_batch(policy, ragged_prompts())
    assert torch.equal(policy.evaluate(batch).values, torch.zeros(batch.mask.shape))
    torch.nn.init.normal_(policy.value_head[-1].weight)
    values = policy.evaluate(batch).values
    starts = values[:, 0]
    assert all(torch.equal(starts[3 * group : 3 * group + 3], starts[3 * group].expand(3)) for group in range(5))
    assert values[batch.mask].std() > 0 and not values[~batch.mask].any()
    values.sum().backward()
    reached = policy.body.llama.embedding.weight.grad is not None
    assert reached == (critic == "shared")
    assert (policy.value_body is not None) == (critic == "separate")


def test_a_checkpoint_brings_back_every_number():
    policy, other = small_policy(critic="separate", seed=1), small_policy(critic="separate", seed=2)
    batch = written_batch(policy, ragged_prompts())
    other.resume(policy.checkpoint())
    assert torch.equal(policy.evaluate(batch).log_prob, other.evaluate(batch).log_prob)


def test_half_precision_stays_near_and_learns():
    policy = small_policy(critic="shared")
    batch = written_batch(policy, ragged_prompts())
    low = small_policy(critic="shared", precision="bfloat16")
    now = low.evaluate(batch)
    assert now.log_prob.dtype == torch.float32
    assert 0 < (now.log_prob - batch.old_log_prob).abs().max() < 0.3
    now.log_prob.sum().backward()
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in low.body.parameters())
    written_batch(low, ragged_prompts())


def test_the_head_is_computed_in_single_precision():
    features = 20 * torch.randn(6, small_policy().body.width)
    low, full = (small_policy(precision=precision).next_token_logits(features) for precision in ("bfloat16", "float32"))
    assert full[full.isfinite()].abs().max() > 16 and torch.equal(low, full)


def test_evaluations_token_by_token_are_in_the_precision_of_training():
    policy, prompts = small_policy(precision="bfloat16"), ragged_prompts()
    lengths = (prompts >= 0).sum(1, keepdim=True)
    observations = torch.cat([prompts.clamp(min=0), lengths, lengths], dim=1)
    with torch.no_grad(), policy.computing():
        features = policy.body.decoding(prompts, 1, 0).features
    with torch.no_grad():
        assert torch.equal(policy.logits(observations), policy.next_token_logits(features))
        assert not torch.equal(policy.logits(observations), small_policy().logits(observations))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A Qwen2 and a GPT-NeoX of a few thousand weights, with a byte-level tokenizer and a chat template."""
    path = tmp_path_factory.mktemp("models")
    codec = transformers.PreTrainedTokenizerFast(tokenizer_object=byte_tokenizer(), eos_token="<|end|>")
    codec.chat_template = "{% for m in messages %}<|user|>{{ m['content'] }}<|end|>{% endfor %}<|model|>"
    sizes = {**SIZES, "vocab_size": len(codec) + 5}
    neox = transformers.GPTNeoXConfig(**{key: sizes[key] for key in list(SIZES)[:5] if "key_value" not in key})
    for name, model in {
        "qwen2": transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**sizes)),
        "neox": transformers.GPTNeoXForCausalLM(neox),
    }.items():
        model.save_pretrained(path / name)
        codec.save_pretrained(path / name)
    return path


@pytest.mark.parametrize("critic", ["none", "detached"])
def test_without_gradients_rows_are_read_a_few_at_a_time(critic, monkeypatch):
    policy = small_policy(critic=critic)
    batch, read = written_batch(policy, ragged_prompts()), []
    of = causal_lm.Responses.of
    monkeypatch.setattr(causal_lm.Responses, "of", lambda *parts: (read.append(len(parts[1])), of(*parts))[1])
    whole = policy.evaluate(batch)
    (rows, steps), width = batch.actions.shape, batch.observations.shape[1]
    monkeypatch.setattr(causal_lm, "MOST_SCORES", 4 * steps * (steps + width))
    with torch.no_grad():
        parts = policy.evaluate(batch)
    policy.evaluate(batch)
    assert read == [rows, *[4] * (rows // 4), *([rows % 4] if rows % 4 else []), rows]
    for name in ("log_prob", "entropy", "values"):
        one, other = getattr(whole, name), getattr(parts, name)
        assert (one is None) == (other is None) == (name == "values" and critic == "none")
        if one is not None:
            torch.testing.assert_close(one, other, atol=3e-6, rtol=0)


def byte_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|end|>", "<|user|>", "<|model|>"]
    trainer = trainers.BpeTrainer(special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(["Sort the letters of abc alphabetically."], trainer)
    return tokenizer


@pytest.mark.parametrize(("name", "forward"), [("qwen2", "own"), ("neox", "transformers")])
def test_a_saved_model_answers_an_environments_prompts(saved, name, forward):
    path = str(saved / name)
    rules = make_rules("sort", level=1, style="chat", tokenizer=path, max_tokens=6)
    policy = build_language_policy(rules, PolicyConfig(network="causal_lm", model=path), seed=0)
    assert policy.description["forward"] == forward and policy.description["model"] == path
    assert isinstance(policy.body, LlamaBody if forward == "own" else HubBody)
    batch = written_batch(
        policy, torch.tensor([rules.tokenizer.encode("Sort cba."), rules.tokenizer.encode("Sort xyz.")])
    )
    torch.testing.assert_close(policy.evaluate(batch).log_prob, batch.old_log_prob, atol=2e-5, rtol=0)
    assert batch.actions.max() < rules.tokenizer.vocab_size < policy.body.vocab_size


def test_the_chat_template_is_the_models_own(saved):
    path = str(saved / "qwen2")
    rules = make_rules("sort", level=1, style="chat", tokenizer=path, chat_template=True, max_tokens=6)
    book, codec = rules.book, rules.tokenizer.tokenizer
    (index,) = book.indices(np.array([0.5]))
    shown = codec.decode(book.tokens[index, : book.lengths[index]])
    assert shown == f"<|user|>{book.text(index)}<|end|><|model|>"
    assert codec.decode(rules.tokenizer.encode("abc")) == "abc"
    assert rules.fingerprint != make_rules("sort", level=1, style="chat", tokenizer=path, max_tokens=6).fingerprint


def test_a_chat_template_is_missed_where_there_is_none(saved):
    with pytest.raises(ValueError, match="give one of transformers"):
        make_rules("sort", level=1, chat_template=True)
    codec = transformers.PreTrainedTokenizerFast(tokenizer_object=byte_tokenizer(), eos_token="<|end|>")
    with pytest.raises(ValueError, match="no chat template"):
        make_rules("sort", level=1, tokenizer=codec, chat_template=True)


def test_models_that_cannot_work_are_refused_in_one_line(saved, tmp_path):
    with pytest.raises(ValueError, match="cannot be loaded") as refused:
        load_body(tmp_path / "nothing")
    assert "\n" not in str(refused.value)
    small = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**SIZES))
    small.save_pretrained(tmp_path / "small")
    rules = make_rules("sort", level=1, tokenizer=str(saved / "qwen2"))
    with pytest.raises(ValueError, match=f"knows {VOCAB} tokens"):
        build_language_policy(rules, PolicyConfig(model=str(tmp_path / "small")), seed=0)


@pytest.mark.parametrize("kind", ["GPT2", "Qwen2"])
def test_a_task_longer_than_the_models_context_is_refused(kind, saved, tmp_path):
    own = {"n_positions": 64, "n_embd": 16, "n_layer": 1, "n_head": 2} if kind == "GPT2" else SIZES
    config = getattr(transformers, f"{kind}Config")(**{**own, "vocab_size": 400})
    getattr(transformers, f"{kind}LMHeadModel" if kind == "GPT2" else f"{kind}ForCausalLM")(config).save_pretrained(
        tmp_path
    )
    task, model = {"level": 1, "tokenizer": str(saved / "qwen2")}, PolicyConfig(model=str(tmp_path))
    prompt = make_rules("sort", **task).book.max_prompt_tokens
    remedy = f"reads 64 tokens .* up to {prompt} and responses up to 300; .* --env-set max_tokens={64 - prompt}$"
    with pytest.raises(ValueError, match=remedy):
        build_language_policy(make_rules("sort", **task, max_tokens=300), model, seed=0)
    build_language_policy(make_rules("sort", **task, max_tokens=64 - prompt), model, seed=0)


@pytest.mark.parametrize(
    ("config", "length"),
    [
        (transformers.GPT2Config(n_positions=256), 256),
        (transformers.BloomConfig(), None),
        (transformers.FalconConfig(alibi=True), None),
        (transformers.FalconConfig(alibi=False, max_position_embeddings=512), 512),
        (transformers.LlamaConfig(max_position_embeddings=64), 64),
        (
            transformers.LlamaConfig(
                max_position_embeddings=64, rope_parameters={"rope_type": "linear", "factor": 4.0, "rope_theta": 1e4}
            ),
            256,
        ),
    ],
)
def test_what_a_model_can_read_is_in_its_configuration(config, length, tmp_path):
    config.save_pretrained(tmp_path)
    assert context_length(tmp_path) == length
    with pytest.raises(ValueError, match="cannot be loaded"):
        context_length(tmp_path / "nothing")


def test_without_gradients_logits_are_kept_a_few_at_a_time(monkeypatch):
    policy = small_policy(critic="detached")
    batch = written_batch(policy, ragged_prompts())
    seen: list[int] = []
    head = policy.next_token_logits
    monkeypatch.setattr(policy, "next_token_logits", lambda features: seen.append(len(features)) or head(features))
    with torch.no_grad():
        whole = policy.evaluate(batch)
        monkeypatch.setattr(causal_lm, "MOST_LOGITS", 7 * policy.vocab_size)
        parts = policy.evaluate(batch)
    assert len(seen) > 2 and max(seen[1:]) == 7
    for name in ("log_prob", "entropy", "values"):
        torch.testing.assert_close(getattr(whole, name), getattr(parts, name), atol=3e-6, rtol=0)

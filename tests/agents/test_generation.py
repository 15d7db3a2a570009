"""Sampling: exact log-probabilities, streams of one's own, and rows that leave without a trace."""

from __future__ import annotations

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from agents.policies.bodies import HubBody, LlamaBody
from agents.policies.conversion import to_transformers
from agents.rollouts import generation
from agents.rollouts.generation import GREEDY, Sampling, draw, generate
from tests.agents.small_models import VOCAB, ragged_prompts, small_llama, small_policy, uniforms, written_batch


def same(one: generation.Generation, other: generation.Generation) -> None:
    assert torch.equal(one.tokens, other.tokens) and torch.equal(one.lengths, other.lengths)
    torch.testing.assert_close(one.log_prob, other.log_prob, atol=3e-6, rtol=0)


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_of_sampling_are_those_of_the_training_pass(kv_heads, temperature):
    policy = small_policy(LlamaBody(small_llama(kv_heads=kv_heads)), temperature=temperature)
    batch = written_batch(policy, ragged_prompts(), sampling=Sampling(temperature))
    torch.testing.assert_close(policy.evaluate(batch).log_prob, batch.old_log_prob, atol=2e-5, rtol=0)


def test_our_decoder_and_that_of_transformers_write_the_same():
    llama, prompts = small_llama(), ragged_prompts()
    hub = HubBody(to_transformers(llama).eval(), "copy")
    drawn = uniforms(len(prompts) * 4)
    same(*(generate(small_policy(body), prompts, 4, drawn) for body in (LlamaBody(llama), hub)))


def test_a_model_that_is_no_llama_writes_what_its_training_pass_says():
    config = transformers.GPTNeoXConfig(
        vocab_size=VOCAB, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24
    )
    policy = small_policy(HubBody(transformers.GPTNeoXForCausalLM(config).eval(), "neox"), critic="shared")
    batch = written_batch(policy, ragged_prompts())
    now = policy.evaluate(batch)
    torch.testing.assert_close(now.log_prob, batch.old_log_prob, atol=2e-5, rtol=0)
    (now.log_prob.sum() + now.values.sum()).backward()
    assert policy.body.model.base_model.embed_in.weight.grad is not None


@settings(max_examples=15)
@given(first=st.integers(0, 4), count=st.integers(1, 5), compact=st.sampled_from([0.0, 0.75, 1.1]))
def test_neither_other_prompts_nor_compaction_change_a_row(first, count, compact):
    policy, prompts, drawn = small_policy(), ragged_prompts(), uniforms(15)
    whole = generate(policy, prompts, 3, drawn)
    chosen = slice(3 * first, 3 * (first + count))
    before, generation.COMPACT_BELOW = generation.COMPACT_BELOW, compact
    try:
        part = generate(policy, prompts[first : first + count], 3, drawn[chosen])
    finally:
        generation.COMPACT_BELOW = before
    width = part.tokens.shape[1]
    assert torch.equal(part.tokens, whole.tokens[chosen, :width]) and torch.equal(part.lengths, whole.lengths[chosen])
    torch.testing.assert_close(part.log_prob, whole.log_prob[chosen, :width], atol=3e-6, rtol=0)


def test_the_same_batch_gives_the_same_bits():
    policy, prompts = small_policy(), ragged_prompts()
    one, other = (generate(policy, prompts, 3, uniforms(15)) for _ in range(2))
    assert torch.equal(one.tokens, other.tokens) and torch.equal(one.log_prob, other.log_prob)


def test_responses_end_with_the_end_token_or_at_the_limit():
    written = generate(small_policy(), ragged_prompts(), 8, uniforms(40))
    last = written.tokens.gather(1, written.lengths.unsqueeze(1) - 1).squeeze(1)
    ended = last == 1
    assert ended.any() and not ended.all()
    assert (written.lengths[~ended] == 12).all()
    assert ((written.tokens == 1).sum(1) == ended).all()
    assert (written.tokens[~written.mask] == 0).all() and (written.log_prob[~written.mask] == 0).all()
    assert not torch.isin(written.tokens[written.mask], torch.tensor([0, 2])).any()


def test_temperature_0_takes_the_likeliest_token_whatever_the_uniform_numbers():
    policy, prompts = small_policy(), ragged_prompts()
    one, other = (generate(policy, prompts, 1, uniforms(5, seed=seed), GREEDY) for seed in (1, 2))
    assert torch.equal(one.tokens, other.tokens)
    batch = written_batch(policy, prompts, 1, GREEDY)
    assert torch.equal(batch.actions, one.tokens)


def test_tokens_are_drawn_as_often_as_they_are_likely():
    logits = torch.tensor([0.0, 1.0, -torch.inf, 2.0])
    rows = 4000
    drawn = (torch.arange(rows, dtype=torch.float64) + 0.5) / rows
    chosen, log_prob, _ = draw(logits.expand(rows, -1), drawn, Sampling())
    torch.testing.assert_close(torch.bincount(chosen, minlength=4) / rows, logits.softmax(-1), atol=1e-3, rtol=0)
    torch.testing.assert_close(log_prob, logits.log_softmax(-1)[chosen])


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-53])
def test_what_has_no_probability_is_never_drawn(uniform):
    logits = torch.tensor([[-torch.inf, 0.3, 0.1, -torch.inf]])
    chosen, _, _ = draw(logits, torch.tensor([uniform], dtype=torch.float64), Sampling())
    assert chosen.item() in (1, 2)


def test_top_p_draws_among_the_fewest_tokens_that_hold_it():
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().expand(1000, -1)
    drawn = torch.rand(1000, dtype=torch.float64)
    chosen, log_prob, sampled = draw(logits, drawn, Sampling(top_p=0.7))
    assert set(chosen.tolist()) == {0, 1}
    torch.testing.assert_close(log_prob, logits[0].gather(0, chosen))
    torch.testing.assert_close(sampled.exp(), torch.tensor([0.625, 0.375])[chosen])


class Letters:
    """As much of a tokenizer as stop strings need."""

    def decode(self, ids):
        return "".join(chr(ord("a") + token) for token in ids)


def test_a_stop_string_ends_a_response_with_the_token_that_completes_it():
    policy, prompts, drawn = small_policy(), ragged_prompts(), uniforms(40)
    letters = Letters()
    free = generate(policy, prompts, 8, drawn)
    stopped = generate(policy, prompts, 8, drawn, Sampling(stop=("k", "hi")), letters)
    for row in range(40):
        text = letters.decode(free.tokens[row, : free.lengths[row]].tolist())
        places = [text.find(stop) + len(stop) for stop in ("k", "hi") if stop in text]
        assert stopped.lengths[row] == min([free.lengths[row].item(), *places])
    assert (stopped.lengths < free.lengths).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"temperature": -1.0}, "temperature=-1"), ({"top_p": 0.0}, "top_p=0"), ({"stop": "end"}, "stop='end'")],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Sampling(**settings)


def test_calls_that_cannot_work_are_refused():
    with pytest.raises(ValueError, match="uniforms has 3 rows"):
        generate(small_policy(), ragged_prompts(), 2, uniforms(3))
    with pytest.raises(ValueError, match="give the tokenizer"):
        generate(small_policy(), ragged_prompts(), 1, uniforms(5), Sampling(stop=("x",)))


@pytest.mark.parametrize("adjustment", ["em_inf", "adaptive_temperature"])
def test_logits_are_adjusted_by_their_entropy_before_the_draw(adjustment):
    logits = torch.tensor([2.0, 1.5, -torch.inf, 1.0, -1.0]).expand(4000, -1)
    drawn = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    chosen, before, after = draw(logits, drawn, Sampling(adjustment=adjustment))
    plain, _, _ = draw(logits, drawn, Sampling())
    assert (chosen == 0).sum() > 1.1 * (plain == 0).sum() and not (chosen == 2).any()
    torch.testing.assert_close(before, logits.log_softmax(-1)[0, chosen])
    shares = torch.bincount(chosen, minlength=5) / 4000
    torch.testing.assert_close(after.exp(), shares[chosen], atol=1e-3, rtol=0)
    greedy = [draw(logits, drawn, Sampling(0.0, adjustment=name))[0] for name in ("none", adjustment)]
    assert torch.equal(*greedy)


def test_an_unknown_adjustment_is_refused():
    with pytest.raises(ValueError, match="adjustment='colder': choose one of none, em_inf, adaptive_temperature"):
        Sampling(adjustment="colder")


class Conversions(TorchDispatchMode):
    """Counts tensors of one shape that are converted to another type."""

    def __init__(self, shape: torch.Size) -> None:
        super().__init__()
        self.shape, self.count = shape, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten._to_copy.default and args[0].shape == self.shape:
            self.count += 1
        return function(*args, **(kwargs or {}))


def test_weights_are_converted_once_a_batch_of_responses():
    policy = small_policy(precision="bfloat16")
    layers = policy.body.llama.blocks
    with Conversions(layers[0].down.weight.shape) as seen:
        written = generate(policy, ragged_prompts(), 2, uniforms(10))
    assert written.tokens.shape[1] > 2 and seen.count == len(layers)

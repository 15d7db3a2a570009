"""Stop strings of every alphabet, special tokens among them, and the further ends of chat models."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest
import torch

from agents.language_evaluation import answer
from agents.policies import PolicyConfig
from agents.policies.language_build import build_language_policy
from agents.rollouts import generation
from agents.rollouts.clock import Clock
from agents.rollouts.generation import GREEDY, Sampling, generate
from agents.rollouts.generation_collector import GenerationCollector
from agents.rollouts.stopping import TAIL, stopped, tail_of
from rlenvs.text.hub_tokenizers import ChatTokenizer, HuggingFaceTokenizer
from tests.agents.small_models import ragged_prompts, small_policy, uniforms
from tests.text.tokenizers_for_tests import hub_codec

CHAT = (
    "{% for m in messages %}<turn>{{ m['role'] }}\n{{ m['content'] }}<over>\n{% endfor %}"
    "{% if add_generation_prompt %}<turn>model\n{% endif %}"
)


class Script:
    """A writer of the given tokens."""

    def __init__(self, tokenizer, ids):
        self.tokenizer, self.ids, self.place, self.rows = tokenizer, ids, 0, 1
        self.eos_id, self.pad_id = tokenizer.eos_id, tokenizer.pad_id

    def decoding(self, prompts, group_size, room):
        self.rows = len(prompts) * group_size
        return self

    @property
    def features(self):
        return torch.zeros(self.rows, 1)

    def step(self, tokens):
        self.place += 1
        return self.features

    def computing(self):
        return nullcontext()

    def next_token_logits(self, features):
        logits = torch.full((len(features), self.tokenizer.vocab_size), -torch.inf)
        logits[:, self.ids[self.place]] = 0.0
        return logits


def written_length(tokenizer, ids, stop=()) -> int:
    drawn = torch.zeros(1, len(ids), dtype=torch.float64)
    sampling = Sampling(temperature=0.0, stop=stop)
    return generate(Script(tokenizer, ids), torch.tensor([[5]]), 1, drawn, sampling, tokenizer).lengths.item()


@pytest.mark.parametrize("string", ["最终答案是", "🙂🙂🙂🙂", "ответ", "</answer>"])
def test_stop_strings_of_several_bytes_a_character_stop(string):
    tokenizer = HuggingFaceTokenizer(hub_codec())
    before, ids = tokenizer.encode("1+2="), tokenizer.encode(string)
    assert len(ids) == len(string.encode()) <= tail_of((string,)) - TAIL
    assert written_length(tokenizer, [*before, *ids, *before], (string,)) == len(before) + len(ids)
    assert stopped([[*before, *ids], before], (string,), tokenizer) == [True, False]


@pytest.mark.parametrize("stop", [("<over>",), ("x", "42<over>"), ("<turn>",)])
def test_special_tokens_stop_by_their_names(stop):
    tokenizer = HuggingFaceTokenizer(hub_codec())
    over, turn = (tokenizer.tokenizer.convert_tokens_to_ids(name) for name in ("<over>", "<turn>"))
    ids = [*tokenizer.encode("42"), turn if stop == ("<turn>",) else over]
    assert written_length(tokenizer, [*ids, *ids], stop) == len(ids)
    assert written_length(tokenizer, [*ids, *ids], ("<begin>",)) == 2 * len(ids)
    # a string of plain text is found also where special tokens stand within it
    (four,), (two,) = tokenizer.encode("4"), tokenizer.encode("2")
    assert stopped([[four, turn, two]], ("42", *stop), tokenizer) == [True]


def test_a_chat_response_ends_with_the_tokenizers_own_end_too():
    tokenizer = ChatTokenizer(hub_codec(CHAT))
    text, own = tokenizer.encode("42"), tokenizer.tokenizer.eos_token_id
    assert tokenizer.eos_id != own
    for end in (tokenizer.eos_id, own):
        assert written_length(tokenizer, [*text, end, *text]) == len(text) + 1


@pytest.mark.parametrize("name", ["<over>", "<eos>"])
def test_a_chat_model_that_ends_its_turn_is_paid_in_training_and_in_evaluations(name):
    arguments = {"task": "addition", "tokenizer": hub_codec(CHAT), "chat_template": True, "max_tokens": 12}
    env = gym.make_vec("rlenvs/MathToken-v0", 2, group_size=2, num_problems=1, **arguments)
    rules = env.unwrapped.rules
    policy = build_language_policy(rules, PolicyConfig(network="causal_lm", precision="float32"), 0)
    rules.book.indices(np.zeros(1))
    gold = rules.tokenizer.encode(rules.book.problem(0).gold)
    script = Script(rules.tokenizer, [*gold, rules.tokenizer.tokenizer.convert_tokens_to_ids(name), *gold * 9])
    policy.decoding, policy.next_token_logits = script.decoding, lambda features: script.next_token_logits(features)
    collector = GenerationCollector(env, 2, GREEDY, torch.Generator().manual_seed(0), 0, Clock())
    batch = collector.collect(policy)
    assert batch.rewards.sum(1).tolist() == [1.0, 1.0]
    assert batch.mask.sum(1).tolist() == [len(gold) + 1] * 2
    script.place = 0
    policy.evaluate = lambda batch: SimpleNamespace(entropy=torch.zeros(batch.mask.shape))
    answers = answer(policy, rules, np.array([0]), 2, GREEDY, 0)
    assert [verdict.reward for verdict in answers.verdicts] == [1.0, 1.0]


def test_no_more_than_the_tail_of_a_response_is_looked_at(monkeypatch):
    seen = []

    def watched(responses, stop, tokenizer):
        seen.extend(map(len, responses))
        return stopped(responses, stop, tokenizer)

    monkeypatch.setattr(generation, "stopped", watched)
    drawn, sampling = uniforms(20, 40), Sampling(stop=("~~",))
    tokenizer = SimpleNamespace(decode=lambda ids: "a" * len(ids))
    written = generate(small_policy(), ragged_prompts(), 4, drawn, sampling, tokenizer)
    assert written.lengths.max() > 2 + TAIL and max(seen) == tail_of(("~~",)) == 2 + TAIL

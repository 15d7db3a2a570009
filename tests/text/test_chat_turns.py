"""Feedback through a chat template: what a model reads in the next turn is what the template would have shown it."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from rlenvs.text.response_vector import ResponseVectorEnv
from tests.text.tokenizers_for_tests import byte_level_tokenizer

TEMPLATE = (
    "{% for m in messages %}<begin>{{ m['role'] }}\n{{ m['content'] }}<end>\n{% endfor %}"
    "{% if add_generation_prompt %}<begin>assistant\n{% endif %}"
)


def chat_codec(template: str = TEMPLATE):
    codec = copy.deepcopy(byte_level_tokenizer().tokenizer)
    codec.chat_template = template
    return codec


def conversations(codec, lengths, style="chat"):
    """Two members, answered with odd tokens: letters one by one, which the tokenizer would merge."""
    env = ResponseVectorEnv(
        2, max_turns=2, group_size=2, task="sort", style=style, tokenizer=codec, chat_template=True, max_tokens=20
    )
    env.reset(options={"problem": 3})
    letters = [codec.encode(letter)[0] for letter in "<answer>ab</answer>"]
    ids = np.array([[*letters, codec.eos_token_id], [*letters, letters[0]]])
    env.respond(ids, lengths)
    return env.conversations, letters


def read(conversation) -> list[int]:
    return [token for _, ids in conversation.ids() for token in ids]


def test_the_next_turn_reads_the_whole_template_and_the_very_tokens_that_were_written():
    codec = chat_codec()
    (talk, _), letters = conversations(codec, [20, 20])
    assert talk.ids()[1] == ("assistant", [*letters, codec.eos_token_id])
    assert letters != codec.encode("<answer>ab</answer>")
    feedback = talk.messages[2].text.strip()
    messages = [("user", talk.messages[0].text), ("assistant", "<answer>ab</answer>"), ("user", feedback)]
    expected = codec.apply_chat_template(
        [{"role": role, "content": text} for role, text in messages], add_generation_prompt=True, tokenize=False
    )
    assert codec.decode(read(talk)) == expected


def test_a_response_that_was_cut_is_closed():
    codec = chat_codec()
    (_, cut), letters = conversations(codec, [20, 20])
    written = cut.ids()
    assert written[1] == ("assistant", [*letters, letters[0]]) and written[2][1][0] == codec.eos_token_id
    assert codec.decode(written[2][1]).startswith("<end>\n<begin>user\n") and read(cut).count(codec.eos_token_id) == 3


def test_a_template_whose_turns_end_otherwise_keeps_its_own_end_too():
    codec = chat_codec("{% for m in messages %}[{{ m['content'] }}]{% endfor %}>")
    (talk, _), _ = conversations(codec, [20, 20])
    assert codec.decode(talk.ids()[2][1]) == f"][{talk.messages[2].text.strip()}]>"


def test_a_template_that_hides_responses_is_refused():
    codec = chat_codec("{% for m in messages if m['role'] == 'user' %}{{ m['content'] }}{% endfor %}")
    (talk, _), _ = conversations(codec, [20, 20])
    with pytest.raises(ValueError, match="set max_turns=1"):
        talk.ids()

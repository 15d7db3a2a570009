"""Tokenizers of `transformers`: how prompts begin, which token ends a response, and what tells one from another."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from rlenvs.text.hub_tokenizers import ChatTokenizer, HuggingFaceTokenizer
from rlenvs.text.response_env import ResponseEnv
from rlenvs.text.response_vector import ResponseVectorEnv
from rlenvs.text.rules import make_rules
from rlenvs.text.token_env import TokenEnv, sensible_tokens
from rlenvs.text.tokenizers import CharacterTokenizer, content_of, prompt_ids, stop_ids
from tests.text.tokenizers_for_tests import exchanged, hub_codec

ASKED = "{% if add_generation_prompt %}<turn>model\n{% endif %}"
SHOWN = "{% for m in messages %}<turn>{{ m['role'] }}\n{{ m['content'] }}"
GEMMA = "{{ bos_token }}" + SHOWN + "<over>\n{% endfor %}" + ASKED
PHI = SHOWN + "<over>\n{% endfor %}{% if add_generation_prompt %}<turn>model\n{% else %}{{ eos_token }}{% endif %}"
LLAMA_2 = (
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ bos_token }}[{{ m['content'] }}]"
    "{% else %} {{ m['content'] }} {{ eos_token }}{% endif %}{% endfor %}"
)
HARMONY = (
    SHOWN + "{% if loop.last and not add_generation_prompt %}{{ eos_token }}{% else %}<over>{% endif %}{% endfor %}"
)
PROMPTS_ALONE = "{% for m in messages %}{% if m['role'] != 'user' %}{{ raise_exception('no') }}{% endif %}{% endfor %}"


@pytest.mark.parametrize(
    "around", ["<begin> $A", "$A", "<begin> $A <eos>", "$A <eos>", "<turn> <begin> $A <over> <eos>"]
)
def test_prompts_begin_as_the_tokenizer_begins_a_text_and_nothing_stands_behind(around):
    codec = hub_codec(around=around)
    tokenizer = HuggingFaceTokenizer(codec)
    text = tokenizer.encode("12+7=")
    before = [codec.convert_tokens_to_ids(name) for name in around.partition("$A")[0].split()]
    assert prompt_ids(tokenizer, "12+7=") == [*before, *text]
    assert codec.encode("12+7=")[: len(before) + len(text)] == [*before, *text]
    assert not set(text) & set(codec.all_special_ids)


def test_environments_count_the_beginning_of_a_prompt():
    bare, whole = (make_rules("addition", tokenizer=hub_codec(around=around)) for around in ("$A", "<begin> $A"))
    assert whole.book.max_prompt_tokens == bare.book.max_prompt_tokens + 1
    env = TokenEnv(tokenizer=hub_codec())
    observation, _ = env.reset(seed=0)
    tokenizer = env.rules.tokenizer
    text = env.rules.book.text(env._problem)
    assert observation[: observation[-1]].tolist() == [tokenizer.bos_id, *tokenizer.encode(text)]
    for token in [*tokenizer.encode(env.rules.book.problem(env._problem).gold), tokenizer.eos_id]:
        observation, reward, *_ = env.step(token)
        assert observation in env.observation_space
    assert reward == 1.0
    check_env(TokenEnv(tokenizer=hub_codec()), skip_render_check=True)


def test_every_turn_is_read_behind_one_beginning():
    env = ResponseEnv(max_turns=2, task="sort", tokenizer=hub_codec(), max_tokens=30)
    env.reset(seed=0)
    shown, *_ = env.step("a")
    assert shown in env.observation_space
    ids = [token for _, told in env.conversation.ids() for token in told]
    assert ids[0] == env.rules.tokenizer.bos_id and ids.count(env.rules.tokenizer.bos_id) == 1


@pytest.mark.parametrize(
    ("template", "end"),
    [
        (GEMMA, "<over>"),
        (PHI, "<over>"),
        (GEMMA.replace("<over>", "{{ eos_token }}"), "<eos>"),
        (LLAMA_2, "<eos>"),
        (HARMONY, "<eos>"),  # the end of a last response and of an earlier one differ
        (SHOWN + "{% endfor %}" + ASKED, "<eos>"),  # none: the next turn begins with a token of its own
        (GEMMA.replace("<over>", "<over><turn>"), "<eos>"),  # several
        (GEMMA.replace("<over>", "]"), "<eos>"),  # a text that responses may hold
        ("{{ messages[0]['content'] }}", "<eos>"),  # hides responses
        (PROMPTS_ALONE, "<eos>"),
    ],
)
def test_a_chat_response_ends_with_the_token_of_its_template(template, end):
    codec = hub_codec(template)
    tokenizer = ChatTokenizer(codec)
    assert codec.convert_ids_to_tokens(tokenizer.eos_id) == end
    assert stop_ids(tokenizer) == (() if end == "<eos>" else (codec.eos_token_id,))
    assert stop_ids(HuggingFaceTokenizer(codec)) == ()


@pytest.mark.parametrize("is_special", [True, False])
def test_what_a_chat_model_writes_is_right(is_special):
    codec = hub_codec(GEMMA)
    if not is_special:
        from tokenizers import AddedToken

        codec.add_tokens([AddedToken("<done>", special=False)])
        codec.chat_template = GEMMA.replace("<over>", "<done>")
    env = ResponseVectorEnv(2, group_size=2, task="addition", tokenizer=codec, chat_template=True, max_tokens=12)
    env.reset(seed=0)
    gold = env.rules.book.problem(env.conversations[0].problem).gold
    end = codec.convert_tokens_to_ids("<over>" if is_special else "<done>")
    ids = [*codec.encode(gold, add_special_tokens=False), end]
    own = [*ids[:-1], codec.eos_token_id, end]  # the tokenizer's own end, and what a collector puts behind a stop
    rewards, _ = env.respond(np.array([[*ids, 0], own]), [len(ids), len(own)])
    assert rewards.tolist() == [1.0, 1.0] and env.conversations[0].messages[1].text == gold


def test_the_tokenizers_own_end_can_be_written_where_it_is_the_padding_too():
    codec = hub_codec(GEMMA, pad="<eos>")
    mask = sensible_tokens(make_rules(tokenizer=codec, chat_template=True))
    assert mask[[codec.eos_token_id, codec.convert_tokens_to_ids("<over>")]].all() and not mask[codec.bos_token_id]
    assert not sensible_tokens(make_rules(tokenizer=hub_codec(GEMMA), chat_template=True))[
        codec.convert_tokens_to_ids("<pad>")
    ]


@pytest.mark.parametrize("template", [GEMMA, PHI, LLAMA_2])
def test_the_next_turn_reads_one_end_and_the_template_behind_it(template):
    codec = hub_codec(template)
    tokenizer = ChatTokenizer(codec)
    end = codec.convert_ids_to_tokens(tokenizer.eos_id)
    open_one, ended = (tokenizer.encode_feedback("wrong", is_ended) for is_ended in (False, True))
    assert open_one == [tokenizer.eos_id, *ended]
    words = [("user", "?"), ("assistant", "42"), ("user", "wrong")]
    messages = [{"role": role, "content": content} for role, content in words]
    whole = codec.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert whole.endswith(codec.decode(ended)) and codec.decode(open_one).startswith(end)
    assert whole.partition("42")[2].lstrip() == codec.decode(open_one)


def test_rules_are_told_apart_by_what_their_tokenizer_holds():
    def fingerprint(codec, **arguments):
        return make_rules("addition", tokenizer=codec, max_tokens=8, max_prompt_tokens=60, **arguments).fingerprint

    turned = hub_codec()
    turned.eos_token = "<over>"
    plain = [hub_codec(), exchanged(hub_codec()), turned, hub_codec(around="$A"), hub_codec(pad="<over>")]
    assert len({len(codec) for codec in plain}) == 1
    prints = [fingerprint(codec) for codec in plain]
    chats = (GEMMA, GEMMA.replace("<over>", "<turn>"), GEMMA.replace("model", "you"))
    prints += [fingerprint(hub_codec(template), chat_template=True) for template in chats]
    assert len(set(prints)) == len(prints)
    used = hub_codec()
    used(["1", "1+2"], padding=True, truncation=True, max_length=2)
    assert fingerprint(used) == prints[0]


def test_tokenizers_that_are_not_ours_are_told_apart_by_their_tokens():
    class Digits:
        vocab_size, pad_id, eos_id, bos_id = 14, 0, 1, 2

        def __init__(self, digits):
            self.digits = digits

        def encode(self, text):
            return [3 + self.digits.index(character) for character in text]

        def decode(self, ids):
            return "".join(self.digits[token - 3] for token in ids if token > 2)

    one, other, again = (Digits(digits) for digits in ("0123456789+=", "1023456789+=", "0123456789+="))
    one.vocab_size = other.vocab_size = again.vocab_size = 15
    assert content_of(one) == content_of(again) != content_of(other)


def test_snapshots_of_the_built_in_tokenizer_are_still_read():
    prints = [make_rules(**arguments).fingerprint.hex()[:16] for arguments in ({}, {"task": "sort", "style": "chat"})]
    assert prints == ["17ed957aedd2e321", "1371b32c78b0b191"]  # of 2701de6
    standard = make_rules().tokenizer
    assert isinstance(standard, CharacterTokenizer)
    same = make_rules(tokenizer=CharacterTokenizer(standard.alphabet))
    other = make_rules(tokenizer=CharacterTokenizer(standard.alphabet[::-1]))
    assert same.fingerprint == make_rules().fingerprint != other.fingerprint


def test_special_tokens_are_shown_by_name_where_they_are_asked_for():
    codec = hub_codec(GEMMA)
    tokenizer = ChatTokenizer(codec)
    ids = [*tokenizer.encode("42"), tokenizer.eos_id]
    assert (tokenizer.decode(ids), tokenizer.decode_whole(ids)) == ("42", "42<over>")
    assert tokenizer.names_special("so <over>\n") and not tokenizer.names_special("over")


def test_math_token_environments_take_hub_tokenizers_by_id():
    env = gym.make("rlenvs/MathToken-v0", tokenizer=hub_codec())
    observation, _ = env.reset(seed=1)
    assert observation[0] == env.unwrapped.rules.tokenizer.bos_id


@pytest.mark.parametrize("content", [None, {}, {"tokenizer.json": "{}"}, {"tokenizer.json": "no JSON"}])
def test_tokenizers_that_cannot_be_loaded_are_refused_in_one_line(content, tmp_path):
    folder = tmp_path / "codec"
    if content is not None:
        folder.mkdir()
        for name, text in content.items():
            (folder / name).write_text(text)
    with pytest.raises(ValueError, match=f"tokenizer='{folder}' cannot be loaded .*; give a path or a name") as refused:
        make_rules("addition", tokenizer=str(folder))
    assert "\n" not in str(refused.value)


def test_a_saved_tokenizer_without_an_end_is_named(tmp_path):
    codec = hub_codec()
    codec.eos_token = None
    codec.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=f"tokenizer='{tmp_path}' has no eos_token"):
        HuggingFaceTokenizer(tmp_path)

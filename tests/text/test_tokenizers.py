"""Tokenizers: there and back, special tokens, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.text.tokenizers import CharacterTokenizer, HuggingFaceTokenizer, decode_rows, longest_token, make_tokenizer
from tests.text.tokenizers_for_tests import byte_level_tokenizer

ALPHABET = "ab+0 é"


def tokenizers():
    return CharacterTokenizer(ALPHABET), byte_level_tokenizer()


@given(text=st.text(alphabet=ALPHABET, max_size=12))
def test_texts_come_back(text: str) -> None:
    for tokenizer in tokenizers():
        ids = tokenizer.encode(text)
        assert all(type(token) is int and 0 <= token < tokenizer.vocab_size for token in ids)
        assert tokenizer.decode(ids) == text
    assert len(CharacterTokenizer(ALPHABET).encode(text)) == len(text)


@given(data=st.data(), rows=st.integers(1, 4), columns=st.integers(1, 6))
def test_many_responses_are_decoded_as_one_by_one(data: st.DataObject, rows: int, columns: int) -> None:
    for tokenizer in tokenizers():
        ids = data.draw(
            st.lists(
                st.lists(st.integers(0, min(tokenizer.vocab_size, 12) - 1), min_size=columns, max_size=columns),
                min_size=rows,
                max_size=rows,
            )
        )
        lengths = data.draw(st.lists(st.integers(0, columns), min_size=rows, max_size=rows))
        expected = [tokenizer.decode(row[:length]) for row, length in zip(ids, lengths, strict=True)]
        assert decode_rows(tokenizer, np.array(ids), np.array(lengths)) == expected


def test_special_tokens_are_no_text() -> None:
    for tokenizer in tokenizers():
        special = [tokenizer.pad_id, tokenizer.eos_id, tokenizer.bos_id]
        assert len(set(special)) == 3
        assert tokenizer.decode([special[0], *tokenizer.encode("a+"), *special]) == "a+"
    assert (CharacterTokenizer("xy").pad_id, CharacterTokenizer("xy").eos_id, CharacterTokenizer("xy").bos_id) == (
        0,
        1,
        2,
    )


def test_the_longest_token_is_found() -> None:
    character, byte_level = tokenizers()
    assert longest_token(character) == 1

    class Words:
        vocab_size, pad_id, eos_id, bos_id = 3, 0, 1, 2

        def encode(self, text):
            return [2] * len(text.split())

        def decode(self, ids):
            return " ".join(["word"] * len(ids))

    assert longest_token(make_tokenizer(Words(), "")) == len("word")
    assert longest_token(byte_level) >= max(len(byte_level.decode([token])) for token in range(byte_level.vocab_size))


def test_a_path_is_loaded(tmp_path) -> None:
    saved = byte_level_tokenizer()
    saved.tokenizer.save_pretrained(tmp_path)
    loaded = make_tokenizer(str(tmp_path), "")
    assert isinstance(loaded, HuggingFaceTokenizer)
    assert loaded.encode("12+34=") == saved.encode("12+34=") and loaded.eos_id == saved.eos_id
    assert isinstance(make_tokenizer(saved.tokenizer, ""), HuggingFaceTokenizer)


def test_the_end_takes_the_place_of_missing_special_tokens() -> None:
    class Bare:
        eos_token_id, pad_token_id, bos_token_id = 5, None, None

        def __len__(self):
            return 9

    bare = HuggingFaceTokenizer(Bare())
    assert (bare.vocab_size, bare.eos_id, bare.pad_id, bare.bos_id) == (9, 5, 5, 5)
    Bare.eos_token_id = None
    with pytest.raises(ValueError, match="tokenizer='Bare' has no eos_token: set one"):
        HuggingFaceTokenizer(Bare())


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="text holds 'z', which the alphabet 'ab' lacks"):
        CharacterTokenizer("ab").encode("az")
    for alphabet in ("", "aa", 3):
        with pytest.raises(ValueError, match="alphabet must be a string of different characters"):
            CharacterTokenizer(alphabet)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="alphabet holds the character of code 0"):
        CharacterTokenizer("a\0")
    with pytest.raises(TypeError, match="tokenizer is 7: give None, a path"):
        make_tokenizer(7, "ab")

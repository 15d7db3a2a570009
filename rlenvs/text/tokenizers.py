"""From text to token ids and back: one character a token, or a tokenizer of `transformers`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rlenvs.text.hub_tokenizers import ChatTokenizer, HuggingFaceTokenizer

IntArray = npt.NDArray[np.int64]

PAD, EOS, BOS, FIRST_CHARACTER = 0, 1, 2, 3


class Tokenizer(Protocol):
    """What environments need of a tokenizer; ids go from 0 to ``vocab_size - 1``."""

    @property
    def vocab_size(self) -> int:
        """V."""

    @property
    def pad_id(self) -> int:
        """What follows the text in an observation."""

    @property
    def eos_id(self) -> int:
        """The end of a response."""

    @property
    def bos_id(self) -> int:
        """The beginning of a text."""

    def encode(self, text: str) -> list[int]:
        """The ids of a text, without special ones around it."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; special ones are left out, wherever they stand."""


@dataclass(frozen=True)
class CharacterTokenizer:
    """Pad 0, end 1, beginning 2, then one id for every character of an alphabet; others do not exist.

    Args:
        alphabet: Different characters, in the order of their ids.
    """

    alphabet: str

    def __post_init__(self) -> None:
        if not isinstance(self.alphabet, str) or len(set(self.alphabet)) != len(self.alphabet) or not self.alphabet:
            raise ValueError(f"alphabet must be a string of different characters, got {self.alphabet!r}")
        if "\0" in self.alphabet:
            raise ValueError("alphabet holds the character of code 0: leave it out")

    @property
    def vocab_size(self) -> int:
        """V."""
        return FIRST_CHARACTER + len(self.alphabet)

    @property
    def pad_id(self) -> int:
        """0."""
        return PAD

    @property
    def eos_id(self) -> int:
        """1."""
        return EOS

    @property
    def bos_id(self) -> int:
        """2."""
        return BOS

    def encode(self, text: str) -> list[int]:
        """One id a character.

        Raises:
            ValueError: A character is not in the alphabet.
        """
        try:
            return [self._id_of[character] for character in text]
        except KeyError as error:
            raise ValueError(f"text holds {error.args[0]!r}, which the alphabet {self.alphabet!r} lacks") from None

    def decode(self, ids: Sequence[int]) -> str:
        """The characters of `ids`; pad, end and beginning are none."""
        return "".join([self._characters[token] for token in ids])

    def decode_rows(self, ids: npt.NDArray[Any], lengths: IntArray) -> list[str]:
        """Of many responses at once; see the function `decode_rows`."""
        inside = np.arange(ids.shape[1]) < lengths[:, np.newaxis]
        characters = np.where(inside, self._table[ids], "")
        texts = np.ascontiguousarray(characters).view(f"<U{ids.shape[1]}").ravel().tolist()
        return [text.replace("\0", "") for text in texts]

    @functools.cached_property
    def _characters(self) -> tuple[str, ...]:
        return ("",) * FIRST_CHARACTER + tuple(self.alphabet)

    @functools.cached_property
    def _table(self) -> npt.NDArray[np.str_]:
        return np.array(self._characters, dtype="<U1")

    @functools.cached_property
    def _id_of(self) -> dict[str, int]:
        return {character: place for place, character in enumerate(self.alphabet, FIRST_CHARACTER)}


def prompt_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """The ids of a prompt: of its text, of hub tokenizers as they begin one, or of a conversation that it begins."""
    return tokenizer.encode_prompt(text) if isinstance(tokenizer, HuggingFaceTokenizer) else tokenizer.encode(text)


def feedback_ids(tokenizer: Tokenizer, text: str, is_ended: bool) -> list[int]:
    """The ids of feedback as a model reads it behind a response, which has its end token already if `is_ended`."""
    if isinstance(tokenizer, ChatTokenizer):
        return tokenizer.encode_feedback(text.strip(), is_ended)
    return tokenizer.encode(text)


def stop_ids(tokenizer: Tokenizer) -> tuple[int, ...]:
    """Tokens that end a response too where a model writes them; environments read on up to the end token."""
    return tokenizer.stop_ids if isinstance(tokenizer, HuggingFaceTokenizer) else ()


def content_of(tokenizer: Tokenizer) -> str:
    """What tells tokenizers of one kind and size apart; asks tokenizers that are not ours for the text of every id."""
    if isinstance(tokenizer, CharacterTokenizer):
        return tokenizer.alphabet
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return tokenizer.fingerprint()
    texts = [tokenizer.decode([token]) for token in range(tokenizer.vocab_size)]
    return repr([tokenizer.pad_id, tokenizer.eos_id, tokenizer.bos_id, *texts])


def make_tokenizer(tokenizer: Any, alphabet: str, chat_template: bool = False) -> Tokenizer:
    """A tokenizer as users may give it.

    Args:
        tokenizer: None for one character a token; a path or a name, or a tokenizer of `transformers`; or any
            `Tokenizer`.
        alphabet: The characters of the task.
        chat_template: Whether prompts stand in the chat template of a tokenizer of `transformers`.

    Raises:
        TypeError: It is nothing of that.
        ValueError: There is no chat template.
    """
    if chat_template:
        if not (isinstance(tokenizer, (str, Path)) or hasattr(tokenizer, "eos_token_id")):
            raise ValueError(f"chat_template=True: tokenizer={tokenizer!r} has none; give one of transformers")
        return ChatTokenizer(tokenizer)
    if tokenizer is None:
        return CharacterTokenizer(alphabet)
    if isinstance(tokenizer, (str, Path)) or hasattr(tokenizer, "eos_token_id"):
        return HuggingFaceTokenizer(tokenizer)
    if all(hasattr(tokenizer, name) for name in ("encode", "decode", "vocab_size", "pad_id", "eos_id", "bos_id")):
        return tokenizer
    raise TypeError(f"tokenizer is {tokenizer!r}: give None, a path, or an object with encode, decode and eos_id")


def decode_rows(tokenizer: Tokenizer, ids: npt.NDArray[Any], lengths: IntArray) -> list[str]:
    """The texts of the first `lengths` `[B]` ids of each row of `ids` `[B, T]`."""
    if isinstance(tokenizer, CharacterTokenizer):
        return tokenizer.decode_rows(ids, lengths)
    return [tokenizer.decode(row[:length].tolist()) for row, length in zip(ids, lengths.tolist(), strict=True)]


def longest_token(tokenizer: Tokenizer) -> int:
    """Characters of the longest token."""
    if isinstance(tokenizer, CharacterTokenizer):
        return 1
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return max(map(len, tokenizer.tokenizer.get_vocab()))
    return max(len(tokenizer.decode([token])) for token in range(tokenizer.vocab_size))

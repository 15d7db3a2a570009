"""From text to token ids and back: one character a token, or a tokenizer of `transformers`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

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


class HuggingFaceTokenizer:
    """A tokenizer of `transformers`.

    Without a token of its own for padding or for the beginning, the end's takes its place.

    Args:
        tokenizer: A `PreTrainedTokenizerBase`, or the path or name that `AutoTokenizer.from_pretrained` takes.

    Raises:
        ImportError: A path was given and transformers is missing.
        ValueError: It has no end token.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = _loaded(str(tokenizer)) if isinstance(tokenizer, (str, Path)) else tokenizer
        if self.tokenizer.eos_token_id is None:
            raise ValueError("tokenizer has no eos_token: set one, for a response ends with it")
        self.vocab_size = len(self.tokenizer)
        self.eos_id = int(self.tokenizer.eos_token_id)
        pad, bos = self.tokenizer.pad_token_id, self.tokenizer.bos_token_id
        self.pad_id = self.eos_id if pad is None else int(pad)
        self.bos_id = self.eos_id if bos is None else int(bos)

    def encode(self, text: str) -> list[int]:
        """The ids of a text, without special ones around it."""
        return self.tokenizer.encode(text, add_special_tokens=False)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, spaces as they are; special ones are left out."""
        return self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


class ChatTokenizer(HuggingFaceTokenizer):
    """A tokenizer that puts prompts and feedback into the model's chat template; `encode` takes texts as they are.

    Args:
        tokenizer: As of `HuggingFaceTokenizer`.

    Raises:
        ValueError: It has no chat template.
    """

    _RESPONSE = "<<RESPONSE>>"

    def __init__(self, tokenizer: Any) -> None:
        super().__init__(tokenizer)
        if not self.tokenizer.chat_template:
            raise ValueError(f"tokenizer={tokenizer!r} has no chat template: leave chat_template out")

    def encode_prompt(self, text: str) -> list[int]:
        """The ids of a conversation in which the user has said `text` and it is the model's turn."""
        messages = [{"role": "user", "content": text}]
        return list(self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False))

    def encode_feedback(self, text: str, is_ended: bool) -> list[int]:
        """The ids between a response and the next: its end, the user's words `text`, and that it is the model's turn.

        The response itself is never tokenised: the template is asked what it writes behind one, and that alone is.
        What a template would change about earlier turns (some leave out reasoning) is not changed.

        Args:
            text: What the user says.
            is_ended: Whether the response has its end token already.

        Raises:
            ValueError: The template does not show earlier responses.
        """
        words = [("user", "?"), ("assistant", self._RESPONSE), ("user", text)]
        messages = [{"role": role, "content": content} for role, content in words]
        shown = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        _, found, behind = shown.partition(self._RESPONSE)
        if not found:
            raise ValueError("chat_template=True: the template hides earlier responses; set max_turns=1")
        end = self.tokenizer.eos_token
        behind = behind.removeprefix(end)
        return [*([] if is_ended else [self.eos_id]), *self.encode(behind)]


def prompt_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """The ids of a prompt: of its text, or of a conversation that it begins."""
    return tokenizer.encode_prompt(text) if isinstance(tokenizer, ChatTokenizer) else tokenizer.encode(text)


def feedback_ids(tokenizer: Tokenizer, text: str, is_ended: bool) -> list[int]:
    """The ids of feedback as a model reads it behind a response, which has its end token already if `is_ended`."""
    if isinstance(tokenizer, ChatTokenizer):
        return tokenizer.encode_feedback(text.strip(), is_ended)
    return tokenizer.encode(text)


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


@functools.lru_cache(maxsize=4)
def _loaded(path: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise ImportError("a Hugging Face tokenizer needs transformers: pip install 'rlenvs-suite[agents]'") from error
    return AutoTokenizer.from_pretrained(path)

"""Tokenizers of `transformers`: what stands before a prompt, what ends a response, and what tells one from another."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any


class HuggingFaceTokenizer:
    """A tokenizer of `transformers`.

    Without a token of its own for padding or for the beginning, the end's takes its place.

    Args:
        tokenizer: A `PreTrainedTokenizerBase`, or the path or name that `AutoTokenizer.from_pretrained` takes.

    Attributes:
        stop_ids: Tokens that end a response too where a model writes them, as a stop string does.

    Raises:
        ImportError: A path was given and transformers is missing.
        ValueError: It cannot be loaded, or has no end token.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = _loaded(str(tokenizer)) if isinstance(tokenizer, (str, Path)) else tokenizer
        if self.tokenizer.eos_token_id is None:
            raise ValueError(f"tokenizer={_name(tokenizer)!r} has no eos_token: set one, for a response ends with it")
        self.vocab_size = len(self.tokenizer)
        self.eos_id = int(self.tokenizer.eos_token_id)
        self.stop_ids: tuple[int, ...] = ()
        pad, bos = self.tokenizer.pad_token_id, self.tokenizer.bos_token_id
        self.pad_id = self.eos_id if pad is None else int(pad)
        self.bos_id = self.eos_id if bos is None else int(bos)

    def encode(self, text: str) -> list[int]:
        """The ids of a text, without special ones around it."""
        return self.tokenizer.encode(text, add_special_tokens=False)

    def encode_prompt(self, text: str) -> list[int]:
        """The ids of a text that a response follows: the tokenizer's own encoding, but for what it puts behind."""
        return [*self._before, *self.encode(text)]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, spaces as they are; special ones are left out, and the end whatever its kind."""
        kept = [token for token in ids if token != self.eos_id]
        return self.tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def decode_whole(self, ids: Sequence[int]) -> str:
        """The text of ids, special ones as their names."""
        return self.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)

    def names_special(self, text: str) -> bool:
        """Whether the name of a special token stands in a text: `decode` never shows it."""
        return any(name in text for name in self._added.values())

    def fingerprint(self) -> str:
        """64 hex digits that tell tokenizers apart by what they hold: vocabulary, rules of splitting, special ids."""
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        held = repr(sorted(self.tokenizer.get_vocab().items())) if backend is None else backend.to_str()
        # Calls that pad or cut change what stands before the tokens, and no encoding of ours.
        held = held.partition('"added_tokens"')[2] or held
        return hashlib.sha256((held + repr(self._told())).encode()).hexdigest()

    def _told(self) -> list[Any]:
        return [self.eos_id, self.pad_id, self.bos_id, self.stop_ids, self._before]

    @functools.cached_property
    def _before(self) -> list[int]:
        """The special tokens that the tokenizer puts before a text; none where it puts all of them behind."""
        whole, text = self.tokenizer.encode("0", add_special_tokens=True), self.encode("0")
        places = (place for place in range(len(whole)) if whole[place : place + len(text)] == text)
        return whole[: next(places, 0)]

    @functools.cached_property
    def _added(self) -> dict[int, str]:
        """Ids and names of the tokens that are no pieces of text."""
        named = zip(self.tokenizer.all_special_ids, self.tokenizer.all_special_tokens, strict=True)
        return {token: str(name) for token, name in (*self.tokenizer.added_tokens_decoder.items(), *named)}


class ChatTokenizer(HuggingFaceTokenizer):
    """A tokenizer that puts prompts and feedback into the model's chat template; `encode` takes texts as they are.

    The end of a response is the token that the template writes behind one, where that is a single one; the tokenizer's
    own end is then among `stop_ids`, for models that were never trained on the template.

    Args:
        tokenizer: As of `HuggingFaceTokenizer`.

    Raises:
        ValueError: It has no chat template.
    """

    _RESPONSE = "<<RESPONSE>>"

    def __init__(self, tokenizer: Any) -> None:
        super().__init__(tokenizer)
        if not self.tokenizer.chat_template:
            raise ValueError(f"tokenizer={_name(tokenizer)!r} has no chat template: leave chat_template out")
        end = self._turn_end()
        if end is not None and end != self.eos_id:
            self.eos_id, self.stop_ids = end, (self.eos_id,)

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
        behind = self._behind_response(text)
        if behind is None:
            raise ValueError("chat_template=True: the template hides earlier responses; set max_turns=1")
        end = self.tokenizer.convert_ids_to_tokens(self.eos_id)
        if behind.lstrip().startswith(end):
            behind = behind.lstrip().removeprefix(end)
        return [*([] if is_ended else [self.eos_id]), *self.encode(behind)]

    def _behind_response(self, feedback: str | None) -> str | None:
        """What the template writes behind a response, the last or one before feedback; None if it hides responses."""
        words = [("user", "?"), ("assistant", self._RESPONSE), *([] if feedback is None else [("user", feedback)])]
        messages = [{"role": role, "content": content} for role, content in words]
        is_next = feedback is not None
        shown = self.tokenizer.apply_chat_template(messages, add_generation_prompt=is_next, tokenize=False)
        _, found, behind = shown.partition(self._RESPONSE)
        return behind if found else None

    def _turn_end(self) -> int | None:
        """The token that the template writes behind every response, blanks aside; None for none, several or text."""
        from jinja2 import TemplateError  # transformers needs it for templates

        try:
            last, between = (self._behind_response(feedback) for feedback in (None, "?"))
        except TemplateError:  # a template of prompts alone
            return None
        if last is None or between is None:
            return None
        # What stands there only at the end of a conversation, or is the next turn's beginning, is not the response's.
        pairs = zip(self.encode(last), self.encode(between), strict=False)
        both = [token for token, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
        written = [token for token in both if self.tokenizer.decode([token], skip_special_tokens=False).strip()]
        return written[0] if len(written) == 1 and written[0] in self._added else None

    def _told(self) -> list[Any]:
        return [*super()._told(), self.tokenizer.chat_template]


@functools.lru_cache(maxsize=4)
def _loaded(path: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise ImportError("a Hugging Face tokenizer needs transformers: pip install 'rlenvs-suite[agents]'") from error
    try:
        return AutoTokenizer.from_pretrained(path)
    except Exception as error:  # what a file holds fails in many ways: KeyError, and Exception itself from tokenizers
        reason = " ".join(str(error).split())[:99] or type(error).__name__
        raise ValueError(f"tokenizer={path!r} cannot be loaded ({reason}); give a path or a name") from error


def _name(tokenizer: Any) -> str:
    """What errors call a tokenizer: its path or name, or its class."""
    if isinstance(tokenizer, (str, Path)):
        return str(tokenizer)
    return str(getattr(tokenizer, "name_or_path", "") or type(tokenizer).__name__)

"""Whether token ids mean the same to a policy and to the environment that it is put into."""

from __future__ import annotations

from typing import Any

from rlenvs.text.hub_tokenizers import HuggingFaceTokenizer
from rlenvs.text.tokenizers import CharacterTokenizer, Tokenizer, content_of


def check_vocabulary(named: str, theirs: Tokenizer, ours: Tokenizer) -> None:
    """Whether ids mean the same to two policies; of hub tokenizers a chat template does not count.

    Raises:
        ValueError: they do not; it begins with `named`.
    """
    if vocabulary(theirs) != vocabulary(ours):
        pair = f"{_named(theirs)}, the environment has {_named(ours)}"
        raise ValueError(f"{named}: its tokens are {pair}; choose a run and a task of the same tokens")


def vocabulary(tokenizer: Tokenizer) -> Any:
    """What ids stand for."""
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return tokenizer.tokenizer.get_vocab()
    return type(tokenizer).__name__, content_of(tokenizer)


def _named(tokenizer: Tokenizer) -> str:
    if isinstance(tokenizer, CharacterTokenizer):
        return repr(tokenizer.alphabet)
    return f"{tokenizer.vocab_size:,} of {type(tokenizer).__name__}"

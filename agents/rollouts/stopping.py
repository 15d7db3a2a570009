"""What ends a response beside the end token: stop strings, and the further ends of a chat model's tokenizer.

Such a response keeps what was written, and no end token behind it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rlenvs.text.hub_tokenizers import HuggingFaceTokenizer
from rlenvs.text.tokenizers import Tokenizer, stop_ids

TAIL = 8  # tokens beyond a stop string's own that are searched for it: some stand for no text


def tail_of(stop: tuple[str, ...]) -> int:
    """The most last tokens that are searched for strings: no token stands for less than a byte, save those for none."""
    return max(len(string.encode()) for string in stop) + TAIL


def stopped(responses: Sequence[Sequence[int]], stop: tuple[str, ...], tokenizer: Tokenizer) -> list[bool]:
    """Whether the text of each response ends in, or has just completed, one of the strings `stop`.

    Args:
        responses: ids; of each no more than the last `tail_of(stop)` are read.
        stop: strings. With a tokenizer of `transformers` they may name special tokens.
        tokenizer: ids to text.
    """
    tail = tail_of(stop)
    ends = [response[-tail:] for response in responses]
    found = [_holds(tokenizer.decode(ids), stop) for ids in ends]
    if not isinstance(tokenizer, HuggingFaceTokenizer):
        return found
    named = tuple(string for string in stop if tokenizer.names_special(string))
    if not named:
        return found
    return [has or _holds(tokenizer.decode_whole(ids), named) for has, ids in zip(found, ends, strict=True)]


def end_tokens(eos_id: int, tokenizer: Tokenizer | None, device: torch.device) -> Tensor:
    """`[n]`, the end token and those beside it that end a response of this tokenizer."""
    return torch.tensor([eos_id, *(() if tokenizer is None else stop_ids(tokenizer))], device=device)


def _holds(text: str, strings: tuple[str, ...]) -> bool:
    return any(string in text for string in strings)

"""Tokenizers that the tests of text environments share."""

from __future__ import annotations

import functools
import json

from rlenvs.tasks.catalog import make_task
from rlenvs.text.tokenizers import HuggingFaceTokenizer

TASKS = {"addition": 1, "sort": 3, "countdown": 2, "fractions": 1}
"""Families with their levels: listed and drawn, with one right answer and with many."""


@functools.cache
def byte_level_tokenizer() -> HuggingFaceTokenizer:
    """A byte-level BPE of `transformers`, trained on prompts and answers of some tasks."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    texts = []
    for name, level in TASKS.items():
        for style in ("compact", "chat"):
            task = make_task(name, level, style)
            texts += [task.prompt(problem) + task.reference_response(problem) for problem in task.problems(range(40))]
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(texts, vocab_size=320, special_tokens=["<pad>", "<end>", "<begin>"])
    return HuggingFaceTokenizer(
        PreTrainedTokenizerFast(
            tokenizer_object=trained._tokenizer, pad_token="<pad>", eos_token="<end>", bos_token="<begin>"
        )
    )


def hub_codec(template: str | None = None, around: str = "<begin> $A", merged: str = "12+34=46", pad: str = "<pad>"):
    """A byte-level tokenizer of `transformers` with turn tokens, as chat models have them; every call makes a new one.

    Args:
        template: of chats.
        around: what it puts around a text.
        merged: two characters or more that stand side by side here are one token.
        pad: its padding.
    """
    from tokenizers import ByteLevelBPETokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<eos>", "<begin>", "<turn>", "<over>"]
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator([merged] * 4, vocab_size=270, special_tokens=special)
    named = [(name, trained.token_to_id(name)) for name in special]
    trained._tokenizer.post_processor = TemplateProcessing(single=around, special_tokens=named)
    return PreTrainedTokenizerFast(
        tokenizer_object=trained._tokenizer,
        pad_token=pad,
        eos_token="<eos>",
        bos_token="<begin>",
        chat_template=template,
    )


def exchanged(codec):
    """The same tokens and size, but two digits have each other's ids."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    told = json.loads(codec.backend_tokenizer.to_str())
    vocabulary = told["model"]["vocab"]
    vocabulary["1"], vocabulary["2"] = vocabulary["2"], vocabulary["1"]
    names = {"pad_token": codec.pad_token, "eos_token": codec.eos_token, "bos_token": codec.bos_token}
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(told)), **names)

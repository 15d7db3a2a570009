"""Tokenizers that the tests of text environments share."""

from __future__ import annotations

import functools

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

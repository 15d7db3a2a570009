"""Models of `transformers` with random weights: the work of a real one, without a download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PADDING, END = "<|endoftext|>", "<|im_end|>"  # as Qwen has them
SIZES: dict[str, dict[str, Any]] = {
    "tiny": {
        "vocab_size": 512,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 64,
    },
    "qwen2-0.5b": {
        "vocab_size": 151_936,
        "hidden_size": 896,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "intermediate_size": 4_864,
        "tie_word_embeddings": True,
    },
}
"""Of Qwen2: `qwen2-0.5b` has the sizes of Qwen2-0.5B and Qwen2.5-0.5B, 494 million parameters."""


def save_random_model(directory: str | Path, size: str, seed: int = 0) -> None:
    """Writes a Qwen2 and its tokenizer, to be trained by `--model DIRECTORY`.

    It knows nothing and draws among all its tokens alike, so that responses hardly ever end before the limit: good for
    timing, not for learning.

    Args:
        directory: made if it is missing; nothing may be in it.
        size: of `SIZES`.
        seed: of the weights.

    Raises:
        ImportError: transformers is missing.
        ValueError: there is no such size, or the directory is a file or holds something.
    """
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    if size not in SIZES:
        raise ValueError(f"size={size!r}: choose one of {', '.join(SIZES)}")
    place = Path(directory)
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise ValueError(f"{place} is there already: random weights replace nothing; name a new directory")
    ends: dict[str, Any] = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen2ForCausalLM(Qwen2Config(**SIZES[size], **ends))
    model.save_pretrained(directory)
    byte_tokenizer(SIZES[size]["vocab_size"]).save_pretrained(directory)


def byte_tokenizer(size: int) -> Any:
    """One token a byte, as Qwen's would be without what it learned; filled up to `size` with tokens of no text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = [PADDING, END, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    words += [f"<{number}>" for number in range(len(words), size)]
    tokenizer = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PADDING, eos_token=END, padding_side="left")

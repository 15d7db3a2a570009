"""Models of `transformers` with random weights: the work of a real one, without a download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SPECIAL = ("<pad>", "<eos>", "<bos>")
SIZES: dict[str, dict[str, Any]] = {
    "tiny": {
        "vocab_size": 128,
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


def save_random_model(directory: str | Path, size: str, alphabet: str, seed: int = 0) -> None:
    """Writes a Qwen2 and a tokenizer of one character a token, to be trained by `--model DIRECTORY`.

    It knows nothing and hardly ever ends a response: good for timing, not for learning.

    Args:
        directory: made if it is missing.
        size: of `SIZES`.
        alphabet: characters that the tokenizer knows.
        seed: of the weights.

    Raises:
        ImportError: transformers is missing.
        ValueError: there is no such size, or it has fewer tokens than the alphabet needs.
    """
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    if size not in SIZES:
        raise ValueError(f"size={size!r}: choose one of {', '.join(SIZES)}")
    if len(alphabet) + len(SPECIAL) > SIZES[size]["vocab_size"]:
        raise ValueError(f"size={size!r} has {SIZES[size]['vocab_size']} tokens, the alphabet {len(alphabet)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        ends: dict[str, Any] = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
        model = Qwen2ForCausalLM(Qwen2Config(**SIZES[size], **ends))
    model.save_pretrained(directory)
    character_tokenizer(alphabet).save_pretrained(directory)


def character_tokenizer(alphabet: str) -> Any:
    """`rlenvs.text.CharacterTokenizer` as a tokenizer of `transformers`: the same ids."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    ids = {word: number for number, word in enumerate([*SPECIAL, *alphabet])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=SPECIAL[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    pad, eos, bos = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=pad, eos_token=eos, bos_token=bos, padding_side="left"
    )

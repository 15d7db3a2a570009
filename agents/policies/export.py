"""A policy's weights as a model of `transformers` on disk, for programs that serve models."""

from __future__ import annotations

import functools
import os
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from agents.policies.bodies import LlamaBody
from agents.policies.causal_lm import CausalLM
from agents.policies.conversion import to_transformers, weights_for_transformers
from agents.policies.llama import Llama, LlamaConfig
from rlenvs.leaderboard.files import write_atomically

WEIGHTS, INDEX, SIZES = "model.safetensors", "model.safetensors.index.json", "config.json"


def export(policy: CausalLM, directory: Path) -> None:
    """Writes `model.safetensors` atomically, and what else a server needs where it is missing or another model's.

    That is `config.json`, and of a model by name its tokenizer; the embedded default has none. In bfloat16 where the
    policy computes in it.

    Args:
        policy: without LoRA.
        directory: made if it is missing.

    Raises:
        ImportError: transformers is missing.
        ValueError: the directory holds weights in several files, which would hide what is written.
    """
    from safetensors.torch import save_file

    if (directory / INDEX).exists():
        raise ValueError(f"config server_weights={str(directory)!r}: it has {INDEX}; take an empty directory")
    directory.mkdir(parents=True, exist_ok=True)
    _describe(policy, directory)
    dtype = torch.bfloat16 if policy.config.precision == "bfloat16" else torch.float32
    tensors = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in _weights(policy).items()}
    temporary = directory / f".{WEIGHTS}.{os.getpid()}.tmp"
    try:
        save_file(tensors, temporary, {"format": "pt"})
        os.replace(temporary, directory / WEIGHTS)
    finally:
        temporary.unlink(missing_ok=True)


def _weights(policy: CausalLM) -> dict[str, Tensor]:
    """By the names of `transformers`; what shares memory stands once, under its first name."""
    if isinstance(policy.body, LlamaBody):
        return weights_for_transformers(policy.body.llama)
    first: dict[int, str] = {}
    tensors: dict[str, Tensor] = policy.body.model.state_dict()
    return {name: tensor for name, tensor in tensors.items() if first.setdefault(tensor.data_ptr(), name) == name}


def _describe(policy: CausalLM, directory: Path) -> None:
    """Sizes and, of a model by name, its tokenizer, unless these sizes stand there; the tokenizer first."""
    name, path = policy.config.model, directory / SIZES
    if name:
        sizes = _sizes_by_name(name, policy.body.vocab_size, policy.body.width)
    else:
        sizes = _embedded_sizes(policy.body.llama.config, policy.eos_id, policy.pad_id)
    if path.is_file() and path.read_bytes() == sizes:
        return
    if name:
        from transformers import AutoTokenizer

        AutoTokenizer.from_pretrained(name).save_pretrained(directory)
    write_atomically(path, sizes)


@functools.lru_cache(maxsize=4)
def _sizes_by_name(name: str, *_: int) -> bytes:
    """The `config.json` of a model by name, which a hub is asked for once; the numbers tell models at a path apart."""
    from transformers import AutoConfig

    return _as_saved(AutoConfig.from_pretrained(name))


@functools.lru_cache(maxsize=4)
def _embedded_sizes(sizes: LlamaConfig, eos_id: int, pad_id: int) -> bytes:
    """The `config.json` of our own decoder."""
    with torch.device("meta"):
        model = to_transformers(Llama(sizes), eos_token_id=eos_id, pad_token_id=pad_id)
    return _as_saved(model.config)


def _as_saved(config: Any) -> bytes:
    """What `save_pretrained` writes."""
    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        return (Path(folder) / SIZES).read_bytes()

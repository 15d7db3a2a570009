"""A policy's weights as a model of `transformers` on disk, for programs that serve models."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor

from agents.policies.bodies import LlamaBody
from agents.policies.causal_lm import CausalLM
from agents.policies.conversion import to_transformers, weights_for_transformers

WEIGHTS, INDEX, SIZES = "model.safetensors", "model.safetensors.index.json", "config.json"


def export(policy: CausalLM, directory: Path) -> None:
    """Writes `model.safetensors` atomically, and what else a server needs where it is not there yet.

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
    if not (directory / SIZES).exists():
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
    """Sizes and, of a model by name, its tokenizer."""
    from transformers import AutoConfig, AutoTokenizer

    if not policy.config.model:
        ends = {"eos_token_id": policy.eos_id, "pad_token_id": policy.pad_id}
        to_transformers(policy.body.llama, **ends).config.save_pretrained(directory)
        return
    AutoConfig.from_pretrained(policy.config.model).save_pretrained(directory)
    AutoTokenizer.from_pretrained(policy.config.model).save_pretrained(directory)

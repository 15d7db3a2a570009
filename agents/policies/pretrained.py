"""Causal language models of `transformers` by name or path.

Llama, Mistral, Qwen2 and Qwen3 pass through our decoder, any other model through its own forward pass. Weights of a
hub are downloaded only where somebody names one.
"""

from __future__ import annotations

from pathlib import Path

from agents.policies.bodies import HubBody, LlamaBody
from agents.policies.conversion import from_transformers, is_llama_like


def load_body(name: str | Path) -> LlamaBody | HubBody:
    """The decoder of a causal language model, in float32.

    Raises:
        ImportError: transformers is missing.
        ValueError: there is no such model, it writes no text, or it is none that `HubBody` can write with.
    """
    import torch
    from transformers import AutoModelForCausalLM

    try:
        model = AutoModelForCausalLM.from_pretrained(str(name), dtype=torch.float32)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"model={str(name)!r} cannot be loaded ({reason[:99]}); give a path or a name") from error
    return LlamaBody(from_transformers(model), str(name)) if is_llama_like(model.config) else HubBody(model, str(name))

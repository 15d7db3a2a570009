"""Causal language models of `transformers` by name or path.

Llama, Mistral, Qwen2 and Qwen3 pass through our decoder, any other model through its own forward pass. Weights of a
hub are downloaded only where somebody names one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agents.policies.bodies import HubBody, LlamaBody
from agents.policies.conversion import from_transformers, is_llama_like
from rlenvs.leaderboard.files import sha256_of

WEIGHTS = ("*.safetensors", "*.bin")

def load_body(name: str | Path) -> LlamaBody | HubBody:
    """The decoder of a causal language model, in float32; records keep which weights they were (`edition`).

    Raises:
        ImportError: transformers is missing.
        ValueError: there is no such model, it writes no text, or it is none that `HubBody` can write with.
    """
    import torch
    from transformers import AutoModelForCausalLM

    model = _loaded(name, lambda: AutoModelForCausalLM.from_pretrained(str(name), dtype=torch.float32))
    own = is_llama_like(model.config)
    body = LlamaBody(from_transformers(model), str(name)) if own else HubBody(model, str(name))
    body.description |= {"model_weights": edition(name, getattr(model.config, "_commit_hash", None))}
    return body


def edition(name: str | Path, commit: str | None = None) -> str:
    """What tells a model's weights from others of its name: a hub's commit, else a digest of the directory's files."""
    if commit is not None:
        return commit
    digest = hashlib.sha256()
    for file in sorted(file for suffix in WEIGHTS for file in Path(name).glob(suffix)):
        digest.update(sha256_of(file).encode())
    return f"sha256:{digest.hexdigest()[:16]}"


def context_length(name: str | Path) -> int | None:
    """The most tokens that a model reads, stretched rotations included; None for no limit, as with ALiBi.

    Raises:
        ImportError: transformers is missing.
        ValueError: there is no such model.
    """
    from transformers import AutoConfig

    config = _loaded(name, lambda: AutoConfig.from_pretrained(str(name))).get_text_config()
    limit = getattr(config, "max_position_embeddings", None)
    if not isinstance(limit, int) or limit < 1 or getattr(config, "alibi", False):
        return None
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    stretched = (rope.get("original_max_position_embeddings") or limit) * (rope.get("factor") or 1)
    return max(limit, int(stretched))


def _loaded(name: str | Path, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"model={str(name)!r} cannot be loaded ({reason[:99]}); give a path or a name") from error

"""Weights between our decoder and the models of `transformers` that compute the same: Llama, Mistral, Qwen2, Qwen3.

Queries, keys and values are one matrix here; and within each head the dimensions that turn together stand side by side.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from agents.policies.llama import Llama, LlamaConfig

LLAMA_LIKE = ("llama", "mistral", "qwen2", "qwen3")

_SAME_NAMES = {
    "attention_norm.weight": "input_layernorm.weight",
    "feed_forward_norm.weight": "post_attention_layernorm.weight",
    "out.weight": "self_attn.o_proj.weight",
    "gate.weight": "mlp.gate_proj.weight",
    "up.weight": "mlp.up_proj.weight",
    "down.weight": "mlp.down_proj.weight",
}
_HEAD_NORMS = {"query_norm.weight": "self_attn.q_norm.weight", "key_norm.weight": "self_attn.k_norm.weight"}


def is_llama_like(config: Any) -> bool:
    """Whether our decoder computes what a model with this `transformers` configuration does."""
    if getattr(config, "model_type", "") not in LLAMA_LIKE or config.hidden_act != "silu":
        return False
    if getattr(config, "mlp_bias", False) or getattr(config, "attention_bias", False):  # of outputs too, unlike Qwen2's
        return False
    slides = getattr(config, "use_sliding_window", True) and getattr(config, "sliding_window", None) is not None
    return not slides and _rope(config).get("rope_type", "default") in ("default", "llama3", "linear")


def sizes_of(config: Any) -> LlamaConfig:
    """Our names for the sizes in a `transformers` configuration."""
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return LlamaConfig(
        vocab_size=config.vocab_size,
        width=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_dim=head_dim,
        hidden=config.intermediate_size,
        rope_theta=float(_rope(config).get("rope_theta", getattr(config, "rope_theta", 1e4))),
        norm_eps=config.rms_norm_eps,
        tied=bool(config.tie_word_embeddings),
        qkv_bias=config.model_type == "qwen2",
        qk_norm=config.model_type == "qwen3",
    )


def from_transformers(model: Any) -> Llama:
    """Our decoder with the weights of a `transformers` causal language model.

    Raises:
        ValueError: The model is of an architecture that our decoder does not compute.
    """
    if not is_llama_like(model.config):
        raise ValueError(f"model_type={model.config.model_type!r} is not computed here: use its own forward pass")
    sizes, theirs = sizes_of(model.config), model.state_dict()
    ours = {"embedding.weight": theirs["model.embed_tokens.weight"], "norm.weight": theirs["model.norm.weight"]}
    ours["head.weight"] = ours["embedding.weight"] if sizes.tied else theirs["lm_head.weight"]
    ours["frequencies"] = model.model.rotary_emb.inv_freq.clone()  # theirs is a buffer that is not saved
    for layer in range(sizes.layers):
        block, name = f"blocks.{layer}.", f"model.layers.{layer}."
        ours |= {block + own: theirs[name + other] for own, other in _SAME_NAMES.items()}
        for kind in ("weight", "bias") if sizes.qkv_bias else ("weight",):
            query, key, value = (theirs[f"{name}self_attn.{part}_proj.{kind}"] for part in "qkv")
            paired = [_paired(query, sizes.head_dim), _paired(key, sizes.head_dim), value]
            ours[f"{block}qkv.{kind}"] = torch.cat(paired)
        if sizes.qk_norm:
            ours |= {block + own: _paired(theirs[name + other], sizes.head_dim) for own, other in _HEAD_NORMS.items()}
    with torch.device("meta"):
        llama = Llama(sizes)
    llama.load_state_dict({name: tensor.float() for name, tensor in ours.items()}, assign=True)
    if sizes.tied:
        llama.head.weight = llama.embedding.weight
    return llama


def to_transformers(llama: Llama, **settings: Any) -> Any:
    """A `transformers.LlamaForCausalLM` with our weights, to save, to share or to compare with.

    Args:
        llama: without biases and head norms.
        **settings: of `transformers.LlamaConfig` beside the sizes, such as `eos_token_id`.

    Raises:
        ImportError: transformers is missing.
        ValueError: the decoder has biases or head norms.
    """
    from transformers import LlamaConfig as TheirConfig
    from transformers import LlamaForCausalLM

    sizes = llama.config
    if sizes.qkv_bias or sizes.qk_norm:
        raise ValueError(f"{asdict(sizes)}: a LlamaForCausalLM has neither qkv_bias nor qk_norm")
    model = LlamaForCausalLM(
        TheirConfig(
            vocab_size=sizes.vocab_size,
            hidden_size=sizes.width,
            num_hidden_layers=sizes.layers,
            num_attention_heads=sizes.heads,
            num_key_value_heads=sizes.kv_heads,
            head_dim=sizes.head_dim,
            intermediate_size=sizes.hidden,
            rope_parameters={"rope_type": "default", "rope_theta": sizes.rope_theta},
            rms_norm_eps=sizes.norm_eps,
            tie_word_embeddings=sizes.tied,
            **settings,
        )
    )
    theirs = weights_for_transformers(llama)
    model.load_state_dict(theirs if not sizes.tied else {**theirs, "lm_head.weight": llama.head.weight})
    return model


def weights_for_transformers(llama: Llama) -> dict[str, Tensor]:
    """Our weights by the names that Llama, Mistral, Qwen2 and Qwen3 have in `transformers` and in their files."""
    sizes, ours = llama.config, llama.state_dict()
    theirs = {"model.embed_tokens.weight": ours["embedding.weight"], "model.norm.weight": ours["norm.weight"]}
    if not sizes.tied:
        theirs["lm_head.weight"] = ours["head.weight"]
    widths = [sizes.heads * sizes.head_dim, *[sizes.kv_heads * sizes.head_dim] * 2]
    for layer in range(sizes.layers):
        block, name = f"blocks.{layer}.", f"model.layers.{layer}."
        theirs |= {name + other: ours[block + own] for own, other in _SAME_NAMES.items()}
        for kind in ("weight", "bias") if sizes.qkv_bias else ("weight",):
            query, key, value = ours[f"{block}qkv.{kind}"].split(widths)
            split = {"q": _halved(query, sizes.head_dim), "k": _halved(key, sizes.head_dim), "v": value}
            theirs |= {f"{name}self_attn.{part}_proj.{kind}": weight for part, weight in split.items()}
        if sizes.qk_norm:
            theirs |= {name + other: _halved(ours[block + own], sizes.head_dim) for own, other in _HEAD_NORMS.items()}
    return theirs


def _rope(config: Any) -> dict[str, Any]:
    return getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}


def _paired(rows: Tensor, head_dim: int) -> Tensor:
    """Rows of heads: dimension i and i + D/2 (transformers) to 2i and 2i + 1 (ours)."""
    return rows.unflatten(0, (-1, 2, head_dim // 2)).transpose(1, 2).reshape(rows.shape)


def _halved(rows: Tensor, head_dim: int) -> Tensor:
    """The inverse of `_paired`."""
    return rows.unflatten(0, (-1, head_dim // 2, 2)).transpose(1, 2).reshape(rows.shape)

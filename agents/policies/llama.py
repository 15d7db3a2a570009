"""A decoder of the Llama family in plain PyTorch, laid out for few and large matrix products.

RMSNorm (Zhang & Sennrich 2019), rotary positions (Su et al. 2021), grouped-query attention down to one key/value head
(Shazeer 2019), SwiGLU (Shazeer 2020). With `qkv_bias` it is Qwen2, with `qk_norm` Qwen3.

Which tokens see which is not the decoder's affair: all layers work on a flat list of tokens, and `attend` (see
`agents.policies.attention`) looks along rows. Rotations multiply complex numbers, so a head's dimensions 2i and 2i + 1
form a pair; `transformers` pairs i with i + D/2, and `agents.policies.conversion` reorders the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from agents.policies.compilation import compiled_for_any_length

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""Maps a layer's number, queries `[n, H, D]`, keys and values `[n, K, D]` of n tokens to `[n, H * D]`."""


@dataclass(frozen=True)
class LlamaConfig:
    """Sizes; the defaults make 330,912 parameters over 64 characters.

    Attributes:
        vocab_size: V.
        width: of the residual stream.
        layers: how many.
        heads: H, query heads.
        kv_heads: K, key/value heads; divides H.
        head_dim: D, even.
        hidden: units of the feed-forward layers.
        rope_theta: base of the rotations' frequencies.
        norm_eps: of RMSNorm.
        tied: whether the head is the embedding.
        qkv_bias: whether queries, keys and values have one (Qwen2).
        qk_norm: whether queries and keys are normalised head by head (Qwen3).
    """

    vocab_size: int = 64
    width: int = 96
    layers: int = 3
    heads: int = 4
    kv_heads: int = 1
    head_dim: int = 24
    hidden: int = 288
    rope_theta: float = 1e4
    norm_eps: float = 1e-6
    tied: bool = False
    qkv_bias: bool = False
    qk_norm: bool = False

    def __post_init__(self) -> None:
        if self.heads % self.kv_heads:
            raise ValueError(f"kv_heads={self.kv_heads} does not divide heads={self.heads}; choose a divisor")
        if self.head_dim % 2:
            raise ValueError(f"head_dim={self.head_dim}: rotations need an even number")


class _Normalise(torch.autograd.Function):
    """x / sqrt(mean(x^2) + eps) * weight, with a backward pass of six operations where autograd needs twelve."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        scale = x.float().square().mean(-1, keepdim=True).add_(eps).rsqrt_()
        normal = x * scale.to(x.dtype)
        ctx.save_for_backward(normal, scale, weight)
        return (normal * weight).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        normal, scale, weight = ctx.saved_tensors
        (gradient,) = gradients
        weighted = gradient * weight
        along = (weighted * normal).mean(-1, keepdim=True)
        x = torch.addcmul(weighted, normal, along, value=-1).mul_(scale.to(normal.dtype))
        return x, (gradient * normal).flatten(0, -2).sum(0), None


class RMSNorm(nn.Module):
    """Root mean square normalisation over the last dimension."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x: Tensor) -> Tensor:
        """`[..., width]` to the same shape."""
        if torch.compiler.is_compiling() or not torch.is_grad_enabled():
            return F.rms_norm(x, self.weight.shape, self.weight, self.eps)
        return _Normalise.apply(x, self.weight, self.eps)


class Block(nn.Module):
    """Attention and SwiGLU, each behind a norm and beside the residual stream.

    Attributes:
        compiled: whether what is before and behind attention passes through `torch.compile`.
    """

    compiled = False

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = config.heads, config.kv_heads, config.head_dim
        width, attended = config.width, config.heads * config.head_dim
        self.attention_norm = RMSNorm(width, config.norm_eps)
        self.qkv = nn.Linear(width, attended + 2 * config.kv_heads * config.head_dim, bias=config.qkv_bias)
        self.query_norm = RMSNorm(config.head_dim, config.norm_eps) if config.qk_norm else None
        self.key_norm = RMSNorm(config.head_dim, config.norm_eps) if config.qk_norm else None
        self.out = nn.Linear(attended, width, bias=False)
        self.feed_forward_norm = RMSNorm(width, config.norm_eps)
        self.gate = nn.Linear(width, config.hidden, bias=False)
        self.up = nn.Linear(width, config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, width, bias=False)

    def forward(self, x: Tensor, layer: int, rotations: Tensor, attend: Attend) -> Tensor:
        """`[n, width]` to the same shape."""
        before, behind = type(self).before_attention, type(self).behind_attention
        if self.compiled:
            before, behind = compiled_for_any_length(before), compiled_for_any_length(behind)
        queries, keys, values = before(self, x, rotations)
        return behind(self, x, attend(layer, queries, keys, values))

    def before_attention(self, x: Tensor, rotations: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries `[n, H, D]`, keys and values `[n, K, D]` of tokens `[n, width]`."""
        qkv = self.qkv(self.attention_norm(x)).unflatten(-1, (-1, self.head_dim))
        turned = rotated(self._normed(qkv[:, : self.heads + self.kv_heads]), rotations)
        return turned[:, : self.heads], turned[:, self.heads :], qkv[:, self.heads + self.kv_heads :]

    def behind_attention(self, x: Tensor, attended: Tensor) -> Tensor:
        """What attention found, `[n, H * D]`, and SwiGLU beside the stream `[n, width]`."""
        x = x + self.out(attended)
        normal = self.feed_forward_norm(x)
        return x + self.down(F.silu(self.gate(normal)) * self.up(normal))

    def _normed(self, heads: Tensor) -> Tensor:
        if self.query_norm is None or self.key_norm is None:
            return heads
        return torch.cat([self.query_norm(heads[:, : self.heads]), self.key_norm(heads[:, self.heads :])], dim=1)


class Llama(nn.Module):
    """Tokens to features and features to logits; initialised as `transformers` does (normal, deviation 0.02).

    Args:
        config: the sizes.

    Attributes:
        recompute: whether layers are computed again for the gradient, which saves what is in between.
        compiled: whether layers pass through `torch.compile`, see `compile_layers`.
    """

    frequencies: Tensor
    recompute = False
    compiled = False

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_eps)
        self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        exponents = torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim
        self.register_buffer("frequencies", config.rope_theta**-exponents, persistent=True)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)
        if config.tied:
            self.head.weight = self.embedding.weight

    def compile_layers(self) -> None:
        """Passes what is around attention through `torch.compile`, on first use, in training and in decoding."""
        self.compiled = True
        for block in self.blocks:
            assert isinstance(block, Block)
            block.compiled = True

    def rotations(self, positions: Tensor) -> Tensor:
        """By how much heads are turned at `positions` `[n]`: as `rotated` takes it."""
        angles = positions.unsqueeze(-1) * self.frequencies
        turns = torch.polar(torch.ones_like(angles), angles).unsqueeze(1)
        return torch.view_as_real(turns) if self.compiled else turns

    def forward(self, tokens: Tensor, rotations: Tensor, attend: Attend) -> Tensor:
        """Features of n tokens, before the head.

        Args:
            tokens: `[n]` ids.
            rotations: as `rotations` gives them, by the position of each token in its own text.
            attend: who sees whom.

        Returns:
            `[n, width]`.
        """
        x = self.embedding(tokens)
        for layer, block in enumerate(self.blocks):
            if self.recompute and torch.is_grad_enabled():
                x = checkpoint(block, x, layer, rotations, attend, use_reentrant=False)
            else:
                x = block(x, layer, rotations, attend)
        return self.norm(x)


def rotated(heads: Tensor, rotations: Tensor) -> Tensor:
    """Turns every pair of dimensions of `heads` `[n, h, D]`.

    Args:
        heads: queries or keys.
        rotations: complex numbers of length 1, `[n, 1, D/2]`; or their parts, `[n, 1, D/2, 2]`, for `torch.compile`,
            which makes no code for complex numbers.
    """
    pairs = heads.float().unflatten(-1, (-1, 2))
    if rotations.is_complex():
        return torch.view_as_real(torch.view_as_complex(pairs) * rotations).flatten(-2).to(heads.dtype)
    (x, y), (cosine, sine) = pairs.unbind(-1), rotations.unbind(-1)
    return torch.stack([x * cosine - y * sine, x * sine + y * cosine], dim=-1).flatten(-2).to(heads.dtype)

"""Who sees whom: attention for prompts with groups of responses, and for decoding with a key/value cache.

Queries `[b, T, H, D]` of one row fold their heads into time, `[b * K, T * H / K, D]`: then grouped-query attention is
two batched matrix products against keys that are stored once, without copies where there is one key/value head.
"""

from __future__ import annotations

import torch
from torch import Tensor

from agents.policies.llama import LlamaConfig
from agents.policies.responses import Responses

NEVER = -1e9  # not -inf: a row that sees nothing (padding) must not become nan


def attention(queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None) -> Tensor:
    """Softmax(q k / sqrt(D) + bias) v.

    Args:
        queries: `[b, T, H, D]`.
        keys: `[b, S, K, D]`.
        values: `[b, S, K, D]`.
        bias: from `fold_bias`, or None where every query sees every key.

    Returns:
        `[b, T, H * D]`.
    """
    rows, steps, heads, head_dim = queries.shape
    kv_heads = keys.shape[2]
    folded = queries.unflatten(2, (kv_heads, -1)).transpose(1, 2).reshape(rows * kv_heads, -1, head_dim)
    keys, values = (part.transpose(1, 2).flatten(0, 1) for part in (keys, values))
    out = attend_folded(folded, keys, values, bias)
    return out.view(rows, kv_heads, steps, -1, head_dim).transpose(1, 2).reshape(rows, steps, heads * head_dim)


def attend_folded(queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None) -> Tensor:
    """Attention of `[m, t, D]` queries to `[m, S, D]` keys and values; `bias` broadcasts to `[m, t, S]`."""
    scale = queries.shape[-1] ** -0.5
    if bias is None:
        scores = torch.bmm(queries * scale, keys.mT)
    else:
        scores = torch.baddbmm(bias, queries, keys.mT, alpha=scale)
    return torch.bmm(scores.softmax(-1), values)


def fold_bias(visible: Tensor, config: LlamaConfig) -> Tensor:
    """What `attention` adds to the scores.

    Args:
        visible: `[b, T, S]` bool, or `[1, T, S]` for all rows alike.
        config: the decoder's sizes.

    Returns:
        0 or `NEVER`, `[b * K, T * H / K, S]`, or `[T * H / K, S]`.
    """
    bias = torch.zeros(visible.shape, device=visible.device).masked_fill_(~visible, NEVER)
    bias = bias.repeat_interleave(config.heads // config.kv_heads, dim=1)
    return bias[0] if len(bias) == 1 else bias.repeat_interleave(config.kv_heads, dim=0)


class SharedPrefix:
    """Attention within prompts, and from each response to itself and to its prompt, which is computed once a group.

    Args:
        responses: which tokens stand where.
        config: the decoder's sizes.
    """

    def __init__(self, responses: Responses, config: LlamaConfig) -> None:
        self.responses = responses
        prompts, rows = responses.prompts, responses.rows
        self.prompt_bias = fold_bias(causal(prompts.width, prompts.mask.device), config)
        own = causal(rows.width, rows.mask.device)
        seen = prompts.mask[:1] if prompts.is_full else prompts.mask[responses.group]
        before = seen.unsqueeze(1).expand(-1, rows.width, -1)
        self.row_bias = fold_bias(torch.cat([before, own.expand(len(before), -1, -1)], dim=-1), config)

    def __call__(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """As `llama.Attend`."""
        prompts, rows, group = self.responses.prompts, self.responses.rows, self.responses.group
        parts = [part.split([prompts.count, rows.count]) for part in (queries, keys, values)]
        (first_q, row_q), (first_k, row_k), (first_v, row_v) = parts
        first_q, first_k, first_v = (prompts.spread(part) for part in (first_q, first_k, first_v))
        about_prompts = prompts.gather(attention(first_q, first_k, first_v, self.prompt_bias))
        if not rows.width:
            return about_prompts
        row_k, row_v = (
            torch.cat([shared.index_select(0, group), rows.spread(own)], dim=1)
            for shared, own in ((first_k, row_k), (first_v, row_v))
        )
        about_rows = rows.gather(attention(rows.spread(row_q), row_k, row_v, self.row_bias))
        return torch.cat([about_prompts, about_rows])


def causal(width: int, device: torch.device) -> Tensor:
    """`[1, width, width]` bool: each sees itself and what is before."""
    return torch.ones(1, width, width, dtype=torch.bool, device=device).tril()

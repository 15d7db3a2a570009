"""Decoding with our own decoder: keys and values of all layers in memory that is taken once."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.policies.attention import NEVER, attend_folded, attention, causal, fold_bias
from agents.policies.llama import Llama, LlamaConfig
from agents.policies.responses import NO_TOKEN, Rows


class KVCache:
    """Keys and values of B rows: the prompt's, padded behind their end, then one column a decoded token.

    Args:
        config: the decoder's sizes.
        prompts: which slots of the P prompts hold a token.
        group_size: G, rows a prompt; B = P * G.
        room: columns for decoded tokens.
        dtype: of keys and values.
    """

    def __init__(self, config: LlamaConfig, prompts: Rows, group_size: int, room: int, dtype: torch.dtype) -> None:
        self.config, self.prompts, self.group_size = config, prompts, group_size
        heads = len(prompts.mask) * group_size * config.kv_heads
        device, width = prompts.mask.device, prompts.width + room
        self.store = torch.empty(config.layers, 2, heads, width, config.head_dim, dtype=dtype, device=device)
        self.column = prompts.width
        self.prompt_bias = fold_bias(causal(prompts.width, device), config)
        self.bias = None
        if not prompts.is_full:
            hidden = torch.zeros(len(prompts.mask), width, device=device)
            hidden[:, : prompts.width].masked_fill_(~prompts.mask, NEVER)
            self.bias = hidden.repeat_interleave(group_size * config.kv_heads, dim=0).unsqueeze(1)

    def read_prompts(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Attention within the prompts; keeps keys and values, once for each row of a group."""
        queries, keys, values = (self.prompts.spread(part) for part in (queries, keys, values))
        for place, part in enumerate((keys, values)):
            rows = part.repeat_interleave(self.group_size, dim=0).transpose(1, 2)
            self.store[layer, place, :, : self.prompts.width] = rows.flatten(0, 1)
        return self.prompts.gather(attention(queries, keys, values, self.prompt_bias))

    def read_token(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Attention of one new token a row, `[B, ...]`, to all that is before it."""
        store, seen = self.store[layer], self.column + 1
        store[0, :, self.column], store[1, :, self.column] = keys.flatten(0, 1), values.flatten(0, 1)
        folded = queries.unflatten(1, (self.config.kv_heads, -1)).flatten(0, 1)
        bias = None if self.bias is None else self.bias[:, :, :seen]
        return attend_folded(folded, store[0, :, :seen], store[1, :, :seen], bias).view(len(queries), -1)

    def keep(self, rows: Tensor) -> None:
        """Forgets all rows but those of `rows` `[b]`, in ascending order: the others close the gap, in place."""
        heads = rows
        if self.config.kv_heads > 1:
            each = torch.arange(self.config.kv_heads, device=rows.device)
            heads = (rows.unsqueeze(1) * self.config.kv_heads + each).flatten()
        used = self.store[:, :, :, : self.column]
        self.store[:, :, : len(heads), : self.column] = used.index_select(2, heads)
        self.store = self.store[:, :, : len(heads)]
        self.bias = None if self.bias is None else self.bias.index_select(0, heads)


class LlamaDecoding:
    """Responses under way, written by a `Llama`.

    Args:
        llama: the decoder.
        prompts: `[P, L]`, ids and then `NO_TOKEN`.
        group_size: G, rows a prompt.
        room: the most tokens that will be given to `step`.
    """

    def __init__(self, llama: Llama, prompts: Tensor, group_size: int, room: int) -> None:
        rows = Rows(prompts != NO_TOKEN)
        self.llama, lengths = llama, rows.mask.sum(1)
        kind, dtype = prompts.device.type, llama.embedding.weight.dtype
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else dtype
        self.cache = KVCache(llama.config, rows, group_size, room, dtype)
        self.rotations = llama.rotations(torch.arange(rows.width + room, device=prompts.device))
        positions = torch.arange(rows.width, device=prompts.device).expand_as(prompts)
        turned = self.rotations.index_select(0, rows.gather(positions))
        features = llama(rows.gather(prompts), turned, self.cache.read_prompts)
        self.features = features[lengths.cumsum(0) - 1].repeat_interleave(group_size, dim=0)
        self.positions = lengths.repeat_interleave(group_size)

    def step(self, tokens: Tensor) -> Tensor:
        """Appends one token a row, `[B]`; returns the features `[B, width]` that predict the next."""
        features = self.llama(tokens, self.rotations.index_select(0, self.positions), self.cache.read_token)
        self.cache.column += 1
        self.positions = self.positions + 1
        return features

    def keep(self, rows: Tensor) -> None:
        """Goes on with these rows alone, `[b]` in ascending order."""
        self.cache.keep(rows)
        self.positions = self.positions.index_select(0, rows)

"""The decoder behind a language policy: our own, or any causal model of `transformers` by its own forward pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from agents.policies.attention import SharedPrefix
from agents.policies.hub_checks import check_model, check_parts
from agents.policies.llama import Llama
from agents.policies.responses import NO_TOKEN, Responses, Rows
from agents.rollouts.kv_cache import LlamaDecoding


class LlamaBody(nn.Module):
    """Our decoder: each prompt is read once a group, padding never.

    Args:
        llama: the decoder.
        name: what a record calls it.
    """

    def __init__(self, llama: Llama, name: str = "embedded") -> None:
        super().__init__()
        self.llama, self.width, self.vocab_size = llama, llama.config.width, llama.config.vocab_size
        self.description = {"model": name, "forward": "own"}

    def features(self, responses: Responses) -> Tensor:
        """`[U, width]` at the tokens that predict one."""
        attend = SharedPrefix(responses, self.llama.config)
        rotations = self.llama.rotations(responses.positions)
        return self.llama(responses.tokens, rotations, attend).index_select(0, responses.predicting)

    def head(self, features: Tensor) -> Tensor:
        """`[..., width]` to logits `[..., V]`."""
        return self.llama.head(features)

    def decoding(self, prompts: Tensor, group_size: int, room: int) -> LlamaDecoding:
        """Reads prompts to go on from."""
        return LlamaDecoding(self.llama, prompts, group_size, room)


class HubBody(nn.Module):
    """A model of `transformers` that our decoder does not compute; every response reads its prompt again.

    Padding stands before prompts and behind responses, never within a text: `transformers` counts a sliding window in
    columns. The model is used without dropout, so that sampling and training see the same one.

    Args:
        model: a causal language model.
        name: what a record and errors call it.

    Raises:
        ValueError: it cannot be read or written with here, see `agents.policies.hub_checks`.
    """

    def __init__(self, model: Any, name: str) -> None:
        super().__init__()
        self.model = model.eval()
        self.description = {"model": name, "forward": "transformers"}
        check_parts(model, name)
        self.vocab_size, self.width = model.get_output_embeddings().weight.shape
        check_model(self)

    def features(self, responses: Responses) -> Tensor:
        """`[U, width]` at the tokens that predict one."""
        prompts, rows, group = responses.prompts, responses.rows, responses.group
        parts = responses.tokens.split([prompts.count, rows.count])
        places = responses.positions.split([prompts.count, rows.count])
        (asked, own), (asked_at, own_at) = ((prompts.spread(a), rows.spread(b)) for a, b in (parts, places))
        asked, asked_at, read = (_behind_padding(part, prompts)[group] for part in (asked, asked_at, prompts.mask))
        hidden = self.model.base_model(
            input_ids=torch.cat([asked, own], dim=1),
            attention_mask=torch.cat([read, rows.mask], dim=1).long(),
            position_ids=torch.cat([asked_at, own_at], dim=1),
            use_cache=False,
        ).last_hidden_state
        names = torch.arange(len(prompts.mask), device=group.device)
        first = (group == names.unsqueeze(1)).int().argmax(1)
        return torch.cat([hidden[first, prompts.width - 1], rows.gather(hidden[:, prompts.width :])])

    def head(self, features: Tensor) -> Tensor:
        """`[..., width]` to logits `[..., V]`."""
        head = self.model.get_output_embeddings()
        return head(features.to(head.weight.dtype))

    def decoding(self, prompts: Tensor, group_size: int, room: int) -> HubDecoding:
        """Reads prompts to go on from."""
        return HubDecoding(self.model.base_model, prompts, group_size)


class HubDecoding:
    """Responses under way, written by a model of `transformers` with its own cache.

    Args:
        model: without its head.
        prompts: `[P, L]`, ids and then `NO_TOKEN`.
        group_size: G, rows a prompt.
    """

    def __init__(self, model: Any, prompts: Tensor, group_size: int) -> None:
        self.model, rows = model, Rows(prompts != NO_TOKEN)
        positions = torch.arange(rows.width, device=prompts.device).expand_as(prompts)
        ids, positions = (part.masked_fill(~rows.mask, 0) for part in (prompts, positions))
        ids, positions, mask = (_behind_padding(part, rows) for part in (ids, positions, rows.mask))
        read = model(input_ids=ids, attention_mask=mask.long(), position_ids=positions, use_cache=True)
        self.cache = read.past_key_values
        self.cache.batch_repeat_interleave(group_size)
        self.features, self.positions, self.mask = (
            part.repeat_interleave(group_size, dim=0)
            for part in (read.last_hidden_state[:, -1], positions[:, -1] + 1, mask)
        )

    def step(self, tokens: Tensor) -> Tensor:
        """Appends one token a row and returns the features that predict the next one."""
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(tokens), 1)], dim=1)
        read = self.model(
            input_ids=tokens.unsqueeze(1),
            attention_mask=self.mask.long(),
            position_ids=self.positions.unsqueeze(1),
            past_key_values=self.cache,
            use_cache=True,
        )
        self.positions = self.positions + 1
        return read.last_hidden_state[:, -1]

    def keep(self, rows: Tensor) -> None:
        """Goes on with these rows alone."""
        self.cache.batch_select_indices(rows)
        self.positions, self.mask = self.positions[rows], self.mask[rows]


def _behind_padding(x: Tensor, rows: Rows) -> Tensor:
    """`[b, width]` with each row's padding before it instead of behind it."""
    ends = rows.mask.sum(1, keepdim=True)
    return x.gather(1, (torch.arange(rows.width, device=x.device) + ends) % rows.width)

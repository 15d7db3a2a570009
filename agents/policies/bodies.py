"""The decoder behind a language policy: our own, or any causal model of `transformers` by its own forward pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from agents.policies.attention import SharedPrefix
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

    Args:
        model: a causal language model whose logits are its head's outputs.

    Raises:
        ValueError: the logits are bent or scaled behind the head.
    """

    BENT = ("final_logit_softcapping", "logit_scale", "logits_scaling")

    def __init__(self, model: Any, name: str) -> None:
        super().__init__()
        bent = [setting for setting in self.BENT if getattr(model.config, setting, None) not in (None, 1.0)]
        if bent:
            raise ValueError(f"model={name!r}: its {bent[0]} is not supported; choose a model without")
        self.model, self.width = model, model.config.get_text_config().hidden_size
        self.vocab_size = len(model.get_output_embeddings().weight)
        self.description = {"model": name, "forward": "transformers"}

    def features(self, responses: Responses) -> Tensor:
        """`[U, width]` at the tokens that predict one."""
        prompts, rows, group = responses.prompts, responses.rows, responses.group
        parts = responses.tokens.split([prompts.count, rows.count])
        places = responses.positions.split([prompts.count, rows.count])
        (asked, own), (asked_at, own_at) = ((prompts.spread(a), rows.spread(b)) for a, b in (parts, places))
        mask = torch.cat([prompts.mask[group], rows.mask], dim=1)
        hidden = self.model.base_model(
            input_ids=torch.cat([asked[group], own], dim=1),
            attention_mask=mask.long(),
            position_ids=torch.cat([asked_at[group], own_at], dim=1),
            use_cache=False,
        ).last_hidden_state
        names = torch.arange(len(prompts.mask), device=group.device)
        first = (group == names.unsqueeze(1)).int().argmax(1)
        at_ends = hidden[first, prompts.mask.sum(1) - 1]
        return torch.cat([at_ends, rows.gather(hidden[:, prompts.width :])])

    def head(self, features: Tensor) -> Tensor:
        """`[..., width]` to logits `[..., V]`."""
        return self.model.get_output_embeddings()(features)

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
        read = model(
            input_ids=prompts.masked_fill(~rows.mask, 0),
            attention_mask=rows.mask.long(),
            position_ids=positions,
            use_cache=True,
        )
        lengths = rows.mask.sum(1)
        ends = read.last_hidden_state[torch.arange(len(prompts), device=prompts.device), lengths - 1]
        self.cache = read.past_key_values
        self.cache.batch_repeat_interleave(group_size)
        self.features, self.positions, self.mask = (
            part.repeat_interleave(group_size, dim=0) for part in (ends, lengths, rows.mask)
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

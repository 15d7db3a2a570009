"""Prompts and responses as one flat list of tokens: what a decoder reads of a batch, without padding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

NO_TOKEN = -1
"""Fills a row of a prompt behind its end: no tokenizer has this id."""


def padded_prompts(tokens: NDArray, lengths: NDArray) -> Tensor:
    """`[n, L]` ids, of which the first `lengths` `[n]` count, with `NO_TOKEN` behind them."""
    behind = np.arange(tokens.shape[1]) >= lengths[:, np.newaxis]
    return torch.from_numpy(np.where(behind, NO_TOKEN, tokens).astype(np.int64))


@dataclass(frozen=True)
class Rows:
    """Rows of different lengths, `[b, width]`, and the flat list of their tokens.

    Attributes:
        mask: `[b, width]` bool, true from the left.
    """

    mask: Tensor

    @property
    def width(self) -> int:
        """Slots a row."""
        return self.mask.shape[1]

    @cached_property
    def is_full(self) -> bool:
        """Whether no slot is padding."""
        return bool(self.mask.all())

    @cached_property
    def slots(self) -> Tensor:
        """`[count]`, the place of each token in the flattened rows."""
        return self.mask.flatten().nonzero().squeeze(1)

    @property
    def count(self) -> int:
        """Tokens in all."""
        return self.mask.numel() if self.is_full else len(self.slots)

    def gather(self, x: Tensor) -> Tensor:
        """`[b, width, ...]` to `[count, ...]`."""
        flat = x.flatten(0, 1)
        return flat if self.is_full else flat.index_select(0, self.slots)

    def spread(self, x: Tensor) -> Tensor:
        """`[count, ...]` to `[b, width, ...]`, zeros at padding."""
        if not self.is_full:
            x = x.new_zeros(self.mask.numel(), *x.shape[1:]).index_copy(0, self.slots, x)
        return x.unflatten(0, self.mask.shape)


@dataclass(frozen=True)
class Responses:
    """A batch of responses beside their prompts; each prompt stands once.

    The last token of a response is predicted and never read, so a row has one token less than the response.

    Attributes:
        prompts: of the P prompts.
        rows: of the tokens that are read, `[B, T - 1]`.
        group: `[B]`, the prompt of each response, 0 to P - 1.
        tokens: `[n]`, prompts first.
        positions: `[n]`, of each token in its text.
        predicting: `[U]`, the tokens that predict one: the last of each prompt, and all that are read of responses.
        source: `[N]`, for each response token (in the order of the mask) its place in `predicting`.
    """

    prompts: Rows
    rows: Rows
    group: Tensor
    tokens: Tensor
    positions: Tensor
    predicting: Tensor
    source: Tensor

    @classmethod
    def of(cls, prompts: Tensor, actions: Tensor, mask: Tensor, group: Tensor) -> Responses:
        """Lays out a batch.

        Args:
            prompts: `[B, L]`, ids and then `NO_TOKEN`; equal in rows of one group.
            actions: `[B, T]`, the responses.
            mask: `[B, T]` bool, true from the left.
            group: `[B]` integers.

        Raises:
            ValueError: A prompt or a response is empty.
        """
        names, index = torch.unique(group, return_inverse=True)
        rows_of = torch.arange(len(group), device=group.device)
        first = rows_of.new_full((len(names),), len(group)).scatter_reduce(0, index, rows_of, "amin")
        asked = prompts[first]
        asked = asked[:, : int((asked != NO_TOKEN).sum(1).max())]
        prompt_rows, rows = Rows(asked != NO_TOKEN), Rows(mask[:, 1:])
        lengths = prompt_rows.mask.sum(1)
        if not (lengths.all() and mask[:, 0].all()):
            raise ValueError("prompts and responses must have at least one token each")
        asked_positions, own_positions = (torch.arange(part.width, device=group.device) for part in (prompt_rows, rows))
        positions = lengths[index].unsqueeze(1) + own_positions
        read = torch.arange(prompt_rows.count, prompt_rows.count + rows.count, device=group.device)
        number = rows.mask.flatten().cumsum(0).view(rows.mask.shape) - 1 + len(names)
        return cls(
            prompts=prompt_rows,
            rows=rows,
            group=index,
            tokens=torch.cat([prompt_rows.gather(asked), rows.gather(actions[:, :-1])]),
            positions=torch.cat([prompt_rows.gather(asked_positions.expand_as(asked)), rows.gather(positions)]),
            predicting=torch.cat([lengths.cumsum(0) - 1, read]),
            source=torch.cat([index.unsqueeze(1), number], dim=1)[mask],
        )

"""Networks through `torch.compile`, with few shapes and outputs that may be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

Outputs = TypeVar("Outputs")

ROWS = 64  # batches are filled up to multiples of this


def compiled(
    function: Callable[[Tensor], Outputs], event_dims: int, device: torch.device
) -> Callable[[Tensor], Outputs]:
    """`function` of observations `[..., *event]`, compiled on first use; on CUDA as a CUDA graph.

    A graph is recorded for one shape and overwrites its outputs at every call. So batches are filled up with zeros to a
    multiple of 64 rows (an update's batch size changes with every masked slot), and outputs are copied.

    Args:
        function: of a tensor, to tensors (or None) with one row an observation.
        event_dims: dimensions of one observation.
        device: where it runs.
    """
    graphs = torch.compile(function, mode="reduce-overhead" if device.type == "cuda" else None, dynamic=False)

    def call(observations: Tensor) -> Outputs:
        leading = observations.shape[: observations.dim() - event_dims]
        rows = observations.reshape(leading.numel(), *observations.shape[len(leading) :])
        padding = rows.new_zeros(-len(rows) % ROWS, *rows.shape[1:])

        def kept(output: Tensor) -> Tensor:
            return output[: len(rows)].clone().view(leading + output.shape[1:])

        return tree_map_only(Tensor, kept, graphs(torch.cat([rows, padding])))

    return call

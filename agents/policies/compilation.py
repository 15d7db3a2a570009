"""Networks through `torch.compile`: with few shapes and outputs that may be kept, or for any number of rows."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

Outputs = TypeVar("Outputs")

ROWS = 64  # batches are filled up to multiples of this
CPU_COMPILERS = ("g++", "clang++", "c++", "cl")


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


@cache
def compiled_for_any_length(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, compiled on first use for tensors whose first dimension changes from call to call.

    Compiled once a process, whatever modules it is called with: layers of equal sizes share the code.
    """
    return torch.compile(function, dynamic=True)


def check_compiler(device: torch.device) -> None:
    """Raises ValueError where `torch.compile` would find nothing that makes machine code of what it writes."""
    if device.type == "cuda":
        if importlib.util.find_spec("triton") is None:
            raise ValueError("config compile=true: triton is missing; pip install triton, or set compile=false")
    elif not (os.environ.get("CXX") or any(map(shutil.which, CPU_COMPILERS))):
        raise ValueError("config compile=true: no C++ compiler is here; install g++, or set compile=false")

"""Networks through `torch.compile`: with few shapes and outputs that may be kept, or for any number of rows."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

Outputs = TypeVar("Outputs")

ROWS = 64  # batches are filled up to multiples of this
CPU_COMPILERS = {"darwin": "clang++", "win32": "cl"}  # elsewhere g++: what TorchInductor calls unless CXX is set


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


def can_compile(device: torch.device) -> bool:
    """Whether `torch.compile` finds what makes machine code of what it writes; warns where it does not.

    Policies then compute uncompiled, with the same numbers up to rounding: one that was trained on another machine can
    be loaded on any.
    """
    if device.type == "cuda":
        missing = "triton" if importlib.util.find_spec("triton") is None else ""
    else:
        compiler = os.environ.get("CXX") or CPU_COMPILERS.get(sys.platform, "g++")
        missing = "" if shutil.which(compiler) else f"the C++ compiler {compiler}"
    if missing:
        warnings.warn(f"config compile=true: {missing} is missing; install it, or go on uncompiled", stacklevel=2)
    return not missing

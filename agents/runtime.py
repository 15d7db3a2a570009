"""Process-wide settings of PyTorch, made once by a command and never by a library call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def configure_torch(threads: int = 1, deterministic: bool = True) -> None:
    """Sets the number of threads and asks for reproducible kernels.

    One thread is right for networks of a few thousand parameters: a second one costs more in synchronisation than it
    brings. Bitwise reproducibility is promised on a CPU only.

    Args:
        threads: intra-operation threads; 0 leaves PyTorch's own choice.
        deterministic: refuse kernels whose result depends on scheduling.

    Raises:
        ValueError: a negative number of threads.
    """
    if threads < 0:
        raise ValueError(f"threads={threads}: choose at least 1, or 0 for PyTorch's own choice")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if threads:
        torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    if torch.cuda.is_available():  # float32 heads over a vocabulary would otherwise take longer than bfloat16 layers
        torch.backends.cuda.matmul.allow_tf32 = True
    # Nothing here reads memory before writing it; filling every new tensor would cost a tenth of the time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


@contextmanager
def using_threads(count: int) -> Iterator[None]:
    """Computes with `count` threads, and afterwards with as many as before."""
    before = torch.get_num_threads()
    if count != before:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if count != before:
            torch.set_num_threads(before)


def pick_device(name: str = "auto") -> torch.device:
    """`auto` is the first CUDA device, or else the CPU.

    Raises:
        ValueError: the device does not exist here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device={name!r} is not available here; choose auto or cpu") from error
    return device

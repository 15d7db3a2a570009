"""In which floating-point type a network computes: asked for, or measured once a process."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Literal

import torch
from torch import Tensor

Precision = Literal["auto", "float32", "bfloat16"]

LEAST_WORK = 100_000  # multiplications an observation below which conversions eat the gain
CLEARLY_FASTER = 1.3  # far from both answers (below 1 where it is emulated, 1.8 to 3 where it is built in)
REPEATS = 7


def choose_precision(wish: Precision, multiplications: int, device: torch.device) -> Precision:
    """`wish`, or for `auto` bfloat16 where it is faster on this machine and the network is large enough.

    Args:
        wish: the setting.
        multiplications: of one pass over one observation.
        device: where the network runs.
    """
    if wish != "auto":
        return wish
    return "bfloat16" if multiplications >= LEAST_WORK and bfloat16_is_fast(device.type) else "float32"


@cache
def bfloat16_is_fast(device_type: str) -> bool:
    """Whether bfloat16 is faster than float32 on this machine's `cpu` or `cuda`; False for other devices.

    On a CPU a product of matrices is timed in both (about ten milliseconds, once a process). It is a measurement,
    but of two answers that lie far apart: the same machine gives the same one. A policy's checkpoint keeps the answer,
    so that a run which is resumed does not ask again. CUDA devices since Ampere (8.0) have it built in.
    """
    if device_type == "cuda":
        return torch.cuda.get_device_capability() >= (8, 0)
    if device_type != "cpu":
        return False
    one = torch.linspace(-1.0, 1.0, 128 * 512).view(128, 512)
    other = torch.linspace(-1.0, 1.0, 512 * 512).view(512, 512)
    low_one, low_other = one.bfloat16(), other.bfloat16()
    with torch.no_grad():
        seconds = [_least_seconds(pair) for pair in ((one, other), (low_one, low_other))]
    return seconds[0] > CLEARLY_FASTER * seconds[1]


def _least_seconds(pair: tuple[Tensor, Tensor], clock: Callable[[], float] = time.perf_counter) -> float:
    """The shortest of several timings: what other processes take is not part of it."""
    times = []
    for _ in range(REPEATS):
        started = clock()
        torch.mm(*pair)
        times.append(clock() - started)
    return min(times)

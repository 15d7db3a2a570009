"""What a training takes of a GPU: the memory of its tensors, and the share of time in which it computes."""

from __future__ import annotations

import subprocess
import threading
from types import TracebackType

import torch

GIB = 2**30
INTERVAL_S = 0.2


def device_use(device: torch.device) -> dict[str, float]:
    """For records: `device/peak_memory_gib` of tensors so far, and `device/utilisation` of the last second or less.

    Utilisation is a share of time: 1 where a kernel ran all the while, however few of the device's units it kept busy.
    It is missing without the package nvidia-ml-py; a CPU has neither.
    """
    if device.type != "cuda":
        return {}
    told = {"device/peak_memory_gib": torch.cuda.max_memory_allocated(device) / GIB}
    try:
        return told | {"device/utilisation": torch.cuda.utilization(device) / 100}
    except (ModuleNotFoundError, RuntimeError):  # the package, or the library that it looks for
        return told


class DeviceMeter:
    """Peak memory and mean utilisation of a CUDA device while a block runs.

    Args:
        device: which; `nvidia-smi` is asked five times a second, as it needs no package. It counts all the machine's
            devices: not those alone that `CUDA_VISIBLE_DEVICES` leaves.

    Attributes:
        peak_memory_gib: of PyTorch's tensors; None on a CPU.
        utilisation: share of time in which a kernel ran, of all programs; None where nobody tells it.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.peak_memory_gib: float | None = None
        self.utilisation: float | None = None
        self.samples: list[float] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> DeviceMeter:
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.device.type != "cuda":
            return
        self.ended.set()
        self.thread.join()
        self.peak_memory_gib = torch.cuda.max_memory_allocated(self.device) / GIB
        self.utilisation = sum(self.samples) / len(self.samples) if self.samples else None

    def _sample(self) -> None:
        while not self.ended.wait(INTERVAL_S):
            if (share := utilisation_by_tool(self.device.index or 0)) is not None:
                self.samples.append(share)


def utilisation_by_tool(index: int) -> float | None:
    """What `nvidia-smi` says of a device, 0 to 1; None where it says nothing."""
    command = ["nvidia-smi", f"--id={index}", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        return float(done.stdout) / 100
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None

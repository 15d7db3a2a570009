"""Returns and lengths of the episodes that ended while a collector played."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


class EpisodeStatistics:
    """Sums the rewards of N environments and keeps what the finished episodes came to."""

    def __init__(self, num_envs: int) -> None:
        self.running_return = np.zeros(num_envs)
        self.running_length = np.zeros(num_envs, dtype=np.int64)
        self.finished: list[tuple[float, int]] = []

    def clear(self) -> None:
        """Forgets the episodes under way."""
        self.running_return[:] = 0.0
        self.running_length[:] = 0

    def add(self, rewards: NDArray, over: NDArray, mask: NDArray) -> None:
        """Counts one step of every environment whose mask is set."""
        self.running_return += rewards
        self.running_length += mask
        ended = np.flatnonzero(over & mask)
        if ended.size:
            pairs = zip(self.running_return[ended].tolist(), self.running_length[ended].tolist(), strict=True)
            self.finished += pairs
            self.running_return[ended] = 0.0
            self.running_length[ended] = 0

    def pop(self) -> dict[str, float]:
        """Means over the episodes finished since the last call; empty where there were none."""
        if not self.finished:
            return {}
        returns, lengths = zip(*self.finished, strict=True)
        self.finished = []
        return {
            "rollout/ep_rew_mean": float(np.mean(returns)),
            "rollout/ep_len_mean": float(np.mean(lengths)),
            "rollout/episodes": float(len(returns)),
        }

    def checkpoint(self) -> dict[str, Any]:
        """The episodes under way and those not yet popped."""
        return {
            "running_return": torch.from_numpy(self.running_return.copy()),
            "running_length": torch.from_numpy(self.running_length.copy()),
            "finished": [list(pair) for pair in self.finished],
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from `checkpoint()`."""
        self.running_return = state["running_return"].numpy().copy()
        self.running_length = state["running_length"].numpy().copy()
        self.finished = [(float(value), int(length)) for value, length in state["finished"]]

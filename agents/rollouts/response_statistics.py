"""What the responses of a batch earned and how they ended, as means for a run's record."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


class ResponseStatistics:
    """Means over the responses since they were last asked for.

    Args:
        group_size: G.
        more: names of further numbers a response, which `add` takes.
    """

    NAMES = ("ep_rew_mean", "ep_len_mean", "unfinished", "verifier_errors", "live_groups", "group_spread")

    def __init__(self, group_size: int, more: tuple[str, ...] = ()) -> None:
        self.group_size, self.names = group_size, (*self.NAMES, *more)
        self.sums, self.count = np.zeros(len(self.names)), 0

    def add(self, rewards: NDArray, lengths: NDArray, is_end: NDArray, judged: NDArray, *more: NDArray) -> None:
        """Counts one batch of whole groups.

        Args:
            rewards: `[B]`; a group is live where its rewards differ, its spread is their deviation (ddof 1).
            lengths: `[B]`.
            is_end: `[B]` bool, those that ended of themselves.
            judged: `[B]` bool, those that are in the batch: the others are lost to the verifier's own failures.
            more: `[B]` each.
        """
        grouped = rewards.reshape(-1, self.group_size)
        live = (grouped.max(axis=1) != grouped.min(axis=1)).repeat(self.group_size)
        spread = grouped.std(axis=1, ddof=min(1, self.group_size - 1)).repeat(self.group_size)  # 0 for groups of one
        self.sums += [column.sum() for column in (rewards, lengths, ~is_end, ~judged, live, spread, *more)]
        self.count += len(rewards)

    def pop(self) -> dict[str, float]:
        """Means since the last call; empty where there were no responses."""
        if not self.count:
            return {}
        totals = zip(self.names, self.sums, strict=True)
        means = {f"rollout/{name}": float(total / self.count) for name, total in totals}
        means["rollout/episodes"] = float(self.count)
        self.sums, self.count = np.zeros(len(self.names)), 0
        return means

    def checkpoint(self) -> dict[str, Any]:
        """What is not yet popped."""
        return {"sums": torch.from_numpy(self.sums.copy()), "count": self.count}

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from `checkpoint()`."""
        self.sums, self.count = state["sums"].numpy().copy(), int(state["count"])

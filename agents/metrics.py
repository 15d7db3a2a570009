"""Means of what an algorithm reports, taken between two evaluations."""

from __future__ import annotations

from collections import defaultdict

import torch


class Averages:
    """Keeps metrics as they come, tensors unread, and gives their means: reading a GPU's tensor would wait for it."""

    def __init__(self) -> None:
        self.values: defaultdict[str, list[float | torch.Tensor]] = defaultdict(list)

    def add(self, metrics: dict[str, float | torch.Tensor]) -> None:
        """Keeps one set of metrics."""
        for name, value in metrics.items():
            self.values[name].append(value)

    def pop(self) -> dict[str, float]:
        """The mean of every metric since the last call."""
        means = {name: sum(float(value) for value in values) / len(values) for name, values in self.values.items()}
        self.values.clear()
        return means


"""Means of what an algorithm reports, taken between two evaluations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

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


def area_under_curve(points: Sequence[tuple[int, float]]) -> float:
    """Mean score over training by the trapezium rule, from the first evaluation to the last.

    Args:
        points: (steps, score) in rising order of steps.
    """
    if len(points) < 2 or points[-1][0] == points[0][0]:
        return points[-1][1] if points else 0.0
    pairs = zip(points[:-1], points[1:], strict=True)
    area = sum((right[0] - left[0]) * (left[1] + right[1]) / 2 for left, right in pairs)
    return area / (points[-1][0] - points[0][0])

"""Weighted sums of reward components, every component kept.

The weights are part of the task: two runs with different weights have different rewards and are not compared. Keep the
weight of everything but the answer so small that no response gains by it what a wrong answer loses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple


class Composed(NamedTuple):
    """A reward and what it is made of.

    Attributes:
        reward: The weighted sum.
        components: Every component before weighting, by name; environments report them as ``reward/<name>``.
    """

    reward: float
    components: dict[str, float]

    def info(self) -> dict[str, float]:
        """The components under the keys that environments give them."""
        return {f"reward/{name}": value for name, value in self.components.items()}


def compose(components: Mapping[str, float], weights: Mapping[str, float]) -> Composed:
    """The weighted sum of components.

    Args:
        components: Rewards by name.
        weights: A weight for every component; 0 only records it.

    Raises:
        ValueError: The names differ, or a number is not finite.
    """
    if components.keys() != weights.keys():
        missing, unknown = sorted(components.keys() - weights.keys()), sorted(weights.keys() - components.keys())
        raise ValueError(f"weights lack {missing} and name {unknown} that are no components: name each component once")
    for name, value in (*components.items(), *weights.items()):
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}: components and weights must be finite")
    reward = math.fsum(weights[name] * value for name, value in components.items())
    return Composed(reward, dict(components))


def potential_shaping(potential: float, next_potential: float, gamma: float) -> float:
    """``gamma * next_potential - potential``: shaping that leaves the best policies as they are (Ng et al. 1999).

    Only with the same gamma as the task, and a potential of 0 after the end.
    """
    return gamma * next_potential - potential

"""DAPO's dynamic sampling (arXiv 2503.14476): play on until enough groups have members that fared differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from agents.grouping import Groups
from agents.rollouts.batch import Batch
from agents.rollouts.collector import Collector

LEAST_SPREAD = 1e-6


class DynamicSampling:
    """A collector of responses that refills its batch, a few times at most.

    What is thrown away costs as much as what is kept. Where the rounds do not suffice the batch is smaller (verl raises
    an error); without any live group it is the last round as it was.

    Args:
        collector: of whole groups of responses.
        groups: that a batch is to have.
        rounds: of collecting for one batch, at most.

    Attributes:
        dropped: none, as of the collector.
    """

    def __init__(self, collector: Collector, groups: int, rounds: int) -> None:
        self.collector, self.groups, self.rounds = collector, groups, rounds
        self.dropped = 0

    def collect(self, policy: Any, limit: int | None = None) -> Batch | None:
        """A batch of up to `groups` live groups; None where not even one round fits into `limit` responses."""
        kept: list[Batch] = []
        found, batch = 0, None
        for _ in range(self.rounds):
            played = self.collector.collect(policy, limit)
            if played is None:
                break
            batch = played
            limit = None if limit is None else limit - self.collector.most_steps  # type: ignore[attr-defined]
            kept.append(live_groups(batch))
            found += len(torch.unique(kept[-1].group))
            if found >= self.groups:
                break
        return first_groups(joined(kept), self.groups) if found else batch


def live_groups(batch: Batch) -> Batch:
    """The rows of groups whose outcomes differ: the others have no advantage over each other."""
    spread = Groups.of(batch.group, None).std(batch.rewards.sum(1))
    return batch.rows((spread > LEAST_SPREAD).nonzero().squeeze(1))


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches of responses as one, padded to the longest response; groups of different batches stay different."""
    steps = max(batch.mask.shape[1] for batch in batches)
    most = 1 + max(int(batch.group.max()) for batch in batches if len(batch))
    numbered = [batch.with_(group=batch.group + place * most) for place, batch in enumerate(batches)]
    tensors: dict[str, Any] = {}
    for name in (field.name for field in fields(Batch)):
        parts = [getattr(batch, name) for batch in numbered]
        tensors[name] = None if parts[0] is None else torch.cat([_widened(part, name, steps) for part in parts])
    return Batch(**tensors)


def first_groups(batch: Batch, count: int) -> Batch:
    """The rows of the first `count` groups."""
    names = torch.unique(batch.group)[:count]
    return batch.rows(torch.isin(batch.group, names).nonzero().squeeze(1))


def _widened(part: Tensor, name: str, steps: int) -> Tensor:
    """`[B, T]` to `[B, steps]`; prompts and numbers a row stay as they are."""
    if part.dim() == 1 or name == "observations":
        return part
    return pad(part, (0, steps - part.shape[1]))

"""Which seed every member of a vector environment was given, and the random stream that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rlenvs.foundation.random_streams import RandomStreams

_UNKNOWN_SEED = -1  # as Gymnasium marks generators that were not seeded through reset


class GroupSeeds:
    """Seeds the members' streams, by groups whose members share a seed.

    Args:
        streams: Of all members.
        group_size: 1 where there are no groups.
        count: Number of members.
    """

    def __init__(self, streams: RandomStreams, group_size: int, count: int) -> None:
        self.streams = streams
        self.group_size = group_size
        self._seeds: list[int | None] = [None] * count

    def seed(self, groups: Iterable[int], seeds: Sequence[int | None]) -> None:
        """Seed the first members of groups.

        Args:
            groups: Numbers of groups.
            seeds: One for every group of all; where it is None, a stream goes on, or gets a seed from the system.
        """
        groups, size = list(groups), self.group_size
        fresh = [group for group in groups if seeds[group] is None and self._seeds[group * size] is None]
        from_system = np.random.SeedSequence().generate_state(len(fresh), np.uint64).tolist() if fresh else []
        chosen = dict(zip(fresh, from_system, strict=True))
        for group in groups:
            seed = chosen.get(group, seeds[group])
            if seed is not None:
                self.streams.seed(group * size, seed)
                self._seeds[group * size : (group + 1) * size] = [seed] * size

    def complete(self) -> None:
        """Seed the groups that have no seed yet."""
        groups = len(self._seeds) // self.group_size
        self.seed(range(groups), [None] * groups)

    def forget(self) -> None:
        """The streams were put elsewhere: their seeds are not known."""
        self._seeds = [_UNKNOWN_SEED] * len(self._seeds)

    @property
    def values(self) -> tuple[int | None, ...]:
        """Every member's seed, drawn now if there is none yet; -1 where it is not known."""
        self.complete()
        return tuple(self._seeds)

    @property
    def generators(self) -> tuple[np.random.Generator, ...]:
        """Every member's generator at its present position; drawing from these copies changes nothing."""
        self.complete()
        return tuple(self.streams.generator(member) for member in range(len(self._seeds)))

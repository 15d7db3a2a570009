"""Which seed every member of a vector environment was given, and the random stream that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rlenvs.foundation.random_streams import RandomStreams

_UNKNOWN_SEED = -1  # as Gymnasium marks generators that were not seeded through reset


class GroupSeeds:
    """Chooses and remembers seeds, by groups whose members share one.

    Args:
        group_size: 1 where there are no groups.
        count: Number of members.

    Attributes:
        given: Every member's seed; None where there is none yet, -1 where it is not known.
    """

    def __init__(self, group_size: int, count: int) -> None:
        self.group_size = group_size
        self.given: tuple[int | None, ...] = (None,) * count

    def choose(self, groups: Iterable[int], seeds: Sequence[int | None]) -> dict[int, int]:
        """Seeds of the groups' first members, by member, for those that have to be seeded now.

        Args:
            groups: Numbers of groups.
            seeds: One for every group of all; where it is None, a generator goes on, or gets a seed from the system.
        """
        groups, size = list(groups), self.group_size
        fresh = [group for group in groups if seeds[group] is None and self.given[group * size] is None]
        from_system = np.random.SeedSequence().generate_state(len(fresh), np.uint64).tolist() if fresh else []
        drawn = dict(zip(fresh, from_system, strict=True))
        chosen = {group: seed for group in groups if (seed := drawn.get(group, seeds[group])) is not None}
        given = list(self.given)
        for group, seed in chosen.items():
            given[group * size : (group + 1) * size] = [seed] * size
        self.given = tuple(given)
        return {group * size: seed for group, seed in chosen.items()}

    def choose_missing(self) -> dict[int, int]:
        """As `choose`, for the groups that have no seed yet."""
        groups = len(self.given) // self.group_size
        return self.choose(range(groups), [None] * groups)

    def forget(self) -> None:
        """The generators were put elsewhere: their seeds are not known."""
        self.given = (_UNKNOWN_SEED,) * len(self.given)


class StreamSeeds(GroupSeeds):
    """Seeds the members' streams.

    Args:
        streams: Of all members.
        group_size: 1 where there are no groups.
        count: Number of members.
    """

    def __init__(self, streams: RandomStreams, group_size: int, count: int) -> None:
        super().__init__(group_size, count)
        self.streams = streams

    def seed(self, groups: Iterable[int], seeds: Sequence[int | None]) -> None:
        """Seed the first members of groups; see `choose`."""
        self._seed(self.choose(groups, seeds))

    def complete(self) -> None:
        """Seed the groups that have no seed yet."""
        self._seed(self.choose_missing())

    def _seed(self, chosen: dict[int, int]) -> None:
        for member, seed in chosen.items():
            self.streams.seed(member, seed)

    @property
    def values(self) -> tuple[int | None, ...]:
        """Every member's seed, drawn now if there is none yet; -1 where it is not known."""
        self.complete()
        return self.given

    @property
    def generators(self) -> tuple[np.random.Generator, ...]:
        """Every member's generator at its present position; drawing from these copies changes nothing."""
        self.complete()
        return tuple(self.streams.generator(member) for member in range(len(self.given)))

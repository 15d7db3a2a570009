"""What every collector of play offers to a training."""

from __future__ import annotations

from typing import Any, Protocol

from agents.rollouts.batch import Batch


class Collector(Protocol):
    """Plays an environment with a policy, a batch at a time.

    Attributes:
        dropped: steps of the last batch where its limit cut it off: they are in no batch.
    """

    dropped: int

    def collect(self, policy: Any, limit: int | None = None) -> Batch | None:
        """A batch of at most `limit` environment steps (of language models: responses); None where it is larger."""
        ...

"""What every collector of play offers to a training."""

from __future__ import annotations

from typing import Protocol

from agents.policies.actor_critic import ActorCritic
from agents.rollouts.batch import Batch


class Collector(Protocol):
    """Plays an environment with a policy, a batch at a time.

    Attributes:
        dropped: steps of the last batch where its limit cut it off: they are in no batch.
    """

    dropped: int

    def collect(self, policy: ActorCritic, limit: int | None = None) -> Batch | None:
        """A batch of at most `limit` environment steps; None where it would be larger."""
        ...

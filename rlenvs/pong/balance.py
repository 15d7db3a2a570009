"""Who should give a member to whom, so that all processes finish a step together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

STEPS = 64
"""Steps whose mean is looked at: one step tells more of the operating system than of the work."""

_WORTH_A_MOVE = 1.5  # moving a member narrows a gap by twice its time


class Balance:
    """Watches how long processes take for their part of a step."""

    def __init__(self, processes: int) -> None:
        self._sums = np.zeros(processes)
        self._steps = 0

    def add(self, seconds: Sequence[float], members: Sequence[int]) -> tuple[int, int] | None:
        """Take in one step.

        Args:
            seconds: what each process took.
            members: how many members each has.

        Returns:
            The slowest and the fastest process if one should give the other a member, else None.
        """
        self._sums += seconds
        self._steps += 1
        if self._steps < STEPS:
            return None
        mean = self._sums / self._steps
        self._sums[:], self._steps = 0, 0
        slow, fast = int(mean.argmax()), int(mean.argmin())
        gap, of_a_member = mean[slow] - mean[fast], mean[slow] / members[slow]
        return (slow, fast) if members[slow] > 1 and gap > _WORTH_A_MOVE * of_a_member else None

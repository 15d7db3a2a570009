"""Where the time goes: seconds of environment, inference and update, taken with one monotonic clock."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Adds up seconds by name: `with clock("env"): ...`; on a GPU they are the launching thread's, not the device's."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Times the block under `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - start

    def shares(self) -> dict[str, float]:
        """`time/<name>_s` for every name so far."""
        return {f"time/{name}_s": round(seconds, 4) for name, seconds in sorted(self.seconds.items())}

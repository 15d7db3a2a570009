"""How a training shows itself: a bar on a terminal, a line every few seconds in a log, nothing when told so."""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

QUIET = "RLENVS_QUIET"  # set to 1 by commands that show many runs at once


class TrainingProgress:
    """Shows steps and the latest metrics of one run on standard error.

    Args:
        title: shown before the bar.
        budget: environment steps in all.
        interval_s: seconds between lines where there is no terminal.
    """

    def __init__(self, title: str, budget: int, interval_s: float = 10.0) -> None:
        self.title, self.budget, self.interval_s = title, budget, interval_s
        self.quiet = os.environ.get(QUIET) == "1"
        self.bar: Progress | None = None
        self.shown_at = -float("inf")
        if not self.quiet and sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
            times = (TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[metrics]}"))
            self.bar = Progress(*columns, *times, console=Console(stderr=True))
            self.task = self.bar.add_task(title, total=budget, metrics="")
            atexit.register(self.close)

    def show(self, step: int, metrics: dict[str, Any]) -> None:
        """Shows that `step` environment steps are done; `metrics` are the latest, by name."""
        text = "  ".join(f"{name} {metrics[key]:.3g}" for name, key in _SHOWN if key in metrics)
        if self.bar is not None:
            self.bar.start()
            self.bar.update(self.task, completed=min(step, self.budget), metrics=text)
        elif not self.quiet and (time.monotonic() - self.shown_at >= self.interval_s or step >= self.budget):
            self.shown_at = time.monotonic()
            print(f"{self.title}  {step:,}/{self.budget:,} steps  {text}", file=sys.stderr, flush=True)

    def tell(self, lines: Iterable[str]) -> None:
        """Prints lines above the bar, or into the log; nothing where nothing is shown."""
        for line in lines if not self.quiet else ():
            if self.bar is not None:
                self.bar.console.print(line, markup=False, highlight=False)
            else:
                print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leaves the terminal as it was."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
            atexit.unregister(self.close)


_SHOWN = (("score", "score"), ("return", "mean_return"), ("episode", "rollout/ep_rew_mean"), ("entropy", "entropy"))

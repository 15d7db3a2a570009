"""A live picture of a sweep: one line an environment and agent, filling up as runs finish."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from agents.execution import DONE, FAILED, RUNNING, Job

BAR_WIDTH = 20
LINE_INTERVAL_S = 10.0


class SweepDisplay:
    """Shows jobs on standard error: a table that redraws itself on a terminal, a line every ten seconds elsewhere.

    Used as a context manager; `update(jobs)` is what `Sweep.run` calls.
    """

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.live: Live | None = None
        self.started = self.printed_at = time.monotonic()
        self.finished = False

    def __enter__(self) -> SweepDisplay:
        if self.console.is_terminal:
            self.live = Live(console=self.console, refresh_per_second=4)
            self.live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.live is not None:
            self.live.stop()

    def update(self, jobs: list[Job]) -> None:
        """Redraws, or prints a line where that is due."""
        if self.live is not None:
            self.live.update(self._table(jobs))
            return
        ended = sum(job.state in (DONE, FAILED) for job in jobs)
        due = time.monotonic() - self.printed_at >= LINE_INTERVAL_S
        if due or (ended == len(jobs) and not self.finished):
            self.printed_at, self.finished = time.monotonic(), ended == len(jobs)
            print(f"{self._elapsed()}  {ended}/{len(jobs)} runs  {_now_running(jobs)}", file=sys.stderr, flush=True)

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self.started)
        return f"{seconds // 60}:{seconds % 60:02d}"

    def _table(self, jobs: list[Job]) -> Table:
        ended = sum(job.state in (DONE, FAILED) for job in jobs)
        table = Table(title=f"{ended}/{len(jobs)} runs, {self._elapsed()}", title_justify="left", title_style="bold")
        for heading, justify in (("Environment", "left"), ("Agent", "left"), ("Runs", "left"), ("Score", "right")):
            table.add_column(heading, justify=justify)  # type: ignore[arg-type]
        lines: defaultdict[tuple[str, str], list[Job]] = defaultdict(list)
        for job in jobs:
            lines[job.spec.environment(), job.label].append(job)
        for (environment, label), group in lines.items():
            table.add_row(environment, label, _bar(group), _scores(group))
        return table


def _bar(group: list[Job]) -> str:
    """Done, failed and half-done runs as blocks of one bar."""
    shares = [_share(job) for job in group]
    filled = round(BAR_WIDTH * sum(shares) / len(group))
    colour = "red" if any(job.state == FAILED for job in group) else "green" if min(shares) == 1 else "yellow"
    ended = sum(job.state in (DONE, FAILED) for job in group)
    return f"[{colour}]{'█' * filled}[/][dim]{'░' * (BAR_WIDTH - filled)}[/] {ended}/{len(group)}"


def _share(job: Job) -> float:
    if job.state in (DONE, FAILED):
        return 1.0
    return min(1.0, _latest(job).get("step", 0) / job.spec.budget) if job.state == RUNNING else 0.0


def _scores(group: list[Job]) -> str:
    failed = sum(job.state == FAILED for job in group)
    scores = [job.result["score"] for job in group if job.state == DONE and "score" in job.result]
    running = [row["score"] for job in group if job.state == RUNNING and "score" in (row := _latest(job))]
    shown = scores or running
    mean = f"{sum(shown) / len(shown):.3f}" if shown else ""
    return f"{mean} [red]{failed} failed[/]" if failed else mean if scores else f"[dim]{mean}[/]"


def _now_running(jobs: list[Job]) -> str:
    names = [f"{job.spec.environment()} {job.label}" for job in jobs if job.state == RUNNING]
    return "running " + ", ".join(names) if names else ""


def _latest(job: Job) -> dict[str, Any]:
    """The last complete row of a running job's metrics."""
    path = Path(job.path) / "metrics.jsonl"
    if not path.exists():
        return {}
    lines = path.read_bytes()[-4096:].split(b"\n")
    for line in reversed(lines[:-1]):
        try:
            return json.loads(line)
        except json.JSONDecodeError:
            continue
    return {}

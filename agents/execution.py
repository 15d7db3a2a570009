"""Running specifications: one in this process, or many over worker processes."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.naming import directory_for, label_of
from agents.progress import QUIET
from agents.registry import load_agent
from rlenvs.leaderboard.records import RunDirectory, RunSpec, read_run

DONE, FAILED, RUNNING, WAITING = "done", "failed", "running", "waiting"


def execute(spec: RunSpec, runs: str | Path, force: bool = False) -> dict[str, Any]:
    """Trains, resumes, or returns the result of a run that is finished already.

    Args:
        spec: what to train.
        runs: the directory of all runs.
        force: train again from the beginning.

    Raises:
        ValueError: the agent is unknown, or its version is another than the specification's.
    """
    agent = load_agent(spec.agent)
    if agent.version != spec.agent_version:
        raise ValueError(f"agent {spec.agent} has version {agent.version}, the spec {spec.agent_version}; check it out")
    path = directory_for(runs, spec)
    if path.exists() and RunDirectory.open(path, spec, force=force).finished:
        return dict(read_run(path).result)
    return agent.train(spec, path)


@dataclass
class Job:
    """One run of a sweep and how it stands."""

    spec: RunSpec
    path: Path
    state: str = WAITING
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def label(self) -> str:
        """The agent and the variant that its configuration names."""
        return label_of(self.spec)


class Sweep:
    """Runs jobs over worker processes that import PyTorch once and take one specification after another.

    A worker that dies costs the run it had, which is reported as failed; another worker takes its place.

    Args:
        specs: what to train; equal ones are trained once.
        runs: the directory of all runs.
        workers: processes; each computes with one thread.
        log: file for the workers' standard error.
    """

    def __init__(self, specs: Sequence[RunSpec], runs: str | Path, workers: int, log: Path) -> None:
        if workers < 1:
            raise ValueError(f"workers={workers}: at least one process must do the work")
        if not specs:
            raise ValueError("specs is empty: name at least one environment, agent and seed")
        different = {spec.run_id: spec for spec in specs}.values()
        self.jobs = [Job(spec, directory_for(runs, spec)) for spec in different]
        self.runs, self.log = Path(runs), log
        self.waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self.stopping = threading.Event()
        self.processes: list[subprocess.Popen[str]] = []
        self.threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(min(workers, len(self.jobs)))]

    def run(self, watch: Callable[[list[Job]], None], interval_s: float = 0.25) -> list[Job]:
        """Works through all jobs; `watch(jobs)` is called every `interval_s` seconds and once at the end.

        On an exception, Ctrl-C included, the workers are stopped; what they had checkpointed resumes next time.
        """
        self.runs.mkdir(parents=True, exist_ok=True)
        for job in self.jobs:
            self.waiting.put(job)
        try:
            for thread in self.threads:
                thread.start()
            while any(thread.is_alive() for thread in self.threads):
                watch(self.jobs)
                for thread in self.threads:
                    thread.join(interval_s / len(self.threads))
            watch(self.jobs)
        finally:
            self.stopping.set()
            for process in self.processes:
                process.kill()
        return self.jobs

    def _serve(self) -> None:
        """Feeds one worker, and starts another when it dies."""
        process: subprocess.Popen[str] | None = None
        while not self.stopping.is_set():
            try:
                job = self.waiting.get_nowait()
            except queue.Empty:
                break
            if process is None or process.poll() is not None:
                process = self._start_worker()
            self._give(job, process)
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.wait()

    def _start_worker(self) -> subprocess.Popen[str]:
        environment = {**os.environ, QUIET: "1", "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        with self.log.open("a") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "agents.worker", str(self.runs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )
        self.processes.append(process)
        return process

    def _give(self, job: Job, process: subprocess.Popen[str]) -> None:
        """Hands one job to a worker and waits for its answer."""
        assert process.stdin is not None and process.stdout is not None
        job.state = RUNNING
        try:
            process.stdin.write(json.dumps(job.spec.to_json()) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            process.kill()
            process.wait()
            answer = {"error": f"the worker ended with exit code {process.returncode}; see {self.log}"}
        job.result, job.error = answer.get("result", {}), answer.get("error", "")
        job.state = FAILED if job.error else DONE

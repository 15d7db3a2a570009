"""One training from its specification to its record: budget, metrics, evaluations, checkpoints and the result.

An algorithm's `train` keeps the order of events and leaves the rest to a `Run`:

    run, config = Run.begin(spec, run_dir, Config)
    env = run.make_vec(num_envs)
    ...
    run.track(policy=policy, optimizer=optimizer, collector=collector)
    for batch in run.batches(collector, policy):
        run.record(policy, batch, update(...))
    return run.finish(policy)

A checkpoint is written at every evaluation (each 5 % of the budget). A run that is killed at any moment and started
again goes on from its last checkpoint, its records cut back to it, and ends with the same parameters as one that
was not (on a CPU, with one thread or deterministic kernels).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents import checkpoints
from agents.configuration import ConfigType, make_config
from agents.device_use import device_use
from agents.examination import ActionProbabilities, Examiner, Probabilities
from agents.materials import Materials
from agents.metrics import Averages
from agents.naming import label_of
from agents.optimisation import refuse_divergence
from agents.policies import Policy
from agents.progress import TrainingProgress
from agents.rollouts.batch import Batch
from agents.rollouts.collector import Collector
from agents.run_checkpoint import RunCheckpoint, Standing
from agents.runtime import using_threads
from agents.trackers import Tracker
from rlenvs.leaderboard.curves import area_under_curve
from rlenvs.leaderboard.episodes import save_actions
from rlenvs.leaderboard.records import RunDirectory, RunSpec

POLICY = "policy.pt"


class Run(Materials):
    """The frame around one algorithm.

    Args:
        spec: what to train.
        run_dir: where the record stands; that of an unfinished run of the same spec is resumed.

    Raises:
        ValueError: the protocol, environment or device does not exist.
        ImportError: a tracker was asked for that is not installed.
    """

    def __init__(self, spec: RunSpec, run_dir: str | Path) -> None:
        super().__init__(spec)
        self.run_dir = Path(run_dir)
        self.threads = torch.get_num_threads()
        self.collecting_threads = 1
        self.evaluations: list[tuple[int, float]] = []
        self.averages = Averages()
        self.diagnosis: Callable[[], dict[str, Tensor]] = dict
        self.parts: dict[str, Any] = {}
        self.checkpoint: RunCheckpoint | None = None
        self.examiner = Examiner(spec)
        self.eval_env = self.examiner.env
        self.tracker = Tracker()
        self.display = TrainingProgress(f"{spec.environment()} {label_of(spec)} seed {spec.seed}", spec.budget)

    @classmethod
    def begin(cls, spec: RunSpec, run_dir: str | Path, config_class: type[ConfigType]) -> tuple[Run, ConfigType]:
        """The run and its configuration in the agent's own class, checked."""
        return cls(spec, run_dir), make_config(config_class, spec.config)

    @cached_property
    def directory(self) -> RunDirectory:
        """The record on disk, opened when it is first needed: settings that cannot work leave nothing behind.

        Raises:
            ValueError: the directory belongs to another spec, or the spec breaks its protocol.
        """
        return RunDirectory.open(self.run_dir, self.spec)

    def track(self, **parts: Any) -> None:
        """Names what a checkpoint holds; resumes from the run's own checkpoint, or scores the untrained `policy`.

        Without parts there are no checkpoints: a run that is killed begins again.

        Raises:
            ValueError: the budget is too small for one batch, or the checkpoint is another agent's.
        """
        self.parts = parts
        self.check_budget(max((getattr(part, "most_steps", 0) for part in parts.values()), default=0))
        self.checkpoint = RunCheckpoint(self.directory, parts, self.generator) if parts else None
        standing = self.checkpoint.resume() if self.checkpoint else None
        if standing is not None:
            self.env_steps, self.evaluations, self.before_s = standing
            self.tracker.open(self.directory.path, self.env_steps + 1)
            self.started = time.perf_counter()
        else:
            self.directory.cut_back({})
            self.tracker.open(self.directory.path, 0)
            self.started = time.perf_counter()
            if hasattr(parts.get("policy"), "observe"):
                self.evaluate(ActionProbabilities(parts["policy"]))

    def batches(self, collector: Collector, policy: Any) -> Iterator[Batch]:
        """Batches of the policy's own play until the budget is used; each has to be recorded before the next.

        A batch that does not fit into what is left of the budget is not learned from; its steps count.

        Raises:
            ValueError: not even the first one fits.
        """
        while True:
            with using_threads(self.collecting_threads):
                batch = collector.collect(policy, self.spec.budget - self.env_steps)
            if batch is None:
                break
            yield batch
        if not self.env_steps:
            self.check_budget(self.spec.budget + 1)
        self.env_steps += collector.dropped

    @contextmanager
    def updating(self, policy: Policy) -> Iterator[None]:
        """Takes the time of an update; that of a large network computes with all of the process's threads."""
        with self.clock("update"), using_threads(self.threads if policy.is_large else 1):
            yield

    def record(
        self,
        policy: Policy,
        batch: Batch,
        metrics: dict[str, float | Tensor],
        diagnosis: Callable[[], dict[str, Tensor]] = dict,
    ) -> None:
        """Counts a batch, keeps its metrics and, where 5 % of the budget have passed, evaluates and saves.

        Args:
            policy: after the update.
            batch: what it learned from.
            metrics: of the update; their means between two evaluations are recorded.
            diagnosis: measures the update, called at evaluations only; like them it costs no training time.

        Raises:
            ValueError: the training diverged; on a GPU this is seen at evaluations.
        """
        steps = self.cost_of(batch)
        every = self.examiner.rules.eval_every(self.spec.budget)
        due = (self.env_steps + steps) // every > self.env_steps // every
        self.env_steps += steps
        self.averages.add({**metrics, **device_use(self.device)})
        if self.device.type == "cpu":  # elsewhere reading them would wait for the device
            refuse_divergence(metrics, *self._standing())
        self.diagnosis = diagnosis
        if due:
            self.evaluate(ActionProbabilities(policy))
        else:
            self.display.show(self.env_steps, {})

    def cost_of(self, batch: Batch) -> int:
        """What a batch takes from the budget: its environment steps."""
        return int(batch.mask.sum())

    def evaluate(self, probabilities: Probabilities) -> float:
        """Scores the policy, writes a row of metrics and a checkpoint.

        Exact where the environment's states can be enumerated; elsewhere the mean return of fresh episodes.

        Raises:
            ValueError: the training diverged: nothing is written.
        """
        averages = self.averages.pop()
        refuse_divergence(averages, *self._standing(), self.parts.get("policy"))
        with self.clock("evaluation"), using_threads(self.collecting_threads):
            scores = self._scores(probabilities)
            diagnosis = {name: float(value) for name, value in self.diagnosis().items()}
        refuse_divergence(scores | diagnosis, *self._standing())  # finite weights too may write nothing but NaN
        self.evaluations.append((self.env_steps, scores["score"]))
        row = {"step": self.env_steps, "wall_s": round(self.wall_s, 4), **scores}
        row |= averages | diagnosis | self.clock.shares()
        for part in self.parts.values():
            row |= part.statistics.pop() if hasattr(part, "statistics") else {}
        self.directory.append("metrics", [row])
        self.tracker.log(row)
        self.display.show(self.env_steps, row)
        if self.checkpoint is not None:
            with self.clock("checkpoint"):
                self.checkpoint.save(Standing(self.env_steps, self.evaluations, self.wall_s))
        return scores["score"]

    def finish(self, policy: Policy) -> dict[str, Any]:
        """Evaluates once more, plays and records the evaluation's episodes, saves the policy and closes the record."""
        refuse_divergence({}, *self._standing(), policy)
        checkpoints.save_atomically(policy.checkpoint(), self.directory.path / POLICY)
        return self.finish_with(ActionProbabilities(policy), (POLICY,), policy.description)

    def finish_with(
        self,
        probabilities: Probabilities,
        artifacts: tuple[str, ...] = (),
        description: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """`finish` for policies of any make.

        Args:
            probabilities: the policy.
            artifacts: names of its files in the run's directory.
            description: what else the record's result tells about it.
        """
        if not self.evaluations or self.evaluations[-1][0] != self.env_steps:
            self.evaluate(probabilities)
        wall_s = self.wall_s
        scores, episodes, table = self.examiner.final(probabilities, self.env_steps)
        save_actions(self.directory.path / "actions.npz", episodes, table)
        self.directory.append("episodes", episodes.rows)
        result: dict[str, Any] = {"label": label_of(self.spec)} | scores | dict(description or {})
        result |= {"episodes_mean_return": episodes.mean_return, "env_steps": self.env_steps, "wall_s": wall_s}
        steps, curve = np.array(self.evaluations).T
        result["auc"] = area_under_curve(steps, curve, self.spec.budget)
        result["env_steps_per_s"] = self.env_steps / max(wall_s, 1e-9)
        self.directory.finish(result, artifacts=artifacts)
        self.display.close()
        self.tracker.close()
        return result

    def _scores(self, probabilities: Probabilities) -> dict[str, float]:
        return self.examiner.scores(probabilities, self.env_steps)

"""The checkpoint of one run: what is saved at every evaluation, and what a run that was killed goes on from."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from agents import checkpoints
from rlenvs.leaderboard.reading import CHECKPOINT
from rlenvs.leaderboard.records import RunDirectory


class Standing(NamedTuple):
    """How far a run has come.

    Attributes:
        env_steps: taken from the budget.
        evaluations: environment steps and score of each.
        wall_s: seconds of training.
    """

    env_steps: int
    evaluations: list[tuple[int, float]]
    wall_s: float


class RunCheckpoint:
    """Keeps the tracked parts of a run, its generator and how far it has come.

    Args:
        directory: the run's; its rows are cut back to the checkpoint when the run is resumed.
        parts: what decides the rest of the training, see `checkpoints.snapshot`.
        generator: the run's own.
    """

    def __init__(self, directory: RunDirectory, parts: dict[str, Any], generator: torch.Generator) -> None:
        self.directory = directory
        self.path = directory.path / CHECKPOINT
        self.parts = parts
        self.generator = generator

    def save(self, standing: Standing) -> None:
        """Writes everything, in place of the checkpoint before; a run killed meanwhile still has that one."""
        state = {
            "run_id": self.directory.spec.run_id,
            "parts": checkpoints.snapshot(self.parts),
            "generator": self.generator.get_state(),
            "env_steps": standing.env_steps,
            "evaluations": [list(pair) for pair in standing.evaluations],
            "offsets": self.directory.offsets(),
            "wall_s": standing.wall_s,
        }
        checkpoints.save_atomically(state, self.path)

    def resume(self) -> Standing | None:
        """Puts everything back and cuts the record back to it; None where nothing was saved yet.

        Raises:
            ValueError: the file is damaged, or the checkpoint of another run or of other parts.
        """
        if not self.path.exists():
            return None
        state = checkpoints.load(self.path)
        run_id = self.directory.spec.run_id
        if state.get("run_id") != run_id:
            raise ValueError(
                f"checkpoint {self.path} is of run {state.get('run_id')}, not of "
                f"{run_id}; choose another directory, or delete it to train again"
            )
        checkpoints.restore(self.parts, state["parts"])
        self.generator.set_state(state["generator"])
        self.directory.cut_back(state["offsets"])
        evaluations = [(int(step), float(score)) for step, score in state["evaluations"]]
        return Standing(state["env_steps"], evaluations, state["wall_s"])

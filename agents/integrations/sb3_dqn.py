"""Stable-Baselines3's DQN as an agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from stable_baselines3 import DQN

from agents.integrations.sb3 import SB3Config, load_sb3, train_sb3
from rlenvs.leaderboard.records import RunSpec


@dataclass(frozen=True)
class Config(SB3Config):
    """SB3's settings under SB3's names."""

    buffer_size: int = 50_000
    learning_starts: int = 1_000
    batch_size: int = 128
    train_freq: int = 4
    gradient_steps: int = 1
    target_update_interval: int = 500
    exploration_fraction: float = 0.3
    exploration_final_eps: float = 0.05
    num_envs: int = 4
    learning_rate: float = 1e-3


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    return train_sb3(DQN, Config, spec, run_dir)


def load_policy(run_dir: Path) -> Callable[[NDArray], NDArray]:
    """The recorded policy as a function of observations to action probabilities."""
    return load_sb3(DQN, run_dir)

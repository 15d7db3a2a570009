"""Stable-Baselines3's A2C as an agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from stable_baselines3 import A2C

from agents.integrations.sb3 import SB3Config, load_sb3, train_sb3
from rlenvs.leaderboard.records import RunSpec


@dataclass(frozen=True)
class Config(SB3Config):
    """SB3's settings under SB3's names."""

    n_steps: int = 16
    gae_lambda: float = 1.0
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    normalize_advantage: bool = False
    use_rms_prop: bool = True
    num_envs: int = 32
    learning_rate: float = 3e-3


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    return train_sb3(A2C, Config, spec, run_dir)


def load_policy(run_dir: Path) -> Callable[[NDArray], NDArray]:
    """The recorded policy as a function of observations to action probabilities."""
    return load_sb3(A2C, run_dir)

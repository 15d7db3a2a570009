"""Stable-Baselines3's PPO as an agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from stable_baselines3 import PPO

from agents.integrations.sb3 import SB3Config, load_sb3, train_sb3
from rlenvs.leaderboard.records import RunSpec


@dataclass(frozen=True)
class Config(SB3Config):
    """SB3's settings under SB3's names."""

    n_steps: int = 32
    batch_size: int = 256
    n_epochs: int = 4
    gae_lambda: float = 0.95
    clip_range: float = 0.2
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    normalize_advantage: bool = True
    num_envs: int = 64
    learning_rate: float = 3e-3


PRESETS: dict[str, dict[str, Any]] = {
    "atari": {  # RL Baselines3 Zoo's settings for Atari
        "num_envs": 8,
        "n_steps": 128,
        "batch_size": 256,
        "n_epochs": 4,
        "learning_rate": 2.5e-4,
        "learning_rate_end": 0.0,
        "clip_range": 0.1,
    },
    # Advantages stay as they are: divided by their deviation, which shrinks as problems are solved, they would drown
    # the entropy bonus, and with it the search for answers that have never been paid.
    "token": {
        "num_envs": 1024,
        "n_steps": 8,
        "batch_size": 2048,
        "hidden": (256, 256),
        "activation": "relu",
        "learning_rate": 1e-3,
        "learning_rate_end": 0.1,
        "normalize_advantage": False,
        "ent_coef": 0.03,
        "gamma": 1.0,
        "gae_lambda": 1.0,
    },
}


def train(spec: RunSpec, run_dir: Path) -> dict[str, Any]:
    """Trains to the budget of `spec`; the record stands in `run_dir`."""
    return train_sb3(PPO, Config, spec, run_dir)


def load_policy(run_dir: Path) -> Callable[[NDArray], NDArray]:
    """The recorded policy as a function of observations to action probabilities."""
    return load_sb3(PPO, run_dir)

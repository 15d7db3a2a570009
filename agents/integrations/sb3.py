"""Stable-Baselines3 algorithms as agents: same environments, budgets, evaluations and records as ours.

SB3 gets the vector environments of our own agents through `rlenvs.integrations.sb3` (`vectorisation="native"`), or its
own DummyVecEnv of single environments. A run that is killed starts again from the beginning: SB3 saves no generator
states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.vec_env import VecEnv

from agents.optimisation import scheduled
from agents.runs import Run
from rlenvs.integrations.sb3 import SB3VecEnv
from rlenvs.leaderboard.records import RunSpec

POLICY = "policy.zip"
OURS = (
    "num_envs", "vectorisation", "variant", "policy", "hidden", "activation", "learning_rate", "learning_rate_end",
    "device",
)  # fmt: skip
ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}


@dataclass(frozen=True)
class SB3Config:
    """Settings of every SB3 algorithm here; the others are SB3's own, under SB3's names.

    Attributes:
        num_envs: environments side by side (SB3's `n_envs`).
        vectorisation: `native`: what `Run.make_vec` makes, behind an adapter; `dummy`: SB3's DummyVecEnv.
        policy: SB3's name of the policy class; `auto`: `CnnPolicy` (Nature's network) for images, else `MlpPolicy`.
        hidden: units per hidden layer (SB3's `net_arch`); behind Nature's network none come.
        activation: behind each of them.
        learning_rate: step size at the start.
        learning_rate_end: share of it that is left at the end of the budget, reached linearly; 1 keeps it constant.
        gamma: discount factor.
        device: `cpu`, `cuda` or `auto`.
        variant: a word that tables add to the agent's name.
    """

    num_envs: int = 8
    vectorisation: Literal["native", "dummy"] = "native"
    policy: str = "auto"
    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["tanh", "relu"] = "tanh"
    learning_rate: float = 3e-4
    learning_rate_end: float = 1.0
    gamma: float = 0.99
    device: str = "cpu"
    variant: str = ""


def train_sb3(
    algorithm: type[BaseAlgorithm], config_class: type[SB3Config], spec: RunSpec, run_dir: Path
) -> dict[str, Any]:
    """Trains an SB3 algorithm to the budget of `spec`; the record stands in `run_dir`.

    Raises:
        ValueError: settings that SB3 refuses, or a budget below one of its batches.
    """
    run, config = Run.begin(spec, run_dir, config_class)
    env = _environment(run, config)
    settings = {name: value for name, value in asdict(config).items() if name not in OURS}
    images = is_image_space(env.observation_space)
    settings["policy"] = ("CnnPolicy" if images else "MlpPolicy") if config.policy == "auto" else config.policy
    layers = {"net_arch": list(config.hidden), "activation_fn": ACTIVATIONS[config.activation]}
    settings["policy_kwargs"] = {} if settings["policy"] == "CnnPolicy" else layers
    settings["learning_rate"] = lambda left: scheduled(config.learning_rate, config.learning_rate_end, 1 - left)
    try:
        model = algorithm(env=env, seed=spec.seed, device=config.device, **settings)
    except AssertionError as error:
        raise ValueError(f"config of {spec.agent}: {error}") from error
    rollout = config.num_envs * int(settings.get("n_steps") or settings["train_freq"])
    run.check_budget(rollout)
    run.track()
    run.evaluate(probabilities_of(model))
    model.learn(spec.budget // rollout * rollout, callback=_Evaluations(run))
    model.save(run.directory.path / POLICY)
    env.close()
    parameters = sum(parameter.numel() for parameter in model.policy.parameters())
    description = {"parameters": parameters, "precision": "float32"}
    return run.finish_with(probabilities_of(model), (POLICY,), description)


def probabilities_of(model: BaseAlgorithm) -> Callable[[NDArray], NDArray]:
    """The model's policy as a function of observations: a distribution, or one-hot for greedy value-based agents."""
    policy: Any = model.policy

    def probabilities(observations: NDArray) -> NDArray:
        with torch.no_grad():
            tensor, _ = policy.obs_to_tensor(np.asarray(observations))
            if hasattr(policy, "get_distribution"):
                return policy.get_distribution(tensor).distribution.probs.double().cpu().numpy()
            values = policy.q_net(tensor)
            return torch.nn.functional.one_hot(values.argmax(-1), values.shape[-1]).double().cpu().numpy()

    return probabilities


class _Evaluations(BaseCallback):
    """Evaluates at every 5 % of the budget, like our own agents."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.every = run.examiner.rules.eval_every(run.spec.budget)

    def _on_step(self) -> bool:
        due = self.num_timesteps // self.every > self.run.env_steps // self.every
        self.run.env_steps = self.num_timesteps
        if due:
            self.run.averages.add(self._metrics())
            self.run.evaluate(probabilities_of(self.model))
        return True

    def _metrics(self) -> dict[str, float | torch.Tensor]:
        logged = self.model.logger.name_to_value
        metrics: dict[str, float | torch.Tensor] = {}
        if "train/entropy_loss" in logged:
            metrics["entropy"] = -float(logged["train/entropy_loss"])
        if self.model.ep_info_buffer:
            metrics["rollout/ep_rew_mean"] = float(np.mean([info["r"] for info in self.model.ep_info_buffer]))
        return metrics


def _environment(run: Run, config: SB3Config) -> VecEnv:
    spec, actions = run.spec, run.eval_env.action_space
    if not isinstance(actions, spaces.Discrete):
        raise ValueError(f"action_space={actions}: agents act in Discrete spaces only; wrap the environment")
    if config.vectorisation == "dummy":
        return make_vec_env(spec.env_id, config.num_envs, seed=spec.seed, env_kwargs=dict(spec.env_kwargs))
    env = SB3VecEnv(run.make_vec(config.num_envs))
    env.seed(spec.seed)
    return env


def load_sb3(algorithm: type[BaseAlgorithm], run_dir: Path) -> Callable[[NDArray], NDArray]:
    """The recorded policy of a finished run.

    Raises:
        ValueError: the file is not there.
    """
    path = run_dir / POLICY
    if not path.is_file():
        raise ValueError(f"{path} is missing: finish the run, or train it again with --force")
    return probabilities_of(algorithm.load(path, device="cpu"))


__all__ = ["SB3Config", "load_sb3", "probabilities_of", "train_sb3"]

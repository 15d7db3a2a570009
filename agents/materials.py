"""What a training is made of, by its specification and seed: environments, collectors, a policy, budget and time."""

from __future__ import annotations

import time
from typing import Any

import gymnasium as gym
import torch
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

import rlenvs
from agents.policies import ActorCritic, PolicyConfig, build_policy
from agents.policies.observation_statistics import fit_observation_statistics
from agents.rollouts.clock import Clock
from agents.rollouts.collector import Collector
from agents.rollouts.episodes import EpisodeCollector
from agents.rollouts.segments import SegmentCollector
from agents.runtime import pick_device
from rlenvs.leaderboard.records import RunSpec

STATISTICS_ENVS, STATISTICS_STEPS = 8, 8192  # random play that `normalize_observations` measures


class Materials:
    """Makes what one training needs.

    Args:
        spec: what to train.

    Attributes:
        device: where networks compute.
        generator: what sampling draws from, on the device.
        clock: the seconds of environment, inference and update.
        env_steps: taken from the budget so far, those that making a policy took included.
        before_s: seconds of training that `wall_s` adds: of making a policy, and before the run was resumed.
        started: when training began or was resumed, on the clock of `time.perf_counter`.
        unit: what a batch costs, as errors name it.

    Raises:
        ValueError: the device does not exist.
    """

    unit = "environment steps"

    def __init__(self, spec: RunSpec) -> None:
        rlenvs.register_envs()
        self.spec = spec
        self.device = pick_device(str(spec.config.get("device", "auto")))
        self.generator = torch.Generator(self.device).manual_seed(spec.seed)
        self.clock = Clock()
        self.env_steps = 0
        self.before_s = 0.0
        self.started: float | None = None
        self.pixel_statistics: tuple[NDArray, NDArray] | None = None

    def make_vec(self, num_envs: int, **arguments: Any) -> VectorEnv:
        """The specification's vector environment: our native one, or SyncVectorEnv for anybody else's environment.

        Not others' native ones: several ignore seed lists, reset masks or what `reset` must forget.
        """
        kwargs = {**self.spec.env_kwargs, **arguments}
        mode = None if self.is_ours else "sync"
        return gym.make_vec(self.spec.env_id, num_envs=num_envs, vectorization_mode=mode, **kwargs)

    def make_groups(self, groups: int, group_size: int) -> VectorEnv:
        """A vector environment of `groups * group_size` members for `EpisodeCollector`."""
        return self.make_vec(groups * group_size, **({"group_size": group_size} if self.is_ours else {}))

    @property
    def is_ours(self) -> bool:
        """Whether the environment is one of this suite's, with groups and states that can be saved."""
        return self.spec.env_id.startswith("rlenvs/")

    def segments(self, env: VectorEnv, num_steps: int) -> Collector:
        """What A2C and PPO learn from: slices of `num_steps` steps of endless play."""
        return SegmentCollector(env, num_steps, self.generator, self.spec.seed, self.clock)

    def episodes(self, env: VectorEnv, group_size: int, greedy_baseline: bool = False) -> Collector:
        """What REINFORCE and GRPO learn from: whole episodes in groups from one start.

        Raises:
            ValueError: a greedy baseline, which language models alone have.
        """
        if greedy_baseline:
            raise ValueError("config baseline='greedy': it is for network=causal_lm; choose step, batch or critic")
        return EpisodeCollector(env, group_size, self.generator, self.spec.seed, self.clock)

    def make_policy(self, env: VectorEnv, config: PolicyConfig) -> Any:
        """A new policy on the run's device, initialised from the run's seed."""
        seed = self.spec.seed
        policy = build_policy(env.single_observation_space, env.single_action_space, config, seed, self.device)
        if config.normalize_observations and policy.pixels is not None:
            self.pixel_statistics = self.pixel_statistics or self._measure_pixels(policy)
            policy.pixels.normalize(*self.pixel_statistics)
        return policy

    def _measure_pixels(self, policy: ActorCritic) -> tuple[NDArray, NDArray]:
        """Mean and deviation of every pixel in random play; its steps and seconds count as training."""
        started = time.perf_counter()
        env = self.make_vec(STATISTICS_ENVS)
        actions = torch.Generator().manual_seed(self.spec.seed)
        mean, deviation, steps = fit_observation_statistics(
            env, policy.observe, STATISTICS_STEPS, actions, self.spec.seed
        )
        env.close()
        self.env_steps += steps
        self.before_s += time.perf_counter() - started
        return mean, deviation

    @property
    def progress(self) -> float:
        """The share of the budget that is used, 0 to 1."""
        return self.env_steps / self.spec.budget

    def check_budget(self, batch_steps: int) -> None:
        """Raises ValueError if not even one batch of `batch_steps` of the run's unit fits into the budget."""
        if self.env_steps + batch_steps > self.spec.budget:
            pixels = f"{self.env_steps:,} are taken to measure pixels, and " if self.env_steps else ""
            raise ValueError(
                f"budget={self.spec.budget}: {pixels}one batch of {self.spec.agent} may take {batch_steps:,} "
                f"{self.unit} or more; raise the budget or make the batch smaller with --set"
            )

    @property
    def wall_s(self) -> float:
        """Seconds of training so far, resumed parts included, without evaluations and checkpoints."""
        now = 0.0 if self.started is None else time.perf_counter() - self.started
        return self.before_s + now - self.clock.seconds["evaluation"] - self.clock.seconds["checkpoint"]

    def _standing(self) -> tuple[Any, str]:
        """The learning rate and how far the training is, as errors name them."""
        return self.spec.config.get("learning_rate"), f"at {self.env_steps:,} {self.unit}"

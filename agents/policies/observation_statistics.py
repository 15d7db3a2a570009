"""Mean and deviation of every pixel in random play: what `normalize_observations` standardises with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray


def fit_observation_statistics(
    env: VectorEnv,
    observe: Callable[[NDArray], torch.Tensor],
    steps: int,
    generator: torch.Generator,
    seed: int,
) -> tuple[NDArray, NDArray, int]:
    """Plays uniformly random actions and measures bytes / 255.

    Args:
        env: autoreset NEXT_STEP or SAME_STEP, observations of bytes, Discrete actions.
        observe: what a policy makes of observations before they are numbers, `ActorCritic.observe`.
        steps: environment steps to play at least.
        generator: draws the actions, on a CPU.
        seed: of the environments' reset.

    Returns:
        Mean and deviation, each of one observed observation's shape in float64, and the number of steps played.
    """
    assert isinstance(env.single_action_space, spaces.Discrete)
    observations, _ = env.reset(seed=seed)
    total, squares, count = np.zeros(()), np.zeros(()), 0
    while count < steps:
        seen = observe(observations).cpu().numpy() / 255
        total = total + seen.sum(axis=0)
        squares = squares + np.square(seen).sum(axis=0)
        count += env.num_envs
        actions = torch.randint(int(env.single_action_space.n), (env.num_envs,), generator=generator)
        observations, *_ = env.step(actions.numpy())
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - np.square(mean), 0.0)), count

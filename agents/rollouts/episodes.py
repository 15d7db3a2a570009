"""Whole episodes, in groups that begin in the same state: the collector of REINFORCE (groups of one) and GRPO.

A native vector environment made with `group_size=G` clones the state and the generator of each group's leader, so
members differ by their actions alone. For anybody else's environment every member of a group is reset with the same
seed, which is the same start only if the environment draws nothing afterwards: *equal seeds need not be equal
states*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray
from torch import Tensor

from agents.policies.actor_critic import ActorCritic, Behaviour
from agents.rollouts.batch import Batch
from agents.rollouts.clock import Clock
from agents.rollouts.returns import EpisodeStatistics
from agents.rollouts.sampling import sample_actions
from agents.rollouts.stacking import Steps


class EpisodeCollector:
    """Plays P groups of G episodes from their start to their end.

    Finished members wait, masked; the network sees only those still playing. In somebody else's environment they go on
    into episodes that nobody counts (NEXT_STEP autoreset), until the longest one ends.

    Args:
        env: P * G environments; native ones made with `group_size=G`.
        group_size: G.
        generator: draws the actions.
        seed: of the sequence of start seeds, one a group and batch.
        clock: takes the time of the environment and of the network.

    Attributes:
        dropped: steps of the last batch where its limit cut it off.

    Raises:
        ValueError: `group_size` does not divide the number of environments or differs from the environment's own.
    """

    def __init__(self, env: VectorEnv, group_size: int, generator: torch.Generator, seed: int, clock: Clock) -> None:
        if group_size < 1 or env.num_envs % group_size:
            raise ValueError(f"group_size={group_size} does not divide num_envs={env.num_envs}; choose a divisor")
        self.native = hasattr(env, "group_size")
        if self.native and env.group_size != group_size:  # type: ignore[attr-defined]
            raise ValueError(f"env has group_size={env.group_size}, the collector {group_size}; make them equal")  # type: ignore[attr-defined]
        if not self.native and env.metadata.get("autoreset_mode") != AutoresetMode.NEXT_STEP:
            raise ValueError("env must autoreset NEXT_STEP (or take group_size): episodes need not end together")
        self.env, self.group_size, self.generator, self.clock = env, group_size, generator, clock
        self.start_seeds = np.random.default_rng(seed)
        self.statistics = EpisodeStatistics(env.num_envs)
        self.longest, self.dropped = 0, 0

    def _reset(self) -> NDArray:
        groups = self.env.num_envs // self.group_size
        seeds = self.start_seeds.integers(2**31, size=groups).tolist()
        if not self.native:
            seeds = [seed for seed in seeds for _ in range(self.group_size)]
        observations, _ = self.env.reset(seed=seeds)
        self.statistics.clear()
        return np.asarray(observations)

    def collect(self, policy: ActorCritic, limit: int | None = None) -> Batch | None:
        """Plays every environment for one episode.

        Returns:
            A Batch of P * G rows, as long as the longest episode; `values` and `next_values` where there is a critic.
            None where the episodes together take more than `limit` environment steps: leaving out those that did not
            end would favour short ones.
        """
        observations = self._reset()
        taken = 0
        playing = np.ones(self.env.num_envs, dtype=np.bool_)
        steps = Steps()
        with torch.no_grad():
            behaviour = policy.behaviour(self.env.num_envs * max(self.longest, 1))
            while playing.any():
                if limit is not None and taken + playing.sum() > limit:
                    self.dropped = taken
                    return None
                taken += int(playing.sum())
                with self.clock("inference"):
                    frame = policy.observe(observations)
                    actions = self._act(behaviour, frame, playing, steps)
                with self.clock("env"):
                    observations, rewards, end, cut, _ = self.env.step(actions.cpu().numpy())
                rewards, end, cut = rewards * playing, end & playing, cut & playing
                self.statistics.add(rewards, end | cut, playing)
                steps.observations.append(frame)
                steps.actions.append(actions)
                steps.numbers.append((rewards, end, cut, playing))
                playing = playing & ~(end | cut)
            self.longest = max(self.longest, len(steps.numbers))
            with self.clock("inference"):
                rows = torch.arange(self.env.num_envs, device=frame.device)
                return steps.batch(policy, policy.observe(observations), rows // self.group_size)

    def _act(self, behaviour: Behaviour, frame: Tensor, playing: NDArray, steps: Steps) -> Tensor:
        """Draws actions `[B]`; keeps what they were drawn from, and zeros for members that wait."""
        index = torch.from_numpy(np.flatnonzero(playing)).to(frame.device)
        log_policy, _ = behaviour(frame[index])
        uniforms = torch.rand(len(index), generator=self.generator, device=self.generator.device)
        rows, chosen = len(playing), sample_actions(log_policy, uniforms)
        steps.log_policy.append(_spread(log_policy, index, rows))
        return _spread(chosen, index, rows)

    def checkpoint(self) -> dict[str, Any]:
        """What decides the next batch: every batch begins with a seeded reset, so no environment is saved."""
        return {
            "start_seeds": dict(self.start_seeds.bit_generator.state),
            "longest": self.longest,
            "statistics": self.statistics.checkpoint(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from `checkpoint()`."""
        self.start_seeds.bit_generator.state = state["start_seeds"]
        self.longest = state["longest"]
        self.statistics.resume(state["statistics"])


def _spread(numbers: Tensor, index: Tensor, rows: int) -> Tensor:
    """Row i to row `index[i]` of `rows`; zeros elsewhere."""
    if len(index) == rows:
        return numbers
    return numbers.new_zeros(rows, *numbers.shape[1:]).index_copy(0, index, numbers)

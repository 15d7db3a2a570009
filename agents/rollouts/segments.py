"""Fixed-length slices of endless play: the collector of A2C and PPO.

The vector environment autoresets in the NEXT_STEP manner (Gymnasium's default): after an episode's last transition
one more step returns the first observation of the next episode and ignores its action. That slot gets mask 0. What
it buys: the observation that follows *every* real transition is in the batch, the final one included, so that
V(final observation) is there for a truncated episode without a special case.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from gymnasium.vector import AutoresetMode, VectorEnv

from agents.policies.actor_critic import ActorCritic
from agents.rollouts.batch import Batch
from agents.rollouts.clock import Clock
from agents.rollouts.returns import EpisodeStatistics
from agents.rollouts.sampling import sample_actions
from agents.rollouts.stacking import Steps


class SegmentCollector:
    """Plays N environments for T steps at a time, going on where it stopped.

    Args:
        env: N environments, autoreset NEXT_STEP.
        num_steps: T.
        generator: draws the actions.
        seed: of the environments' first reset.
        clock: takes the time of the environment and of the network.

    Attributes:
        dropped: steps that were taken and are in no batch: none.

    Raises:
        ValueError: the environment autoresets otherwise, or T is below 2: such a segment may hold nothing but resets.
    """

    def __init__(self, env: VectorEnv, num_steps: int, generator: torch.Generator, seed: int, clock: Clock) -> None:
        if num_steps < 2:
            raise ValueError(f"num_steps={num_steps}: choose at least 2, for a segment of one step may only reset")
        mode = env.metadata.get("autoreset_mode")
        if mode != AutoresetMode.NEXT_STEP:
            raise ValueError(f"env has autoreset_mode={mode}: segments need NEXT_STEP; make the environment with it")
        self.env, self.num_steps, self.generator, self.clock = env, num_steps, generator, clock
        self.statistics = EpisodeStatistics(env.num_envs)
        self.seed = seed
        self.resets, self.dropped = 0, 0
        self._restart()

    def _restart(self) -> None:
        observations, _ = self.env.reset(seed=self.seed + self.resets * self.env.num_envs)
        self.observations = np.asarray(observations)
        self.over = np.zeros(self.env.num_envs, dtype=np.bool_)
        self.statistics.clear()
        self.resets += 1

    def collect(self, policy: ActorCritic, limit: int | None = None) -> Batch | None:
        """Plays T steps.

        Returns:
            A Batch of N rows and T slots with `values` and `next_values` where the policy has a critic; None, and no
            step is taken, where it could hold more than `limit` environment steps.
        """
        if limit is not None and self.most_steps > limit:
            return None
        steps = Steps()
        with torch.no_grad():
            behaviour = policy.behaviour(self.most_steps)
            shape, device = (self.num_steps, self.env.num_envs), self.generator.device
            for uniforms in torch.rand(shape, generator=self.generator, device=device):
                with self.clock("inference"):
                    frame = policy.observe(self.observations)
                    log_policy, values = behaviour(frame)
                    actions = sample_actions(log_policy, uniforms)
                    steps.observations.append(frame)
                    steps.actions.append(actions)
                    steps.log_policy.append(log_policy)
                    if values is not None:
                        steps.values.append(values)
                    chosen = actions.cpu().numpy()
                mask = ~self.over
                with self.clock("env"):
                    self.observations, rewards, terminated, truncated, _ = self.env.step(chosen)
                self.over = terminated | truncated
                self.statistics.add(rewards, self.over, mask)
                steps.numbers.append((rewards, terminated, truncated, mask))
            with self.clock("inference"):
                final = policy.observe(self.observations)
                return steps.batch(policy, final, torch.arange(self.env.num_envs, device=final.device))

    @property
    def most_steps(self) -> int:
        """The largest number of environment steps that the next batch can hold."""
        return self.env.num_envs * self.num_steps

    def checkpoint(self) -> dict[str, Any]:
        """What decides the next batch. An environment that cannot be saved is reset here, resumed or not."""
        if not hasattr(self.env, "state"):
            self._restart()
            return {"resets": self.resets}
        return {
            "resets": self.resets,
            "env": self.env.state(),
            "observations": torch.from_numpy(np.array(self.observations)),
            "over": torch.from_numpy(self.over.copy()),
            "statistics": self.statistics.checkpoint(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from `checkpoint()`."""
        if "env" not in state:
            self.resets = state["resets"] - 1
            self._restart()
            return
        self.resets = state["resets"]
        self.env.restore(state["env"])  # type: ignore[attr-defined]
        self.observations = state["observations"].numpy()
        self.over = state["over"].numpy()
        self.statistics.resume(state["statistics"])

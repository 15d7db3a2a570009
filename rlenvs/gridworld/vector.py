"""The native vector environment: bit-identical to `SyncVectorEnv` of single environments with the same seeds.

Equal in observations, rewards, flags, infos and dtypes, in all three autoreset modes and with reset masks. Groups
(`group_size`) add what group-relative methods need: members that begin in the same state with the same generator.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from rlenvs.foundation import snapshots
from rlenvs.foundation.checks import one_of, positive_integer
from rlenvs.foundation.group_seeds import GroupSeeds
from rlenvs.foundation.vector_checks import (
    as_object_array,
    check_actions,
    check_autoreset_mode,
    check_group_size,
    check_groups_to_reset,
    check_seeds,
)
from rlenvs.gridworld import planning
from rlenvs.gridworld.backends import make_stepper
from rlenvs.gridworld.dynamics import BoolArray, FloatArray, IntArray
from rlenvs.gridworld.env import FRAME_TILE
from rlenvs.gridworld.observations import make_encoder
from rlenvs.gridworld.rendering import Painter, ansi
from rlenvs.gridworld.world import World
from rlenvs.gridworld.worlds import build_world

VectorStep = tuple[npt.NDArray[Any], FloatArray, BoolArray, BoolArray, dict[str, Any]]


class GridVectorEnv(VectorEnv[Any, Any, Any]):
    """N gridworlds stepped together; infos are empty but for `final_obs` and `final_info` in SAME_STEP.

    Attributes:
        world: the world that all members play.
        group_size: members of a group, or None.
    """

    metadata = {"render_modes": ["rgb_array", "ansi"], "render_fps": 8}

    def __init__(
        self,
        num_envs: int = 1,
        world: str | World = "grid_world",
        autoreset_mode: AutoresetMode | str | None = None,
        group_size: int | None = None,
        independent_noise: bool = False,
        backend: str = "numpy",
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        observation: str | None = None,
        **world_arguments: Any,
    ) -> None:
        """Make the environment.

        Args:
            num_envs: N.
            world: a name of `worlds.WORLDS`, or a ready World.
            autoreset_mode: NEXT_STEP (default), SAME_STEP or DISABLED, as an enum member or its value.
            group_size: member i belongs to group i // group_size; needs (and defaults to) DISABLED. Members of a
                group start with equal state and generator; those whose episode is over wait for the others.
            independent_noise: after the start give all members of a group but the first their own generators.
            backend: "numpy", or "numba": the same bits, two to three times faster after a second of compiling.
            max_episode_steps: a further step limit; the smaller one counts (None or -1: the world's alone).
            render_mode: "rgb_array", "ansi" or None.
            observation: as for `GridEnv`.
            **world_arguments: the world builder's arguments.

        Raises:
            TypeError: an unknown argument or one of the wrong type.
            ValueError: a bad value.
        """
        self.num_envs = positive_integer(num_envs, "num_envs")
        self.group_size = None if group_size is None else positive_integer(group_size, "group_size")
        check_group_size(self.group_size, self.num_envs)
        self.autoreset_mode = check_autoreset_mode(autoreset_mode, self.group_size)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        if render_mode is not None:
            one_of(render_mode, ("rgb_array", "ansi"), "render_mode")
        self.render_mode = render_mode
        self.world = _limited(build_world(world, **world_arguments), max_episode_steps)
        if independent_noise and group_size is None:
            raise ValueError("independent_noise=True needs a group_size: without groups noise is independent")
        self._independent_noise = independent_noise
        self._encoder = make_encoder(self.world, observation)
        self.single_observation_space = self._encoder.space
        self._num_actions = self.world.table.num_actions
        self.single_action_space = spaces.Discrete(self._num_actions)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._stepper = make_stepper(
            self.world, self.num_envs, self.autoreset_mode == AutoresetMode.SAME_STEP, backend
        )
        self._seeds = GroupSeeds(self._stepper.streams, self.group_size or 1, self.num_envs)
        self._terminated: BoolArray = np.zeros(self.num_envs, dtype=np.bool_)
        self._truncated: BoolArray = np.zeros(self.num_envs, dtype=np.bool_)
        self._has_begun = False
        self._painter: Painter | None = None

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Begin new episodes.

        Args:
            seed: s seeds member (or group) i with s + i; a list holds one seed, or None, a member (or group).
            options: `{"reset_mask": bool array [N]}` resets those members only (with groups: whole ones).

        Raises:
            TypeError: a seed or mask of the wrong type.
            ValueError: a bad seed or mask, or part of a group.
            ResetNeeded: a mask before the first reset.
        """
        size = self.group_size or 1
        groups = check_groups_to_reset(options, self.num_envs, size, self._has_begun)
        self._seeds.seed(groups.tolist(), check_seeds(seed, self.num_envs // size))
        leaders = groups * size
        self._stepper.restart(leaders)
        for rank in range(1, size):
            self._stepper.copy(leaders, leaders + rank)
            if self._independent_noise:
                for member in (leaders + rank).tolist():
                    self._stepper.streams.jump(member, rank)
        self._has_begun = True
        return self._encoder.encode(self._stepper.states), {}

    def step(self, actions: npt.ArrayLike) -> VectorStep:
        """Take one action a member.

        Raises:
            TypeError: the actions are no integers.
            ValueError: the actions have the wrong shape or are out of range.
            ResetNeeded: before the first reset; or after a member's end in DISABLED without groups.
        """
        if not self._has_begun:
            raise ResetNeeded("step was called before the first reset: call reset first")
        checked = check_actions(actions, self.num_envs, self._num_actions)
        if self.group_size is not None:
            return self._step_groups(checked)
        if self.autoreset_mode == AutoresetMode.DISABLED and self._stepper.over.size:
            member = self._stepper.over[0]
            raise ResetNeeded(f"step was called after the end of member {member}: reset it with a reset_mask")
        states, rewards, terminated, truncated, ended, final_states = self._stepper.step(checked)
        infos: dict[str, Any] = {}
        if self._stepper.restarts_at_once and ended.size:
            infos = self._final_infos(ended, final_states)
        return self._encoder.encode(states), rewards, terminated, truncated, infos

    def render(self) -> tuple[Any, ...] | None:
        """One frame or text a member; None without a render_mode."""
        if self.render_mode is None:
            return None
        states = self._stepper.states
        if self.render_mode == "ansi":
            return tuple(ansi(self.world, state) for state in states.tolist())
        if self._painter is None:
            self._painter = Painter(self.world, FRAME_TILE)
        return tuple(self._painter.paint(states))

    def state(self) -> bytes:
        """Positions, clocks, generators and flags of all members; `restore` continues from there exactly."""
        self._seeds.complete()
        return snapshots.pack(self._kind, self.world.fingerprint, self._snapshot())

    def restore(self, data: bytes) -> None:
        """Go to where `state` was called, in an environment made with the same arguments.

        Raises:
            TypeError: `data` is not bytes.
            ValueError: `data` is damaged or belongs to another environment.
        """
        arrays = snapshots.unpack(self._kind, self.world.fingerprint, data, self._snapshot())
        self._terminated, self._truncated, has_begun = arrays[:3]
        self._has_begun = bool(has_begun[0])
        self._stepper.load(*arrays[3:])
        self._seeds.forget()

    @property
    def step_limit(self) -> int:
        """The number of steps after which an episode is truncated."""
        return self.world.step_limit

    @property
    def num_states(self) -> int:
        """S."""
        return self.world.table.num_states

    def all_observations(self, start: int = 0, stop: int | None = None) -> npt.NDArray[Any]:
        """Observations of the states `start` to `stop` (None: S), batched `[n, ...]`."""
        return self._encoder.encode(np.arange(self.num_states)[start:stop])

    def exact_scores(self, probabilities: npt.ArrayLike) -> dict[str, float]:
        """The exact score of a policy `[S, A]`; see `planning.exact_scores`."""
        return planning.exact_scores(self.world, probabilities)

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # type: ignore[override]
        """Every member's seed (drawn now if there is none yet); -1 after `restore`."""
        return self._seeds.values

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """Every member's generator at its present position; drawing from these copies changes nothing."""
        return self._seeds.generators

    @property
    def _kind(self) -> str:
        """What a snapshot must agree in."""
        return f"{self.num_envs} gridworlds, {self.autoreset_mode.value}, groups of {self.group_size}"

    def _snapshot(self) -> list[npt.NDArray[Any]]:
        return [self._terminated, self._truncated, np.array([self._has_begun]), *self._stepper.snapshot()]

    def _step_groups(self, actions: IntArray) -> VectorStep:
        """DISABLED with groups: members whose episode is over wait, and their flags stay."""
        waiting = self._stepper.over
        states, rewards, terminated, truncated, *_ = self._stepper.step_active(actions)
        for flags, kept in ((terminated, self._terminated), (truncated, self._truncated)):
            flags[waiting] = kept[waiting]
            kept[...] = flags
        return self._encoder.encode(states), rewards, terminated, truncated, {}

    def _final_infos(self, ended: IntArray, final_states: IntArray) -> dict[str, Any]:
        """SAME_STEP: the infos about episodes that ended, in Gymnasium's format."""
        mask = np.zeros(self.num_envs, dtype=np.bool_)
        mask[ended] = True
        return {
            "final_obs": as_object_array(self._encoder.encode(final_states), ended, self.num_envs),
            "_final_obs": mask,
            "final_info": {},
            "_final_info": mask.copy(),
        }


def _limited(world: World, max_episode_steps: int | None) -> World:
    if max_episode_steps is None or max_episode_steps == -1:
        return world
    limit = positive_integer(max_episode_steps, "max_episode_steps")
    return replace(world, step_limit=limit) if limit < world.step_limit else world

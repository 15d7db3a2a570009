"""The native vector environment: bit-identical to `SyncVectorEnv` of single environments with the same seeds.

Equal in observations, rewards, flags, infos and dtypes, in all three autoreset modes and with reset masks. Groups
(`group_size`) add what group-relative methods need: members that begin in the same state with the same generator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from rlenvs.foundation import snapshots
from rlenvs.foundation.checks import positive_integer
from rlenvs.foundation.group_seeds import StreamSeeds
from rlenvs.foundation.vector_checks import as_object_array, check_actions
from rlenvs.foundation.vector_env import NativeVectorEnv
from rlenvs.gridworld import planning
from rlenvs.gridworld.backends import make_stepper
from rlenvs.gridworld.dynamics import BoolArray, FloatArray, IntArray
from rlenvs.gridworld.env import FRAME_TILE
from rlenvs.gridworld.observations import make_encoder
from rlenvs.gridworld.rendering import Painter, ansi
from rlenvs.gridworld.world import World
from rlenvs.gridworld.worlds import build_world

VectorStep = tuple[npt.NDArray[Any], FloatArray, BoolArray, BoolArray, dict[str, Any]]


class GridVectorEnv(NativeVectorEnv):
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
        super().__init__(num_envs, autoreset_mode, group_size, independent_noise, render_mode)
        self.world = _limited(build_world(world, **world_arguments), max_episode_steps)
        self._encoder = make_encoder(self.world, observation)
        self._num_actions = self.world.table.num_actions
        self._set_spaces(self._encoder.space, spaces.Discrete(self._num_actions))
        self._stepper = make_stepper(self.world, self.num_envs, self.autoreset_mode == AutoresetMode.SAME_STEP, backend)
        self._seeds = StreamSeeds(self._stepper.streams, self._size, self.num_envs)
        self._terminated: BoolArray = np.zeros(self.num_envs, dtype=np.bool_)
        self._truncated: BoolArray = np.zeros(self.num_envs, dtype=np.bool_)
        self._painter: Painter | None = None

    def step(self, actions: npt.ArrayLike) -> VectorStep:
        """Take one action a member.

        Raises:
            TypeError: the actions are no integers.
            ValueError: the actions have the wrong shape or are out of range.
            ResetNeeded: before the first reset; or after a member's end in DISABLED without groups.
        """
        self._check_begun("step")
        checked = check_actions(actions, self.num_envs, self._num_actions)
        if self.group_size is not None:
            return self._step_groups(checked)
        self._check_none_over(self._stepper.over)
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
        return self._kind_of("gridworlds")

    def _snapshot(self) -> list[npt.NDArray[Any]]:
        return [self._terminated, self._truncated, np.array([self._has_begun]), *self._stepper.snapshot()]

    def _begin_groups(
        self, groups: IntArray, seeds: Sequence[int | None], options: dict[str, Any]
    ) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        self._seeds.seed(groups.tolist(), seeds)
        leaders = groups * self._size
        self._stepper.restart(leaders)
        for rank in range(1, self._size):
            self._stepper.copy(leaders, leaders + rank)
            if self._independent_noise:
                for member in (leaders + rank).tolist():
                    self._stepper.streams.jump(member, rank)
        return self._encoder.encode(self._stepper.states), {}

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

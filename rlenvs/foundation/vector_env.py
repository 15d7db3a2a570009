"""What all native vector environments share: their arguments, groups, and how a reset begins.

Each is equal to `SyncVectorEnv` of single environments with the same seeds in observations, rewards, flags, infos and
dtypes, in all three autoreset modes and with reset masks. Groups (`group_size`) add what group-relative methods need:
members that begin alike.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from rlenvs.foundation.checks import one_of, positive_integer
from rlenvs.foundation.vector_checks import (
    check_autoreset_mode,
    check_group_size,
    check_groups_to_reset,
    check_seeds,
)

IntArray = npt.NDArray[np.int64]


class NativeVectorEnv(VectorEnv[Any, Any, Any]):
    """N environments of one kind stepped together.

    Attributes:
        group_size: members of a group, or None.
        autoreset_mode: when members whose episode is over begin the next one.
        reset_options: names of the options that `reset` takes beside `reset_mask`.
    """

    reset_options: tuple[str, ...] = ()

    def __init__(
        self,
        num_envs: int,
        autoreset_mode: AutoresetMode | str | None,
        group_size: int | None,
        independent_noise: bool,
        render_mode: str | None,
    ) -> None:
        """Check and keep what all kinds are told; `_set_spaces` has to follow.

        Args:
            num_envs: N.
            autoreset_mode: NEXT_STEP (default), SAME_STEP or DISABLED, as an enum member or its value.
            group_size: member i belongs to group i // group_size; needs (and defaults to) DISABLED.
            independent_noise: after the start give all members of a group but the first their own generators.
            render_mode: one of the class's modes for vector environments, or None.

        Raises:
            TypeError: an argument of the wrong type.
            ValueError: a bad value.
        """
        self.num_envs = positive_integer(num_envs, "num_envs")
        self.group_size = None if group_size is None else positive_integer(group_size, "group_size")
        check_group_size(self.group_size, self.num_envs)
        self.autoreset_mode = check_autoreset_mode(autoreset_mode, self.group_size)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        if render_mode is not None:
            one_of(render_mode, tuple(self.metadata["render_modes"]), "render_mode")
        self.render_mode = render_mode
        if independent_noise and group_size is None:
            raise ValueError("independent_noise=True needs a group_size: without groups noise is independent")
        self._independent_noise = independent_noise
        self._has_begun = False

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin new episodes.

        Args:
            seed: s seeds member (or group) i with s + i; a list holds one seed, or None, a member (or group).
            options: `{"reset_mask": bool array [N]}` resets those members only (with groups: whole ones); further
                ones are the class's own.

        Raises:
            TypeError: a seed, mask or option of the wrong type.
            ValueError: a bad seed, mask or option, or part of a group.
            ResetNeeded: a mask before the first reset.
        """
        own = {name: value for name, value in (options or {}).items() if name in self.reset_options}
        others = {name: value for name, value in (options or {}).items() if name not in own}
        groups = check_groups_to_reset(others, self.num_envs, self._size, self._has_begun)
        results = self._begin_groups(groups, check_seeds(seed, self.num_envs // self._size), own)
        self._has_begun = True
        return results

    @abstractmethod
    def _begin_groups(
        self, groups: IntArray, seeds: Sequence[int | None], options: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Seed and restart groups (members, where there are none).

        Args:
            groups: their numbers.
            seeds: one for every group of all.
            options: those of `reset_options` that were given, not checked yet.
        """

    def _set_spaces(self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> None:
        """Keep the spaces of one member, and make those of all."""
        self.single_observation_space, self.single_action_space = observation_space, action_space
        self.observation_space = batch_space(observation_space, self.num_envs)
        self.action_space = batch_space(action_space, self.num_envs)

    def _check_begun(self, call: str) -> None:
        """Raise ResetNeeded before the first reset."""
        if not self._has_begun:
            raise ResetNeeded(f"{call} was called before the first reset: call reset first")

    def _check_none_over(self, over: npt.NDArray[Any]) -> None:
        """Raise ResetNeeded in DISABLED without groups if the episode of a member has ended; `over` lists those."""
        if over.size and self.autoreset_mode == AutoresetMode.DISABLED and self.group_size is None:
            raise ResetNeeded(f"step was called after the end of member {over[0]}: reset it with a reset_mask")

    @property
    def _size(self) -> int:
        """Members that begin alike: 1 where there are no groups."""
        return self.group_size or 1

    def _kind_of(self, members: str) -> str:
        """What a snapshot must agree in."""
        return f"{self.num_envs} {members}, {self.autoreset_mode.value}, groups of {self.group_size}"

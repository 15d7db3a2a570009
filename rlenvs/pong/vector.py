"""The native vector environment: bit-identical to `SyncVectorEnv` of single environments with the same seeds.

Equal in observations, rewards, flags, infos and dtypes, in all three autoreset modes and with reset masks. Groups
(`group_size`) add what group-relative methods need: members that begin in the same state with the same generators.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import ClosedEnvironmentError
from gymnasium.vector import AutoresetMode

from rlenvs.foundation import snapshots
from rlenvs.foundation.checks import positive_integer
from rlenvs.foundation.group_seeds import GroupSeeds
from rlenvs.foundation.vector_checks import check_actions
from rlenvs.foundation.vector_env import IntArray, NativeVectorEnv
from rlenvs.pong import rendering
from rlenvs.pong.crew import BoolArray, Crew, Plan
from rlenvs.pong.emulator import check_installed
from rlenvs.pong.env import FRAMES_PER_SECOND
from rlenvs.pong.infos import infos, step_infos
from rlenvs.pong.observers import choose_compiled, observation_space
from rlenvs.pong.rules import make_rules
from rlenvs.pong.workers import make_crew, number_of_workers

VectorStep = tuple[npt.NDArray[Any], npt.NDArray[np.float64], BoolArray, BoolArray, dict[str, Any]]


class PongVectorEnv(NativeVectorEnv):
    """N games of Pong stepped together; infos hold `lives` and `point`, each with its mask.

    Attributes:
        rules: what was chosen, for all members.
        group_size: members of a group, or None.
        step_limit: the largest number of steps that an episode may last.
    """

    metadata = {"render_modes": ["rgb_array", "ansi"], "render_fps": FRAMES_PER_SECOND // 4}

    def __init__(
        self,
        num_envs: int = 1,
        observation: str = "stack",
        autoreset_mode: AutoresetMode | str | None = None,
        group_size: int | None = None,
        independent_noise: bool = False,
        workers: int | None = None,
        compiled: bool | None = None,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        """Make the environment; the consoles start at the first reset.

        Args:
            num_envs: N.
            observation: "stack", "fast", "difference" or "ram".
            autoreset_mode: NEXT_STEP (default), SAME_STEP or DISABLED, as an enum member or its value.
            group_size: member i belongs to group i // group_size; needs (and defaults to) DISABLED. Members of a
                group start with equal state and generators; those whose episode is over wait for the others.
            independent_noise: after the start give all members of a group but the first their own generators.
            workers: processes that share the work, this one included; 0 or 1 for this one alone. None: one a core,
                but no more than one for every four members. The results are the same.
            compiled: as for `PongEnv`.
            max_episode_steps: a further limit, in steps; the smaller one counts (None or -1: the frame limit alone).
            render_mode: "rgb_array", "ansi" or None.
            **arguments: those of `rules.make_rules`.

        Raises:
            DependencyNotInstalled: ale-py is missing.
            TypeError: an unknown argument or one of the wrong type.
            ValueError: a bad value.
        """
        super().__init__(num_envs, autoreset_mode, group_size, independent_noise, render_mode)
        self.rules = make_rules(observation, **arguments)
        check_installed()
        self._workers = number_of_workers(workers, self.num_envs)
        self._compiled = choose_compiled(compiled)
        self.step_limit = self.rules.step_limit
        if max_episode_steps is not None and max_episode_steps != -1:
            self.step_limit = min(self.step_limit, positive_integer(max_episode_steps, "max_episode_steps"))
        rate = max(1, FRAMES_PER_SECOND // self.rules.frame_skip)
        self.metadata = {**self.metadata, "render_fps": rate}
        self._num_actions = len(self.rules.actions)
        self._set_spaces(observation_space(self.rules), spaces.Discrete(self._num_actions))
        self._started: Crew | None = None
        self._seeds = GroupSeeds(self._size, self.num_envs)
        self._terminated: BoolArray = np.zeros(self.num_envs, np.bool_)
        self._truncated: BoolArray = np.zeros(self.num_envs, np.bool_)

    def step(self, actions: npt.ArrayLike) -> VectorStep:
        """Take one action a member.

        Raises:
            TypeError: the actions are no integers.
            ValueError: the actions have the wrong shape or are out of range.
            ResetNeeded: before the first reset; or after a member's end in DISABLED without groups.
        """
        self._check_begun("step")
        checked = check_actions(actions, self.num_envs, self._num_actions)
        self._check_none_over(np.flatnonzero(self._terminated | self._truncated))
        results = self._crew.step(checked)
        self._terminated, self._truncated = results.terminated, results.truncated
        rewards = results.points.astype(np.float64)
        return results.observations, rewards, results.terminated.copy(), results.truncated.copy(), step_infos(results)

    def render(self) -> tuple[Any, ...] | None:
        """One frame or text a member; None without a render_mode."""
        if self.render_mode is None:
            return None
        self._check_begun("render")
        views = self._crew.views(range(self.num_envs))
        in_order = [views[number] for number in range(self.num_envs)]
        if self.render_mode == "ansi":
            return tuple(rendering.ansi(screen, ram) for screen, ram in in_order)
        return tuple(rendering.rgb(screen) for screen, _ in in_order)

    def close_extras(self, **kwargs: Any) -> None:
        """Give the consoles back."""
        if self._started is not None:
            self._started.close()
            self._started = None

    def state(self) -> bytes:
        """Games, what was seen, generators and flags of all members; `restore` continues from there exactly."""
        self._crew.seed(self._seeds.choose_missing())
        return snapshots.pack(self._kind, self._fingerprint, self._snapshot())

    def restore(self, data: bytes) -> None:
        """Go to where `state` was called, in an environment made with the same arguments.

        Raises:
            TypeError: `data` is not bytes.
            ValueError: `data` is damaged or belongs to another environment.
        """
        self._load(data)
        self._seeds.forget()

    def get_action_meanings(self) -> list[str]:
        """ALE's names of the actions."""
        return list(self.rules.actions)

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # type: ignore[override]
        """Every member's seed (drawn now if there is none yet); -1 after `restore`."""
        self._crew.seed(self._seeds.choose_missing())
        return self._seeds.given

    @property
    def _kind(self) -> str:
        return self._kind_of("games of Pong")

    @property
    def _fingerprint(self) -> bytes:
        return self.rules.fingerprint + self.step_limit.to_bytes(8, "big")

    @property
    def _crew(self) -> Crew:
        """Whoever does the work, started when it is first needed.

        Raises:
            ClosedEnvironmentError: after `close`.
        """
        if self.closed:
            raise ClosedEnvironmentError("the environment was closed: make a new one")
        if self._started is None:
            plan = Plan(self.rules, self.autoreset_mode, self.step_limit, self._compiled)
            self._started = make_crew(plan, self.num_envs, self._workers)
        return self._started

    def _snapshot(self) -> list[npt.NDArray[Any]]:
        members = self._crew.snapshots(range(self.num_envs))
        joined = b"".join(members[number] for number in range(self.num_envs))
        as_array = np.frombuffer(joined, np.uint8).reshape(self.num_envs, -1)
        return [self._terminated, self._truncated, np.array([self._has_begun]), as_array]

    def _load(self, data: bytes) -> None:
        arrays = snapshots.unpack(self._kind, self._fingerprint, data, self._snapshot())
        self._terminated, self._truncated, has_begun, members = arrays
        self._has_begun = bool(has_begun[0])
        self._crew.restore({number: member.tobytes() for number, member in enumerate(members)})

    def __getstate__(self) -> dict[str, Any]:
        """Consoles cannot be pickled: their state is."""
        kept = {name: value for name, value in vars(self).items() if name != "_started"}
        return kept | {"_state": None if self._started is None else self.state()}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """Undo `__getstate__`."""
        state = kept.pop("_state")
        vars(self).update(kept, _started=None)
        if state is not None:
            self._load(state)

    def _begin_groups(
        self, groups: IntArray, seeds: Sequence[int | None], options: dict[str, Any]
    ) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        self._crew.seed(self._seeds.choose(groups.tolist(), seeds))
        leaders = (groups * self._size).tolist()
        self._crew.reset(leaders)
        if self._size > 1:
            self._clone(leaders)
        members = np.zeros(self.num_envs, np.bool_)
        members.reshape(-1, self._size)[groups] = True
        self._terminated[members] = self._truncated[members] = False
        return self._crew.observe(), infos(np.zeros(self.num_envs, np.int64), members)

    def _clone(self, leaders: list[int]) -> None:
        """Give the members of groups the state of their first ones."""
        followers = range(1, self._size)
        by_leader = self._crew.snapshots(leaders)
        self._crew.restore({leader + rank: by_leader[leader] for leader in leaders for rank in followers})
        if self._independent_noise:
            self._crew.vary({leader + rank: rank for leader in leaders for rank in followers})

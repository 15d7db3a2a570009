"""What both native vector environments of texts share; members of a group have the same problem and generator."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from rlenvs.foundation import snapshots
from rlenvs.foundation.group_seeds import StreamSeeds
from rlenvs.foundation.random_streams import RandomStreams
from rlenvs.foundation.vector_env import NativeVectorEnv
from rlenvs.text.infos import final_infos, outcomes, problem_ids
from rlenvs.text.rendering import RENDER_MODES, shown
from rlenvs.text.responses import check_responses
from rlenvs.text.rules import Rules, make_rules
from rlenvs.text.starts import chosen_problems
from rlenvs.verifiers.verdict import Verdict

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
VectorStep = tuple[Any, FloatArray, BoolArray, BoolArray, dict[str, Any]]


class Ended(NamedTuple):
    """Members whose episode ended in a step, in order, and the verdict on each."""

    members: IntArray
    verdicts: list[Verdict]


class TextVectorEnv(NativeVectorEnv):
    """N problems of one split answered together; episodes end by `terminated` only.

    `reset(options={"problem": number})` chooses the problem, a list one a member (or group).

    Attributes:
        rules: what was chosen, for all members.
        step_limit: the most steps of an episode.
        group_size: members of a group, or None.
    """

    metadata = {"render_modes": list(RENDER_MODES), "render_fps": 4}
    reset_options = ("problem",)

    def __init__(
        self,
        num_envs: int = 1,
        autoreset_mode: AutoresetMode | str | None = None,
        group_size: int | None = None,
        independent_noise: bool = False,
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        """Make what is shared.

        Args:
            num_envs: N.
            autoreset_mode: NEXT_STEP (default), SAME_STEP or DISABLED, as an enum member or its value.
            group_size: member i belongs to group i // group_size; needs (and defaults to) DISABLED. Members of a
                group have the same problem and generator; those whose episode is over wait for the others.
            independent_noise: after the start give all members of a group but the first their own generators.
            render_mode: "ansi", "rgb_array" or None.
            **arguments: those of `rules.make_rules`.

        Raises:
            TypeError: an argument of the wrong type.
            ValueError: a bad value.
        """
        super().__init__(num_envs, autoreset_mode, group_size, independent_noise, render_mode)
        self.rules = self._make_rules(arguments)
        self._streams = RandomStreams(self.num_envs)
        self._seeds = StreamSeeds(self._streams, self._size, self.num_envs)
        self._problems: IntArray = np.zeros(self.num_envs, np.int64)
        self._over: BoolArray = np.zeros(self.num_envs, np.bool_)

    def step(self, actions: Any) -> VectorStep:
        """Take one action a member.

        Raises:
            TypeError: actions of the wrong type.
            ValueError: the wrong number of actions, or one out of range.
            ResetNeeded: before the first reset; or after a member's end in DISABLED without groups.
        """
        self._check_begun("step")
        checked = self._checked(actions)
        over = self._over
        self._check_none_over(np.flatnonzero(over))
        rewards, infos, ended = self._settle(self._play(np.flatnonzero(~over), checked))
        terminated = np.zeros(self.num_envs, np.bool_)
        terminated[ended] = True
        if self.group_size is not None:
            terminated |= over
        if self.autoreset_mode == AutoresetMode.SAME_STEP:
            infos = self._restart_ended(ended, infos)
        else:
            if self.autoreset_mode == AutoresetMode.NEXT_STEP and over.any():
                infos |= self._restart(np.flatnonzero(over))
            self._over = terminated.copy()
        return self._observations(), rewards, terminated, np.zeros(self.num_envs, np.bool_), infos

    def respond(self, token_ids: npt.ArrayLike, lengths: npt.ArrayLike) -> tuple[FloatArray, dict[str, Any]]:
        """Write many tokens a member at once; needs DISABLED, as groups have it.

        Args:
            token_ids: int `[N, T]`; a response ends with its end token.
            lengths: int `[N]`, how many of them each member writes; 0 for those that wait.

        Returns:
            Rewards, float64 `[N]`, and the infos of those whose episode ended.

        Raises:
            TypeError: no integers.
            ValueError: wrong shapes or ids; a response goes on after its end; a member's episode is over.
            ResetNeeded: before the first reset.
        """
        self._check_begun("respond")
        if self.autoreset_mode != AutoresetMode.DISABLED:
            raise ValueError(f"autoreset_mode is {self.autoreset_mode.value!r}: respond needs 'Disabled' or groups")
        ids, counts = check_responses(token_ids, lengths, self.num_envs, self.rules.tokenizer.vocab_size)
        if (late := np.flatnonzero(self._over & (counts > 0))).size:
            raise ValueError(f"lengths[{late[0]}] must be 0: the member's episode is over; reset it or let it wait")
        rewards, infos, ended = self._settle(self._play_responses(np.flatnonzero(counts), ids, counts))
        self._over[ended] = True
        return rewards, infos

    def render(self) -> tuple[Any, ...] | None:
        """Prompt and response of every member, as text or picture; None without a render_mode."""
        if self.render_mode is None:
            return None
        self._check_begun("render")
        return tuple(shown(text, self.render_mode, self.rules, self._turns) for text in self._texts())

    def state(self) -> bytes:
        """Problems, responses, generators and flags of all members; `restore` continues from there exactly."""
        self._seeds.complete()
        return snapshots.pack(self._kind, self.rules.fingerprint, [*self._common_state(), *self._own_state()])

    def restore(self, data: bytes) -> None:
        """Go to where `state` was called, in an environment made with the same arguments.

        Raises:
            TypeError: `data` is not bytes.
            ValueError: `data` is damaged or belongs to another environment.
        """
        common = self._common_state()
        length = len(snapshots.pack(self._kind, self.rules.fingerprint, common))
        arrays = snapshots.unpack(self._kind, self.rules.fingerprint, data, [*common, *self._own_shape(data, length)])
        self._problems, self._over, has_begun, self._streams.words = arrays[: len(common)]
        self._has_begun = bool(has_begun[0])
        self._load_own(arrays[len(common) :])
        self._seeds.forget()

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # type: ignore[override]
        """Every member's seed (drawn now if there is none yet); -1 after `restore`."""
        return self._seeds.values

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """Every member's generator at its present position; drawing from these copies changes nothing."""
        return self._seeds.generators

    @abstractmethod
    def _checked(self, actions: Any) -> Any:
        """The actions, if they can be taken."""

    @abstractmethod
    def _play(self, players: IntArray, actions: Any) -> Ended:
        """Let some members act."""

    @abstractmethod
    def _play_responses(self, players: IntArray, token_ids: IntArray, lengths: IntArray) -> Ended:
        """Let some members write many tokens."""

    @abstractmethod
    def _open(self, members: IntArray) -> None:
        """Put members before their problems."""

    @abstractmethod
    def _observations(self) -> Any:
        """Of all members, fresh."""

    @abstractmethod
    def _final_observations(self, members: IntArray) -> npt.NDArray[np.object_]:
        """An object array `[N]` with the observations of some members and None elsewhere."""

    @abstractmethod
    def _texts(self) -> tuple[str, ...]:
        """What `render` shows."""

    @abstractmethod
    def _own_state(self) -> list[npt.NDArray[Any]]:
        """The responses, as arrays."""

    @abstractmethod
    def _own_shape(self, data: bytes, common: int) -> list[npt.NDArray[Any]]:
        """Arrays of the shapes that those of `_own_state` have in a snapshot, behind `common` bytes."""

    @abstractmethod
    def _load_own(self, arrays: list[npt.NDArray[Any]]) -> None:
        """Undo `_own_state`."""

    def _make_rules(self, arguments: dict[str, Any]) -> Rules:
        return make_rules(**arguments)

    @property
    def _turns(self) -> int:
        """The most responses of an episode."""
        return 1

    @property
    def _kind(self) -> str:
        return self._kind_of(type(self).__name__)

    def _common_state(self) -> list[npt.NDArray[Any]]:
        return [self._problems, self._over, np.array([self._has_begun]), self._streams.words]

    def _begin_groups(
        self, groups: IntArray, seeds: Sequence[int | None], options: dict[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        chosen = chosen_problems(options, self.rules.book, self.num_envs // self._size)
        self._seeds.seed(groups.tolist(), seeds)
        leaders = groups * self._size
        drawn = self.rules.book.indices(self._streams.draw(leaders))
        members = (leaders[:, np.newaxis] + np.arange(self._size)).ravel()
        if self._size > 1:
            self._clone_streams(leaders, members)
        self._begin(members, (drawn if chosen is None else chosen[groups]).repeat(self._size))
        return self._observations(), problem_ids(self.rules.book, self._problems, members)

    def _clone_streams(self, leaders: IntArray, members: IntArray) -> None:
        size = len(members) // len(leaders)
        self._streams.copy(leaders.repeat(size), members)
        if self._independent_noise:
            for member in members[members % size > 0].tolist():
                self._streams.jump(member, member % size)

    def _begin(self, members: IntArray, problems: IntArray) -> None:
        self._problems[members] = problems
        self._over[members] = False
        self._open(members)

    def _restart(self, members: IntArray) -> dict[str, Any]:
        self._begin(members, self.rules.book.indices(self._streams.draw(members)))
        return problem_ids(self.rules.book, self._problems, members)

    def _restart_ended(self, ended: IntArray, infos: dict[str, Any]) -> dict[str, Any]:
        """SAME_STEP: new episodes at once; what the old ones ended with moves into `final_obs` and `final_info`."""
        if not ended.size:
            return infos
        final = final_infos(self._final_observations(ended), infos, ended)
        return final | self._restart(ended)

    def _settle(self, ended: Ended) -> tuple[FloatArray, dict[str, Any], IntArray]:
        """Rewards, infos, and whose episode ended."""
        rewards = np.zeros(self.num_envs)
        if ended.members.size:
            rewards[ended.members] = [verdict.reward for verdict in ended.verdicts]
        return rewards, outcomes(ended.members, ended.verdicts, self.num_envs), ended.members

"""The `Crew` of games without an emulator: what `LocalCrew` does with members one by one, in arrays for all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from rlenvs.foundation import snapshots
from rlenvs.foundation.generators import from_words, to_words
from rlenvs.pong.crew import Plan, Results, empty_results
from rlenvs.pong.native.layout import Games, start
from rlenvs.pong.native.memory import memory
from rlenvs.pong.native.screen import draw_screens
from rlenvs.pong.native.stepping import step_games
from rlenvs.pong.native.sticky import SIZE, Words, seeded
from rlenvs.pong.native.views import Members, make_view
from rlenvs.pong.sticky import varied_seed

Bytes = npt.NDArray[np.uint8]
_NOOP = 0


class NativeCrew:
    """A `Crew` on the compiled engine; equal in every bit to `LocalCrew`, but for the bytes of its snapshots."""

    def __init__(self, plan: Plan, count: int) -> None:
        self._plan, self._rules = plan, plan.rules
        self._codes = np.array(plan.rules.action_codes)
        self._pools = plan.rules.max_pool and plan.rules.frame_skip > 1
        self._everyone: Members = np.arange(count)
        self._games: Games = np.repeat(start()[None], count, axis=0)
        self._shown: Games = np.repeat(self._games[:, None], 3, axis=1)
        self._num_shown: Members = np.full(count, 2 if self._pools else 1)
        self._words: Words = np.zeros((count, SIZE), np.uint32)
        self._places: Members = np.full(count, SIZE)
        self._kept: Members = np.zeros(count, np.int64)
        self._frames: Members = np.zeros(count, np.int64)
        self._elapsed: Members = np.zeros(count, np.int64)
        self._terminated = np.zeros(count, np.bool_)
        self._truncated = np.zeros(count, np.bool_)
        self._is_over = np.ones(count, np.bool_)
        self._generators = [np.random.Generator(np.random.PCG64(0)) for _ in range(count)]
        self._view = make_view(plan.rules, count)

    def seed(self, seeds: dict[int, int]) -> None:
        """See `Crew`."""
        for member, seed in seeds.items():
            for_noops, for_stickiness = np.random.SeedSequence(seed).generate_state(2).tolist()
            self._generators[member] = np.random.Generator(np.random.PCG64(for_noops))
            self._words[member], self._places[member] = seeded(for_stickiness)

    def reset(self, members: Sequence[int]) -> None:
        """See `Crew`."""
        self._reset(np.asarray(members, np.int64))

    def snapshots(self, members: Sequence[int]) -> dict[int, bytes]:
        """See `Crew`."""
        arrays = self._arrays()
        return {k: snapshots.join([array[k] for array in arrays] + [to_words(self._generators[k])]) for k in members}

    def restore(self, snapshots_by_member: dict[int, bytes]) -> None:
        """See `Crew`."""
        for member, snapshot in snapshots_by_member.items():
            arrays = self._arrays()
            like = [np.asarray(array[member]) for array in arrays] + [to_words(self._generators[member])]
            *values, words = snapshots.split(snapshot, like)
            for array, value in zip(arrays, values, strict=True):
                array[member] = value
            self._generators[member] = from_words(words)

    def vary(self, ranks: dict[int, int]) -> None:
        """See `Crew`."""
        for member, rank in ranks.items():
            twister = np.random.MT19937(0)
            place = int(self._places[member])
            twister.state = {"bit_generator": "MT19937", "state": {"key": self._words[member], "pos": place}}
            self.seed({member: varied_seed(twister, rank)})

    def observe(self) -> npt.NDArray[Any]:
        """See `Crew`."""
        observations = empty_results(self._plan, len(self._games)).observations
        self._view.write(observations)
        return observations

    def views(self, members: Sequence[int]) -> dict[int, tuple[Bytes, Bytes]]:
        """See `Crew`."""
        games = self._games[members]
        return dict(zip(members, zip(draw_screens(games), memory(games), strict=True), strict=True))

    def step(self, actions: npt.NDArray[np.int64]) -> Results:
        """See `Crew`."""
        results = empty_results(self._plan, len(self._games))
        over = np.flatnonzero(self._is_over)
        results.points[over] = 0
        self._play(np.flatnonzero(~self._is_over) if len(over) else self._everyone, actions, results.points)
        if self._plan.autoreset_mode == AutoresetMode.NEXT_STEP and len(over):
            self._reset(over)
        results.terminated[:] = self._terminated
        results.truncated[:] = self._truncated
        if results.final_observations is not None and self._is_over.any():
            self._view.write(results.final_observations)
            self._reset(np.flatnonzero(self._is_over))
        self._view.write(results.observations)
        return results

    def close(self) -> None:
        """See `Crew`."""

    def _play(self, members: Members, actions: npt.NDArray[np.int64], points: Members) -> None:
        rules = self._rules
        step_games(
            members, self._codes[actions], rules.frame_skip, self._pools, rules.repeat_action_probability * 2**32,
            rules.max_num_frames_per_episode, self._games, self._shown, self._num_shown, self._words, self._places,
            self._kept, self._frames, points, self._terminated, self._truncated,
        )  # fmt: skip
        self._view.see(members, self._games, self._shown, self._num_shown)
        self._elapsed[members] += 1
        self._truncated |= (self._elapsed >= self._plan.step_limit) & ~self._is_over
        self._is_over |= self._terminated | self._truncated

    def _reset(self, members: Members) -> None:
        self._games[members] = start()
        for array in (self._kept, self._frames, self._elapsed):
            array[members] = 0
        self._begin_with_noops(members)
        self._shown[members] = self._games[members][:, None]
        self._num_shown[members] = 2 if self._pools else 1
        for flags in (self._terminated, self._truncated, self._is_over):
            flags[members] = False
        self._view.begin(members, self._games, self._shown, self._num_shown)

    def _begin_with_noops(self, members: Members) -> None:
        most = self._rules.noop_max
        if not most:
            return
        for member in members.tolist():
            self._play_noops(member, int(self._generators[member].integers(1, most + 1)))

    def _play_noops(self, member: int, frames: int) -> None:
        rules = self._rules
        points = np.zeros(len(self._games), np.int64)
        step_games(
            np.array([member]), np.full(len(self._games), _NOOP), frames, False,
            rules.repeat_action_probability * 2**32, rules.max_num_frames_per_episode, self._games, self._shown,
            self._num_shown, self._words, self._places, self._kept, self._frames, points, self._terminated,
            self._truncated,
        )  # fmt: skip

    def _arrays(self) -> list[npt.NDArray[Any]]:
        """The state by member, but for the generators of no-op starts."""
        return [
            *(self._games, self._shown, self._num_shown, self._words, self._places, self._kept, self._frames),
            *(self._elapsed, self._terminated, self._truncated, self._is_over, *self._view.arrays()),
        ]

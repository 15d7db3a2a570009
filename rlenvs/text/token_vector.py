"""Many responses written together, one token an action."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

from rlenvs.foundation.vector_checks import as_object_array, check_actions
from rlenvs.text.judging import UNFINISHED
from rlenvs.text.responses import first_ends
from rlenvs.text.token_env import TokenEnv, observation_space, sensible_tokens
from rlenvs.text.tokenizers import decode_rows
from rlenvs.text.vector import Ended, IntArray, TextVectorEnv


class TokenVectorEnv(TextVectorEnv):
    """N of `TokenEnv`, stepped together: bit-identical to `SyncVectorEnv`."""

    step_rewards = TokenEnv.step_rewards

    def __init__(self, num_envs: int = 1, **arguments: Any) -> None:
        """Make the environment.

        Args:
            num_envs: N.
            **arguments: those of `vector.TextVectorEnv`.

        Raises:
            TypeError: an argument of the wrong type.
            ValueError: a bad value.
        """
        super().__init__(num_envs, **arguments)
        self.step_limit = self.rules.max_tokens
        self.single_observation_space = observation_space(self.rules)
        self.single_action_space = spaces.Discrete(self.rules.tokenizer.vocab_size)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._written: IntArray = np.zeros((self.num_envs, *self.single_observation_space.shape), np.int64)

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """Which tokens make sense, bool `[N, V]`: all but padding and the beginning; for MaskablePPO."""
        return np.tile(sensible_tokens(self.rules), (self.num_envs, 1))

    def _checked(self, actions: Any) -> IntArray:
        return check_actions(actions, self.num_envs, self.rules.tokenizer.vocab_size)

    def _play(self, players: IntArray, actions: IntArray) -> Ended:
        taken = actions[players]
        positions = self._written[players, -1]
        self._written[players, positions] = taken
        self._written[players, -1] = positions + 1
        is_end = taken == self.rules.tokenizer.eos_id
        return self._end(players, is_end, is_end | (positions + 1 == self._limits(players)))

    def _play_responses(self, players: IntArray, token_ids: IntArray, lengths: IntArray) -> Ended:
        ids, counts = token_ids[players], lengths[players]
        ends = first_ends(ids, counts, self.rules.tokenizer.eos_id)
        positions = self._written[players, -1]
        room = self._limits(players) - positions
        if (wrong := np.flatnonzero(counts > np.minimum(ends, room))).size:
            raise ValueError(f"lengths[{players[wrong[0]]}] is {counts[wrong[0]]}: the response ends before that")
        rows, columns = np.nonzero(np.arange(ids.shape[1]) < counts[:, np.newaxis])
        self._written[players[rows], positions[rows] + columns] = ids[rows, columns]
        self._written[players, -1] = positions + counts
        return self._end(players, counts == ends, (counts == ends) | (counts == room))

    def _end(self, players: IntArray, is_end: npt.NDArray[np.bool_], is_over: npt.NDArray[np.bool_]) -> Ended:
        """The verdicts on players whose episode is over, by an end token or by the limit."""
        members = players[is_over]
        if not members.size:
            return Ended(members, [])
        verdicts = [UNFINISHED] * len(members)
        finished = np.flatnonzero(is_end[is_over])
        problems = [self.rules.book.problem(problem) for problem in self._problems[members[finished]].tolist()]
        judged = self.rules.judge.many(problems, self._responses(members[finished]))
        for place, verdict in zip(finished.tolist(), judged, strict=True):
            verdicts[place] = verdict
        return Ended(members, verdicts)

    def _responses(self, members: IntArray) -> list[str]:
        starts, positions = self._written[members, -2], self._written[members, -1]
        columns = starts[:, np.newaxis] + np.arange(self.rules.max_tokens)
        return decode_rows(self.rules.tokenizer, self._written[members[:, np.newaxis], columns], positions - starts)

    def _limits(self, members: IntArray) -> IntArray:
        return self._written[members, -2] + self.rules.max_tokens

    def _open(self, members: IntArray) -> None:
        book, problems = self.rules.book, self._problems[members]
        rows = np.full((len(members), self._written.shape[1]), self.rules.tokenizer.pad_id, np.int64)
        rows[:, : book.max_prompt_tokens] = book.tokens[problems]
        rows[:, -2:] = book.lengths[problems, np.newaxis]
        self._written[members] = rows

    def _observations(self) -> IntArray:
        return self._written.copy()

    def _final_observations(self, members: IntArray) -> npt.NDArray[np.object_]:
        return as_object_array(self._written[members], members, self.num_envs)

    def _texts(self) -> tuple[str, ...]:
        responses = self._responses(np.arange(self.num_envs))
        prompts = (self.rules.book.text(problem) for problem in self._problems.tolist())
        return tuple(prompt + response for prompt, response in zip(prompts, responses, strict=True))

    def _own_state(self) -> list[npt.NDArray[Any]]:
        return [self._written]

    def _own_shape(self, data: bytes, common: int) -> list[npt.NDArray[Any]]:
        return [self._written]

    def _load_own(self, arrays: list[npt.NDArray[Any]]) -> None:
        (self._written,) = arrays

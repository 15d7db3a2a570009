"""Many problems answered together, one whole response an action."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector.utils import batch_space

from rlenvs.foundation.checks import positive_integer
from rlenvs.text.conversation import Conversation, Reply, judge_replies, read_ids, read_text
from rlenvs.text.response_env import (
    ResponseEnv,
    action_space,
    as_bytes,
    load_bytes,
    make_turn_rules,
    observation_space,
    rest_of,
)
from rlenvs.text.responses import first_ends
from rlenvs.text.rules import Rules
from rlenvs.text.vector import Ended, IntArray, TextVectorEnv


class ResponseVectorEnv(TextVectorEnv):
    """N of `ResponseEnv`, judged together: equal to `SyncVectorEnv`; observations and actions are tuples of strings.

    Attributes:
        conversations: every member's prompt, responses and feedback, with token ids.
    """

    step_rewards = ResponseEnv.step_rewards

    def __init__(self, num_envs: int = 1, max_turns: int = 1, **arguments: Any) -> None:
        """Make the environment.

        Args:
            num_envs: N.
            max_turns: the most responses to a problem.
            **arguments: those of `vector.TextVectorEnv`.

        Raises:
            TypeError: an argument of the wrong type.
            ValueError: a bad value.
        """
        self.step_limit = positive_integer(max_turns, "max_turns")
        super().__init__(num_envs, **arguments)
        self.single_observation_space = observation_space(self.rules, self.step_limit)
        self.single_action_space = action_space(self.rules)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.conversations = [Conversation(self.rules, self.step_limit) for _ in range(self.num_envs)]

    @property
    def _turns(self) -> int:
        return self.step_limit

    def _make_rules(self, arguments: dict[str, Any]) -> Rules:
        return make_turn_rules(self.step_limit, arguments)

    def _checked(self, actions: Any) -> list[str]:
        if isinstance(actions, str) or not isinstance(actions, (tuple, list, np.ndarray)):
            raise TypeError(f"actions must be {self.num_envs} strings, one a member, got {actions!r:.80}")
        if len(actions) != self.num_envs:
            raise ValueError(f"actions must be {self.num_envs} strings, one a member, got {len(actions)}")
        for member, response in enumerate(actions):
            if not isinstance(response, str):
                raise TypeError(f"actions must be {self.num_envs} strings, got {response!r:.80} at index {member}")
        return list(actions)

    def _play(self, players: IntArray, actions: list[str]) -> Ended:
        return self._answer(players, [read_text(self.rules, actions[member]) for member in players.tolist()])

    def _play_responses(self, players: IntArray, token_ids: IntArray, lengths: IntArray) -> Ended:
        ids, counts = token_ids[players], lengths[players]
        ends = np.minimum(first_ends(ids, counts, self.rules.tokenizer.eos_id), self.rules.max_tokens)
        if (wrong := np.flatnonzero(counts > ends)).size:
            raise ValueError(f"lengths[{players[wrong[0]]}] is {counts[wrong[0]]}: the response ends before that")
        rows = zip(ids, counts.tolist(), strict=True)
        return self._answer(players, [read_ids(self.rules, row[:count].tolist()) for row, count in rows])

    def _answer(self, players: IntArray, replies: list[Reply]) -> Ended:
        talks = [self.conversations[member] for member in players.tolist()]
        judged = judge_replies(self.rules, [talk.problem for talk in talks], replies)
        given = [talk.answer(reply, verdict) for talk, reply, verdict in zip(talks, replies, judged, strict=True)]
        is_over = np.array([talk.is_over for talk in talks], np.bool_)
        return Ended(players[is_over], [verdict for verdict in given if verdict is not None])

    def _open(self, members: IntArray) -> None:
        for member, problem in zip(members.tolist(), self._problems[members].tolist(), strict=True):
            self.conversations[member].begin(problem)

    def _observations(self) -> tuple[str, ...]:
        return self._texts()

    def _final_observations(self, members: IntArray) -> npt.NDArray[np.object_]:
        observations = np.full(self.num_envs, None, object)
        observations[members] = [self.conversations[member].text for member in members.tolist()]
        return observations

    def _texts(self) -> tuple[str, ...]:
        return tuple([conversation.text for conversation in self.conversations])

    def _own_state(self) -> list[npt.NDArray[Any]]:
        return [as_bytes(self.conversations)]

    def _own_shape(self, data: bytes, common: int) -> list[npt.NDArray[Any]]:
        return [rest_of(data, common)]

    def _load_own(self, arrays: list[npt.NDArray[Any]]) -> None:
        load_bytes(self.conversations, arrays[0])

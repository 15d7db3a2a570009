"""One problem at a time, one whole response an action; optional turns with feedback.

The random stream is that of the token view: a reset takes one uniform double, which decides the problem.
"""

from __future__ import annotations

import json
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import ResetNeeded

from rlenvs.foundation import snapshots
from rlenvs.foundation.checks import EPISODE_IS_OVER, one_of, positive_integer
from rlenvs.foundation.generators import from_words, to_words
from rlenvs.text.conversation import AGAIN, Conversation, feedback_texts, judge_replies, read_text
from rlenvs.text.judging import outcome
from rlenvs.text.rendering import RENDER_MODES, shown
from rlenvs.text.rules import Rules, make_rules
from rlenvs.text.starts import chosen_problem, draw_problem
from rlenvs.text.tokenizers import CharacterTokenizer, longest_token

_KIND = "a conversation about a problem"


class ResponseEnv(gym.Env[str, str]):
    """A problem whose response is given as a whole.

    The reward is the verdict's, 1 for a right answer and else 0; a response that does not end within the token limit
    has 0. The episode ends with a right answer, or after `max_turns`. An observation is the whole conversation;
    between turns feedback in it tells that the answer was not right, and in words of a program which case failed. Any
    string can be judged, also with characters outside the space.

    Attributes:
        rules: what was chosen.
        conversation: the present problem's prompt, responses and feedback, with token ids.
        step_rewards: all rewards that a step can pay.
        step_limit: the most steps of an episode.
    """

    metadata = {"render_modes": list(RENDER_MODES), "render_fps": 4}
    step_rewards = (0.0, 1.0)

    def __init__(self, max_turns: int = 1, render_mode: str | None = None, **arguments: Any) -> None:
        """Make the environment.

        Args:
            max_turns: the most responses to a problem.
            render_mode: "ansi", "rgb_array" or None.
            **arguments: those of `rules.make_rules`.

        Raises:
            TypeError: an argument of the wrong type.
            ValueError: a bad value.
        """
        if render_mode is not None:
            one_of(render_mode, RENDER_MODES, "render_mode")
        self.render_mode = render_mode
        self.step_limit = positive_integer(max_turns, "max_turns")
        self.rules = make_turn_rules(self.step_limit, arguments)
        self.observation_space: spaces.Text = observation_space(self.rules, self.step_limit)
        self.action_space: spaces.Text = action_space(self.rules)
        self.conversation = Conversation(self.rules, self.step_limit)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Begin a problem: one at random, or number `options["problem"]`."""
        book = self.rules.book
        chosen = chosen_problem(options, book)
        super().reset(seed=seed)
        drawn = draw_problem(self.np_random, book)
        self.conversation.begin(drawn if chosen is None else chosen)
        return self.conversation.text, {"problem_id": book.ids[self.conversation.problem]}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Give a response.

        Raises:
            TypeError: the action is no string.
            ResetNeeded: the episode is over, or none has begun.
        """
        if self.conversation.is_over:
            raise ResetNeeded(EPISODE_IS_OVER)
        reply = read_text(self.rules, check_response(action))
        (judged,) = judge_replies(self.rules, [self.conversation.problem], [reply])
        verdict = self.conversation.answer(reply, judged)
        if verdict is None:
            return self.conversation.text, 0.0, False, False, {}
        return self.conversation.text, verdict.reward, True, False, outcome(verdict)

    def render(self) -> Any:
        """The conversation so far as text or as a picture, uint8 `[height, width, 3]`; None without a render_mode."""
        if self.render_mode is None:
            gym.logger.warn("render was called without a render_mode: make it with render_mode='ansi'")
            return None
        if not self.conversation.messages:
            raise ResetNeeded("render was called before the first reset: call reset")
        return shown(self.conversation.text, self.render_mode, self.rules, self.step_limit)

    def state(self) -> bytes:
        """Conversation and generator; `restore` continues from there exactly."""
        words = to_words(self.np_random)
        return snapshots.pack(_KIND, self._fingerprint, [words, as_bytes([self.conversation])])

    def restore(self, data: bytes) -> None:
        """Go to where `state` was called, in an environment made with the same arguments.

        Raises:
            TypeError: `data` is not bytes.
            ValueError: `data` is damaged or belongs to another environment.
        """
        words = np.empty(6, np.uint64)
        rest = rest_of(data, len(snapshots.pack(_KIND, self._fingerprint, [words])))
        words, conversation = snapshots.unpack(_KIND, self._fingerprint, data, [words, rest])
        load_bytes([self.conversation], conversation)
        self.np_random.bit_generator.state = from_words(words).bit_generator.state

    @property
    def _fingerprint(self) -> bytes:
        return self.rules.fingerprint + self.step_limit.to_bytes(8, "big")


def make_turn_rules(max_turns: int, arguments: dict[str, Any]) -> Rules:
    """The rules of a conversation, whose character tokenizer knows feedback too."""
    return make_rules(**arguments, more_characters=AGAIN if max_turns > 1 else "")


def observation_space(rules: Rules, max_turns: int) -> spaces.Text:
    """Everything that is written in `max_turns` turns."""
    width = longest_token(rules.tokenizer)
    prompt, response = rules.book.max_prompt_tokens * width, rules.max_tokens * width
    told = feedback_texts(rules) if max_turns > 1 else [""]
    added = prompt if rules.task.style == "compact" else rules.task.longest_remark
    turns = max_turns * response + (max_turns - 1) * (max(map(len, told)) + added)
    return spaces.Text(prompt + turns, charset="".join(sorted(set("".join(told)) | set(_characters(rules)))))


def action_space(rules: Rules) -> spaces.Text:
    """Responses, empty ones too."""
    longest = (rules.max_tokens - 1) * longest_token(rules.tokenizer)
    return spaces.Text(longest, min_length=0, charset=_characters(rules))


def check_response(response: object) -> str:
    """Return `response` if it is a string."""
    if not isinstance(response, str):
        raise TypeError(f"action must be a response as a string, got {response!r}")
    return response


def as_bytes(conversations: list[Conversation]) -> npt.NDArray[np.uint8]:
    """What changes in conversations, for a snapshot."""
    plain = [conversation.to_plain() for conversation in conversations]
    return np.frombuffer(json.dumps(plain).encode(), np.uint8)


def load_bytes(conversations: list[Conversation], data: npt.NDArray[np.uint8]) -> None:
    """Undo `as_bytes`."""
    for conversation, plain in zip(conversations, json.loads(data.tobytes()), strict=True):
        conversation.load(plain)


def rest_of(data: object, length: int) -> npt.NDArray[np.uint8]:
    """An array of the size that a snapshot has beyond `length` bytes; what is no snapshot is left to `unpack`."""
    return np.empty(max(0, len(data) - length) if isinstance(data, bytes) else 0, np.uint8)


def _characters(rules: Rules) -> str:
    tokenizer = rules.tokenizer
    return tokenizer.alphabet if isinstance(tokenizer, CharacterTokenizer) else rules.task.alphabet

"""One problem at a time, one token an action.

The random stream: a reset takes exactly one uniform double u from the generator, also if `options` names the problem;
the problem is number `int(u * n)` of n.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import ResetNeeded

from rlenvs.foundation import snapshots
from rlenvs.foundation.checks import EPISODE_IS_OVER, discrete_action, one_of
from rlenvs.foundation.generators import from_words, to_words
from rlenvs.text.judging import UNFINISHED, outcome
from rlenvs.text.rendering import RENDER_MODES, shown
from rlenvs.text.rules import Rules, make_rules
from rlenvs.text.starts import chosen_problem, draw_problem
from rlenvs.text.tokenizers import stop_ids

IntArray = npt.NDArray[np.int64]

_KIND = "a response written token by token"


class TokenEnv(gym.Env[IntArray, int]):
    """A problem whose response is written token by token.

    The end token ends the episode with the verdict's reward, 1 for a right answer and else 0; so does the token limit,
    with reward 0. Special tokens within a response are no part of its text.

    Attributes:
        rules: what was chosen.
        step_rewards: all rewards that a step can pay.
    """

    metadata = {"render_modes": list(RENDER_MODES), "render_fps": 4}
    step_rewards = (0.0, 1.0)

    def __init__(self, render_mode: str | None = None, **arguments: Any) -> None:
        """Make the environment.

        Args:
            render_mode: "ansi", "rgb_array" or None.
            **arguments: those of `rules.make_rules`.

        Raises:
            TypeError: an argument of the wrong type.
            ValueError: a bad value.
        """
        if render_mode is not None:
            one_of(render_mode, RENDER_MODES, "render_mode")
        self.render_mode = render_mode
        self.rules = make_rules(**arguments)
        self.observation_space: spaces.MultiDiscrete = observation_space(self.rules)
        self.action_space: spaces.Discrete = spaces.Discrete(self.rules.tokenizer.vocab_size)  # type: ignore[assignment]
        self._vocab_size = self.rules.tokenizer.vocab_size
        self._eos_id = self.rules.tokenizer.eos_id
        self._observation: IntArray = np.zeros(self.observation_space.shape, np.int64)
        self._problem = self._start = self._position = 0
        self._is_over = True
        self._has_begun = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[IntArray, dict[str, Any]]:
        """Begin a problem: one at random, or number `options["problem"]`."""
        chosen = chosen_problem(options, self.rules.book)
        super().reset(seed=seed)
        drawn = draw_problem(self.np_random, self.rules.book)
        self._begin(drawn if chosen is None else chosen)
        return self._observation.copy(), {"problem_id": self.rules.book.ids[self._problem]}

    def step(self, action: int) -> tuple[IntArray, float, bool, bool, dict[str, Any]]:
        """Write one token.

        Raises:
            TypeError: the action is no integer.
            ValueError: the action is out of range.
            ResetNeeded: the episode is over, or none has begun.
        """
        if self._is_over:
            raise ResetNeeded(EPISODE_IS_OVER)
        if action.__class__ is not int or not 0 <= action < self._vocab_size:
            action = discrete_action(action, self._vocab_size)
        self._observation[self._position] = action
        self._position += 1
        self._observation[-1] = self._position
        if action == self._eos_id:
            verdict = self.rules.judge(self.rules.book.problem(self._problem), self._response())
        elif self._position == self._start + self.rules.max_tokens:
            verdict = UNFINISHED
        else:
            return self._observation.copy(), 0.0, False, False, {}
        self._is_over = True
        return self._observation.copy(), verdict.reward, True, False, outcome(verdict)

    @property
    def step_limit(self) -> int:
        """The most steps of an episode."""
        return self.rules.max_tokens

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """Which tokens make sense, bool `[V]`: all but padding and the beginning; for MaskablePPO."""
        return sensible_tokens(self.rules)

    def render(self) -> Any:
        """Prompt and response as text or as a picture, uint8 `[height, width, 3]`; None without a render_mode."""
        if self.render_mode is None:
            gym.logger.warn("render was called without a render_mode: make it with render_mode='ansi'")
            return None
        if not self._has_begun:
            raise ResetNeeded("render was called before the first reset: call reset")
        return shown(self.rules.book.text(self._problem) + self._response(), self.render_mode, self.rules)

    def state(self) -> bytes:
        """Problem, tokens and generator; `restore` continues from there exactly."""
        return snapshots.pack(_KIND, self.rules.fingerprint, self._snapshot())

    def restore(self, data: bytes) -> None:
        """Go to where `state` was called, in an environment made with the same arguments.

        Raises:
            TypeError: `data` is not bytes.
            ValueError: `data` is damaged or belongs to another environment.
        """
        place, observation, words = snapshots.unpack(_KIND, self.rules.fingerprint, data, self._snapshot())
        problem, position, is_over, has_begun = place.tolist()
        if has_begun:
            self._begin(self.rules.book.check(problem))
        self._observation, self._position = observation, position
        self._is_over, self._has_begun = bool(is_over), bool(has_begun)
        self.np_random.bit_generator.state = from_words(words).bit_generator.state

    def _begin(self, problem: int) -> None:
        book = self.rules.book
        self._problem, self._start = problem, int(book.lengths[problem])
        self._observation[: book.max_prompt_tokens] = book.tokens[problem]
        self._observation[book.max_prompt_tokens : -2] = self.rules.tokenizer.pad_id
        self._observation[-2:] = self._start
        self._position = self._start
        self._is_over, self._has_begun = False, True

    def _response(self) -> str:
        return self.rules.tokenizer.decode(self._observation[self._start : self._position].tolist())

    def _snapshot(self) -> list[npt.NDArray[Any]]:
        place = np.array([self._problem, self._position, self._is_over, self._has_begun], np.int64)
        return [place, self._observation, to_words(self.np_random)]


def observation_space(rules: Rules) -> spaces.MultiDiscrete:
    """L tokens, padded on the right, the prompt's length, and the length of prompt and response: int64 `[L + 2]`."""
    length = rules.book.max_prompt_tokens + rules.max_tokens
    return spaces.MultiDiscrete(np.array([rules.tokenizer.vocab_size] * length + [length + 1] * 2, np.int64))


def sensible_tokens(rules: Rules) -> npt.NDArray[np.bool_]:
    """All tokens but padding and the beginning, bool `[V]`."""
    tokenizer = rules.tokenizer
    mask = np.ones(tokenizer.vocab_size, np.bool_)
    mask[[tokenizer.pad_id, tokenizer.bos_id]] = False
    mask[[tokenizer.eos_id, *stop_ids(tokenizer)]] = True  # also where they are the padding
    return mask

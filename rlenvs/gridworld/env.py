"""The single environment.

The random stream: with slip, every call (a step or a reset) of an environment takes exactly one uniform double
from its generator; without slip only resets do, and only where there is more than one start. A start is
`start_states[int(u * n)]`; an outcome is the number of the table's `outcome_bounds` at or below u. The vector
environment keeps to the same rule, which is what makes it exact.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import ResetNeeded

from rlenvs.foundation import snapshots
from rlenvs.foundation.checks import EPISODE_IS_OVER, discrete_action, one_of
from rlenvs.foundation.generators import from_words, to_words
from rlenvs.foundation.windows import Window
from rlenvs.gridworld import planning
from rlenvs.gridworld.observations import make_encoder
from rlenvs.gridworld.rendering import Painter, ansi
from rlenvs.gridworld.world import World
from rlenvs.gridworld.worlds import build_world

RENDER_MODES = ("human", "rgb_array", "ansi")
FRAME_TILE = 48
_KIND = "a gridworld"
_LARGEST_LIST = 100_000
_TABLES = ("_next_state", "_reward", "_terminated")


class GridEnv(gym.Env[Any, int]):
    """A gridworld as a Gymnasium environment; infos are empty.

    Attributes:
        world: the world that is played.
    """

    metadata = {"render_modes": list(RENDER_MODES), "render_fps": 8}

    def __init__(
        self,
        world: str | World = "grid_world",
        render_mode: str | None = None,
        observation: str | None = None,
        **world_arguments: Any,
    ) -> None:
        """Make the environment.

        Args:
            world: a name of `worlds.WORLDS`, or a ready World.
            render_mode: "human", "rgb_array", "ansi" or None.
            observation: "index", "coordinates", "onehot" or "image"; None for the world's default.
            **world_arguments: the world builder's arguments.

        Raises:
            TypeError: an unknown argument.
            ValueError: a bad value.
        """
        if render_mode is not None:
            one_of(render_mode, RENDER_MODES, "render_mode")
        self.world = build_world(world, **world_arguments)
        self.render_mode = render_mode
        self._encoder = make_encoder(self.world, observation)
        self.observation_space = self._encoder.space
        self.action_space: spaces.Space[Any] = spaces.Discrete(self.world.table.num_actions)
        self._encode = self._encoder.encode_one
        self._load_table()
        self._state = 0
        self._elapsed = 0
        self._is_over = True
        self._painter: Painter | None = None
        self._window: Window | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; `options` must be empty."""
        if options:
            raise ValueError(f"options has unknown keys {sorted(options)}: reset of a gridworld takes none")
        super().reset(seed=seed)
        starts = self._starts
        draw = self.np_random.random() if self._bounds or len(starts) > 1 else 0.0
        self._state = starts[int(draw * len(starts))]
        self._elapsed = 0
        self._is_over = False
        if self.render_mode == "human":
            self.render()
        return self._encode(self._state), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one action.

        Raises:
            TypeError: the action is no integer.
            ValueError: the action is out of range.
            ResetNeeded: the episode is over, or none has begun.
        """
        if self._is_over:
            raise ResetNeeded(EPISODE_IS_OVER)
        if action.__class__ is not int or not 0 <= action < self._num_actions:
            action = discrete_action(action, self._num_actions)
        index = (self._state * self._num_actions + action) * self._num_outcomes
        if self._bounds:
            draw = self._np_random.random()  # type: ignore[union-attr]
            index += bisect_right(self._bounds, draw)
        self._state = state = self._next_state[index]
        self._elapsed += 1
        terminated = self._terminated[index]
        truncated = self._elapsed >= self._step_limit
        self._is_over = terminated or truncated
        if self.render_mode == "human":
            self.render()
        return self._encode(state), self._reward[index], terminated, truncated, {}

    def render(self) -> Any:
        """A picture, uint8 `[height, width, 3]`, or text; None where a window shows it."""
        if self.render_mode is None:
            gym.logger.warn("render was called without a render_mode: make it with render_mode='rgb_array'")
            return None
        if self.render_mode == "ansi":
            return ansi(self.world, self._state)
        if self._painter is None:
            self._painter = Painter(self.world, FRAME_TILE)
        frame = self._painter.paint(np.array([self._state]))[0]
        if self.render_mode == "rgb_array":
            return frame
        if self._window is None:
            self._window = Window()
        self._window.show(frame, self.metadata["render_fps"])
        return None

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def state(self) -> bytes:
        """Position, clock and generator; `restore` continues from there exactly."""
        place = [self._state, self._elapsed, self._is_over]
        return snapshots.pack(_KIND, self.world.fingerprint, [np.array(place, np.int64), to_words(self.np_random)])

    def restore(self, data: bytes) -> None:
        """Go to where `state` was called, in an environment made with the same arguments.

        Raises:
            TypeError: `data` is not bytes.
            ValueError: `data` is damaged or belongs to another environment.
        """
        like = [np.empty(3, np.int64), np.empty(6, np.uint64)]
        place, words = snapshots.unpack(_KIND, self.world.fingerprint, data, like)
        self._state, self._elapsed = place[:2].tolist()
        self._is_over = bool(place[2])
        self.np_random.bit_generator.state = from_words(words).bit_generator.state

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

    def __getstate__(self) -> dict[str, Any]:
        """Leaves out the tables made by `_load_table`: memory views cannot be copied or pickled."""
        return {name: value for name, value in vars(self).items() if name not in _TABLES}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Undo `__getstate__`."""
        vars(self).update(state)
        self._load_table()

    def _load_table(self) -> None:
        """Flat Python tables: lists are fastest to read, views cost nothing to make for large worlds."""
        table = self.world.table
        self._num_actions = table.num_actions
        self._num_outcomes = table.num_outcomes
        self._step_limit = self.world.step_limit
        self._bounds = table.outcome_bounds.tolist()
        self._starts = table.start_states.tolist()
        self._next_state = _flat(table.next_state)
        self._reward = _flat(table.reward)
        self._terminated = _flat(table.terminated)


def _flat(array: npt.NDArray[Any]) -> Sequence[Any]:
    flat = np.ascontiguousarray(array).ravel()
    return flat.tolist() if flat.size <= _LARGEST_LIST else flat.data

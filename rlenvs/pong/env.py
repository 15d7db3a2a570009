"""The single environment."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import ResetNeeded

from rlenvs.foundation import snapshots
from rlenvs.foundation.checks import EPISODE_IS_OVER, discrete_action, one_of
from rlenvs.foundation.windows import Window
from rlenvs.pong import rendering
from rlenvs.pong.emulator import SCREEN_SHAPE, Bytes, check_installed
from rlenvs.pong.member import Member
from rlenvs.pong.observers import choose_compiled, make_observer, observation_space
from rlenvs.pong.rules import make_rules

RENDER_MODES = ("human", "rgb_array", "ansi")
FRAMES_PER_SECOND = 60
_KIND = "a game of Pong"
_LAZY = ("_member", "_window")


class PongEnv(gym.Env[npt.NDArray[Any], int]):
    """Pong as a Gymnasium environment.

    The reward is 1 for a point won and -1 for one lost. `terminated` when somebody has 21 points, `truncated` after
    `max_num_frames_per_episode` frames. Infos hold `lives` (always 0) and `point` (the step's reward as an integer).

    With equal arguments the trajectory is that of Gymnasium's `FrameStackObservation(AtariPreprocessing(...))` around
    `ALE/Pong-v5` with `frameskip=1`, for the same seed and actions.

    Attributes:
        rules: what was chosen.
        step_rewards: all rewards that a step can pay.
    """

    metadata = {"render_modes": list(RENDER_MODES), "render_fps": FRAMES_PER_SECOND // 4}
    step_rewards = (-1.0, 0.0, 1.0)

    def __init__(
        self,
        observation: str = "stack",
        render_mode: str | None = None,
        compiled: bool | None = None,
        **arguments: Any,
    ) -> None:
        """Make the environment; the console starts at the first reset.

        Args:
            observation: "stack", "fast", "difference" or "ram".
            render_mode: "human", "rgb_array", "ansi" or None.
            compiled: make frames with numba: the same bits, faster after a second of compiling, once a machine.
                None: if numba is installed.
            **arguments: those of `rules.make_rules`.

        Raises:
            DependencyNotInstalled: ale-py is missing.
            TypeError: an unknown argument.
            ValueError: a bad value.
        """
        if render_mode is not None:
            one_of(render_mode, RENDER_MODES, "render_mode")
        self.rules = make_rules(observation, **arguments)
        check_installed()
        self._compiled = choose_compiled(compiled)
        self.render_mode = render_mode
        self.metadata = {**self.metadata, "render_fps": max(1, FRAMES_PER_SECOND // self.rules.frame_skip)}
        self.observation_space = observation_space(self.rules)
        self.action_space: spaces.Discrete = spaces.Discrete(len(self.rules.actions))  # type: ignore[assignment]
        self._num_actions = len(self.rules.actions)
        self._member: Member | None = None
        self._window: Window | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Begin an episode; `options` must be empty."""
        if options:
            raise ValueError(f"options has unknown keys {sorted(options)}: reset of Pong takes none")
        if seed is not None:
            self._seed(seed)
        member = self._playing()
        member.reset()
        if self.render_mode == "human":
            self.render()
        return self._observation(member), {"lives": member.game.machine.lives(), "point": 0}

    def step(self, action: int) -> tuple[npt.NDArray[Any], float, bool, bool, dict[str, Any]]:
        """Take one action.

        Raises:
            TypeError: the action is no integer.
            ValueError: the action is out of range.
            ResetNeeded: the episode is over, or none has begun.
        """
        member = self._member
        if member is None or member.is_over:
            raise ResetNeeded(EPISODE_IS_OVER)
        point = member.step(self._checked(action))
        if self.render_mode == "human":
            self.render()
        infos = {"lives": member.game.machine.lives(), "point": point}
        return self._observation(member), float(point), member.terminated, member.truncated, infos

    def render(self) -> Any:
        """The screen, uint8 `[210, 160, 3]`, or text; None where a window shows it."""
        if self.render_mode is None:
            gym.logger.warn("render was called without a render_mode: make it with render_mode='rgb_array'")
            return None
        if self._member is None:
            raise ResetNeeded("render was called before the first reset: call reset")
        screen = self._member.game.screen()
        if self.render_mode == "ansi":
            return rendering.ansi(screen, self._member.ram)
        if self.render_mode == "rgb_array":
            return rendering.rgb(screen)
        if self._window is None:
            self._window = Window()
        self._window.show(rendering.rgb(screen, rendering.WINDOW_SCALE), self.metadata["render_fps"])
        return None

    def close(self) -> None:
        """Close the window, if there is one, and give the console back."""
        if self._window is not None:
            self._window.close()
            self._window = None
        if self._member is not None:
            self._member.game.machine.close()
            self._member = None

    @property
    def step_limit(self) -> int:
        """The largest number of steps that an episode may last."""
        return self.rules.step_limit

    @property
    def controls(self) -> dict[str, int]:
        """The actions of a player's keys, "up" and "down", and of no key at all, "idle", where they exist."""
        names = {"up": "RIGHT", "down": "LEFT", "idle": "NOOP"}
        actions = self.rules.actions
        return {key: actions.index(name) for key, name in names.items() if name in actions}

    def get_action_meanings(self) -> list[str]:
        """ALE's names of the actions, for wrappers that ask for them as of Gymnasium's AtariEnv."""
        return list(self.rules.actions)

    def state(self) -> bytes:
        """The console, what was seen, and the generators; `restore` continues from there exactly."""
        return snapshots.pack(_KIND, self.rules.fingerprint, self._snapshot())

    def restore(self, data: bytes) -> None:
        """Go to where `state` was called, in an environment made with the same arguments.

        Raises:
            TypeError: `data` is not bytes.
            ValueError: `data` is damaged or belongs to another environment.
        """
        (snapshot,) = snapshots.unpack(_KIND, self.rules.fingerprint, data, self._snapshot())
        self._playing().restore(snapshot.tobytes())
        self._np_random = self._playing().game.generator

    def __getstate__(self) -> dict[str, Any]:
        """Consoles cannot be pickled: their state is."""
        kept = {name: value for name, value in vars(self).items() if name not in _LAZY}
        return kept | {"_state": None if self._member is None else self.state()}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """Undo `__getstate__`."""
        state = kept.pop("_state")
        vars(self).update(kept)
        self._member = self._window = None
        if state is not None:
            self.restore(state)

    def _playing(self) -> Member:
        """The game, seeded by the system if nobody has."""
        if self._member is None:
            screens: Bytes = np.zeros((2, *SCREEN_SHAPE), np.uint8)
            observer = make_observer(self.rules, self._compiled)
            self._member = Member(self.rules, observer, self.step_limit, screens)
            self._seed(self.np_random_seed)
        return self._member

    def _seed(self, seed: int) -> None:
        self._np_random_seed = seed
        game = self._playing().game
        game.seed(seed)
        self._np_random = game.generator

    def _snapshot(self) -> list[npt.NDArray[np.uint8]]:
        return [np.frombuffer(self._playing().snapshot(), np.uint8)]

    def _observation(self, member: Member) -> npt.NDArray[Any]:
        space: Any = self.observation_space
        observation: npt.NDArray[Any] = np.empty(space.shape, space.dtype)
        member.observer.write(observation)
        return observation

    def _checked(self, action: Any) -> int:
        if action.__class__ is int and 0 <= action < self._num_actions:
            return action  # the usual case, fast
        return discrete_action(action, self._num_actions)


"""One game of Pong under the rules: seeds, no-op starts, sticky actions, frame skip and the frame limit.

Everything random is drawn here, from the streams that Gymnasium's AtariEnv would seed: the first word of
`SeedSequence(seed)` seeds the generator of no-op starts, the second one the Mersenne Twister of sticky actions, of
which ALE takes two numbers a frame, one a player. A game is therefore the same as under Gymnasium.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.foundation.generators import from_words, to_words
from rlenvs.pong.emulator import SCREEN_SHAPE, Bytes, Machine
from rlenvs.pong.rules import Rules
from rlenvs.pong.sticky import StickyActions

NOOP = 0
POINTS_TO_WIN = 21


class Game:
    """One game.

    Args:
        rules: how it is played.
        machine: the console.
        screens: room for two screens, uint8 `[2, 210, 160]`; games that take turns should share it, for what does
            not leave the processor's cache is read several times faster.

    Attributes:
        machine: the console.
        pooled: the screens whose pixelwise maximum is to be shown; valid until another game uses `screens`. They
            are those of the last two frames of the last whole step; a step that ends the episode adds its last
            frame but one if it came so far, and its last one never, as in Gymnasium's AtariPreprocessing.
        frames: frames of the episode so far, no-ops included.
        terminated: somebody has 21 points.
        truncated: the frame limit is reached.
        generator: draws no-op starts.
    """

    def __init__(self, rules: Rules, machine: Machine, screens: Bytes) -> None:
        self.machine = machine
        self.generator = np.random.Generator(np.random.PCG64(0))
        self._rules = rules
        self._codes = rules.action_codes
        self._sticky = StickyActions(rules.repeat_action_probability)
        self._is_sticky = rules.repeat_action_probability > 0
        shown = 0 if rules.observation == "ram" else 2 if rules.max_pool and rules.frame_skip > 1 else 1
        self._shown_from = rules.frame_skip + 1 - shown  # the first frame of a step that is looked at
        self._older, self._newer = screens
        self._pair = (self._older if shown == 2 else self._newer, self._newer)
        self._kept: Bytes = np.zeros(screens.shape if shown else (0,), np.uint8)
        self._restored_screen: Bytes | None = machine.start_screen
        self._last_action = NOOP
        self._points = [0, 0]
        self.pooled: tuple[Bytes, ...] = self._pair
        self.frames = 0
        self.terminated = self.truncated = False

    def seed(self, seed: int) -> None:
        """Seed both streams as Gymnasium's AtariEnv does."""
        for_noops, for_stickiness = np.random.SeedSequence(seed).generate_state(2).tolist()
        self.generator = np.random.Generator(np.random.PCG64(for_noops))
        self._sticky.seed(for_stickiness)

    def vary(self, rank: int) -> None:
        """Go on with streams of its own, made from the present ones and `rank`."""
        self.seed(self._sticky.varied_seed(rank))

    def reset(self) -> None:
        """Begin an episode."""
        self.machine.reset()
        self._last_action = NOOP
        self._points = [0, 0]
        self.terminated = self.truncated = False
        self._restored_screen = self.machine.start_screen
        most = self._rules.noop_max
        self.frames = int(self.generator.integers(1, most + 1)) if most else 0
        for _ in range(self.frames):
            self._act(NOOP)
        self._older[...] = self._newer[...] = self.screen()
        self._show_pair()

    def step(self, action: int) -> int:
        """Play an action, given by its place in the rules, for `frame_skip` frames; return the points won."""
        code, skip, machine = self._codes[action], self._rules.frame_skip, self.machine
        frames_left = self._rules.max_num_frames_per_episode - self.frames
        points, frame = 0, 0
        while frame < skip:
            points += self._act(code)
            frame += 1
            self.terminated = points != 0 and machine.over()
            self.truncated = frame == frames_left
            if self.terminated or self.truncated:
                self._show_end(frame)
                break
            if frame >= self._shown_from:
                machine.screen(self._newer if frame == skip else self._older)
        self.frames += frame
        if points:
            self._points[points > 0] += abs(points)
        if not (self.terminated or self.truncated):
            self._show_pair()
        return points

    def screen(self) -> Bytes:
        """The screen of the last frame."""
        if self._restored_screen is not None:
            return self._restored_screen
        screen: Bytes = np.empty(SCREEN_SHAPE, np.uint8)
        self.machine.screen(screen)
        return screen

    def arrays(self) -> list[npt.NDArray[Any]]:
        """The state, as arrays of constant shapes."""
        place = [self.frames, self._last_action, self.terminated, self.truncated, *self._points]
        return [
            self.machine.snapshot(),
            self._kept,
            self.screen(),
            np.array(place, np.int64),
            to_words(self.generator),
            *self._sticky.arrays(),
        ]

    def load(self, machine: Bytes, kept: Bytes, screen: Bytes, place: Any, words: Any, *sticky: Any) -> None:
        """Undo `arrays`; there is nothing in `pooled` before the next step."""
        self.machine.restore(machine)
        self._kept = kept
        self._restored_screen = screen
        self.frames, self._last_action, terminated, truncated, lost, won = place.tolist()
        self.terminated, self.truncated = bool(terminated), bool(truncated)
        self._points = [lost, won]
        self.generator = from_words(words)
        self._sticky.load(*sticky)

    def _act(self, code: int) -> int:
        if self._is_sticky:
            if not self._sticky.repeats():
                self._last_action = code
            code = self._last_action
        self._restored_screen = None
        return self.machine.act(code)

    def _show_pair(self) -> None:
        """Show the last frames of a whole step, and keep them if the next step may end the episode."""
        self.pooled = self._pair
        frames_left = self._rules.max_num_frames_per_episode - self.frames
        if max(self._points) >= POINTS_TO_WIN - 1 or frames_left <= self._rules.frame_skip:
            for kept, screen in zip(self._kept, self._pair, strict=False):
                kept[...] = screen

    def _show_end(self, frame: int) -> None:
        """Show what was kept of the step before, with the last frame but one if this step came so far."""
        self.pooled = tuple(self._kept)
        if frame == self._rules.frame_skip > self._shown_from:
            self.pooled += (self._older,)

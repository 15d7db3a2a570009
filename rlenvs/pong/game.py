"""One game of Pong under the rules: seeds, no-op starts, sticky actions, frame skip and the frame limit.

Everything random is drawn here, from the streams that Gymnasium's AtariEnv would seed: the first word of
`SeedSequence(seed)` seeds the generator of no-op starts, the second one the Mersenne Twister of sticky actions, of
which ALE takes two numbers a frame, one a player. A game is therefore the same as under Gymnasium.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from rlenvs.foundation.generators import from_words, to_words
from rlenvs.pong.emulator import SCREEN_SHAPE, Bytes, Machine
from rlenvs.pong.rules import Rules

NOOP = 0
_SPARE = 4  # the screen of an episode's last frame, where that is not the last one of a step


class Game:
    """One game.

    Attributes:
        machine: the console.
        pooled: the screens whose pixelwise maximum is to be shown. They are those of the last two frames of the
            last whole step; a step that ends the episode adds its last frame but one if it came so far, and its
            last one never, as in Gymnasium's AtariPreprocessing.
        current: the screen of the last frame.
        frames: frames of the episode so far, no-ops included.
        terminated: somebody has 21 points.
        truncated: the frame limit is reached.
        generator: draws no-op starts.
    """

    def __init__(self, rules: Rules, machine: Machine) -> None:
        self.machine = machine
        self.generator = np.random.Generator(np.random.PCG64(0))
        self._rules = rules
        self._codes = rules.action_codes
        self._pools = rules.max_pool and rules.frame_skip > 1
        self._sticky = np.random.MT19937(0)
        self._threshold = rules.repeat_action_probability * 2**32
        self._screens: Bytes = np.zeros((5, *SCREEN_SHAPE), np.uint8)
        self._front = 0
        self._last_action = NOOP
        self._show_front()
        self.frames = 0
        self.terminated = self.truncated = False

    def seed(self, seed: int) -> None:
        """Seed both streams as Gymnasium's AtariEnv does."""
        for_noops, for_stickiness = np.random.SeedSequence(seed).generate_state(2).tolist()
        self.generator = np.random.Generator(np.random.PCG64(for_noops))
        self._seed_sticky(for_stickiness)

    def vary(self, rank: int) -> None:
        """Go on with streams of its own, made from the present ones and `rank`."""
        twister = np.random.MT19937(0)
        twister.state = self._sticky.state
        self.seed(varied_seed(twister, rank))

    def reset(self) -> None:
        """Begin an episode."""
        self.machine.reset()
        self._last_action = NOOP
        self.terminated = self.truncated = False
        most = self._rules.noop_max
        self.frames = int(self.generator.integers(1, most + 1)) if most else 0
        for _ in range(self.frames):
            self._act(NOOP)
        self._front = 0
        if self.frames:
            self.machine.screen(self._screens[0])
        else:
            self._screens[0] = self.machine.start_screen
        self._screens[1] = self._screens[0]
        self._show_front()

    def step(self, action: int) -> int:
        """Play an action, given by its place in the rules, for `frame_skip` frames; return the points won."""
        code, skip, machine = self._codes[action], self._rules.frame_skip, self.machine
        back = 2 - self._front
        points, frame = 0, 0
        frames_left = self._rules.max_num_frames_per_episode - self.frames
        while frame < skip:
            points += self._act(code)
            frame += 1
            self.terminated = points != 0 and machine.over()
            self.truncated = frame == frames_left
            if self.terminated or self.truncated:
                self._show_end(back, frame)
                break
            if frame >= skip - 1:
                machine.screen(self._screens[back + frame - skip + 1])
        else:
            self._front = back
            self._show_front()
        self.frames += frame
        return points

    def arrays(self) -> list[npt.NDArray[Any]]:
        """The state, as arrays of constant shapes."""
        twister: Any = self._sticky.state["state"]
        place = [self.frames, self._last_action, self.terminated, self.truncated, twister["pos"]]
        return [
            self.machine.snapshot(),
            self._screens[self._front : self._front + 2],
            self.current,
            twister["key"],
            np.array(place, np.int64),
            to_words(self.generator),
        ]

    def load(self, machine: Bytes, shown: Bytes, current: Bytes, key: Any, place: Any, words: Any) -> None:
        """Undo `arrays`."""
        self.machine.restore(machine)
        self._front = 0
        self._screens[:2] = shown
        self._screens[_SPARE] = current
        self._show_front()
        self.current = self._screens[_SPARE]
        self.frames, self._last_action, terminated, truncated, position = place.tolist()
        self.terminated, self.truncated = bool(terminated), bool(truncated)
        self._sticky.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
        self.generator = from_words(words)

    def _act(self, code: int) -> int:
        if self._threshold:
            draw = self._sticky.random_raw
            if draw() >= self._threshold:
                self._last_action = code
            draw()
            code = self._last_action
        return self.machine.act(code)

    def _seed_sticky(self, seed: int) -> None:
        _, key, position, *_ = cast(tuple[Any, ...], np.random.RandomState(seed).get_state())
        self._sticky.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}

    def _show_front(self) -> None:
        older, newer = self._screens[self._front], self._screens[self._front + 1]
        self.pooled: tuple[Bytes, ...] = (older, newer) if self._pools else (newer, newer)
        self.current = newer

    def _show_end(self, back: int, frame: int) -> None:
        self.current = self._screens[_SPARE]
        self.machine.screen(self.current)
        if self._pools and frame == self._rules.frame_skip:
            self.pooled = (*self.pooled, self._screens[back])


def varied_seed(twister: np.random.MT19937, rank: int) -> int:
    """A seed made from a generator's next numbers and `rank`."""
    return int.from_bytes(twister.random_raw(8).astype(np.uint32).tobytes(), "little") + (rank << 256)

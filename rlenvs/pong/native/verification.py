"""Play the same actions on ale-py and on this engine, and count the frames that differ in anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.pong.native.automaton import advance, is_over, last_uncharged_line
from rlenvs.pong.native.layout import BALL_Y, CPU_SCORE, NUM_FIELDS, PLAYER_SCORE, RESISTANCE, Games, start
from rlenvs.pong.native.memory import memory
from rlenvs.pong.native.rom import cartridge_path
from rlenvs.pong.native.screen import draw_screens
from rlenvs.pong.native.sticky import is_repeated, seeded
from rlenvs.pong.native.views import make_view
from rlenvs.pong.observers import choose_compiled, frame_maker
from rlenvs.pong.rules import make_rules

_BLOCK = 256
_NUM_ACTIONS, _FIRE, _RIGHT_FIRE, _LEFT_FIRE = 18, 1, 11, 12
_MIDDLE, _NEAR = 7, 2  # lines
_FRAMES_AN_OBSERVATION = 4

OBSERVATIONS = ("stack", "fast", "difference")
"""Those that are painted without a screen."""

Player = Callable[[Games, np.random.Generator], int]


@dataclass
class Report:
    """What was compared.

    Attributes:
        frames: frames played on both sides, starts of games apart.
        games: games played to their end.
        scores: final scores, computer's and player's.
        mismatches: by part ("memory", "screen", "reward", "over", and every fourth observation "stack", "fast" and
            "difference"), the frames in which it differed.
    """

    frames: int = 0
    games: int = 0
    scores: list[tuple[int, int]] = field(default_factory=list)
    mismatches: dict[str, list[int]] = field(
        default_factory=lambda: {part: [] for part in ("memory", "screen", "reward", "over", *OBSERVATIONS)}
    )


def random_player(game: Games, rng: np.random.Generator) -> int:
    """One of all 18 actions."""
    return int(rng.integers(_NUM_ACTIONS))


def tracker(skill: float) -> Player:
    """A player that follows the ball with this probability a frame, button pressed, else plays at random.

    With 0.97 it wins, with 0.3 it loses; about 0.9 gives close games.
    """

    def play(game: Games, rng: np.random.Generator) -> int:
        if rng.random() >= skill:
            return random_player(game, rng)
        distance = last_uncharged_line(game[RESISTANCE]) - game[BALL_Y] + _MIDDLE
        if abs(distance) <= _NEAR:
            return _FIRE
        return _RIGHT_FIRE if distance > 0 else _LEFT_FIRE

    return play


def compare(
    frames: int, player: Player, seed: int, repeat_action_probability: float = 0.0, repeats: int = 1
) -> Report:
    """Play whole games for at least `frames` frames.

    Args:
        frames: how many frames to compare.
        player: chooses an action from the game and a generator.
        seed: of the player's generator and of sticky actions.
        repeat_action_probability: ALE's sticky actions, with ALE's own generator on both sides.
        repeats: frames for which the player keeps an action.

    Returns:
        The counts.
    """
    ale = _emulator(seed, repeat_action_probability)
    painters = {observation: _Painter(observation) for observation in OBSERVATIONS}
    rng, report, game = np.random.default_rng(seed), Report(), start()
    words, place = seeded(seed)
    places, kept, action = np.array([place]), 0, 0
    while report.frames < frames:
        block = _Block()
        block.keep(ale, game, 0, 0, False)
        for k in range(_BLOCK):
            if k % repeats == 0:
                action = player(game, rng)
            if not is_repeated(words, places, 0, repeat_action_probability * 2**32):
                kept = action
            reward = int(advance(game, kept))
            block.keep(ale, game, reward, ale.act(action), bool(is_over(game)))
            report.frames += 1
            if is_over(game):
                report.games += 1
                report.scores.append((int(game[CPU_SCORE]), int(game[PLAYER_SCORE])))
                game, kept = start(), 0
                ale.reset_game()
                block.keep(ale, game, 0, 0, False)
        block.compare(report, painters)
    return report


class _Block:
    """Some frames of both sides, to be compared together."""

    def __init__(self) -> None:
        most = 2 * _BLOCK
        self._games = np.empty((most, NUM_FIELDS), dtype=np.int32)
        self._memory = np.empty((most, 128), dtype=np.uint8)
        self._screens = np.empty((most, 210, 160), dtype=np.uint8)
        self._rewards = np.zeros((most, 2), dtype=np.int64)
        self._over = np.zeros((most, 2), dtype=np.bool_)
        self._size = 0

    def keep(self, ale: Any, game: Games, reward: int, ale_reward: int, over: bool) -> None:
        k = self._size
        self._games[k] = game
        ale.getRAM(self._memory[k])
        ale.getScreen(self._screens[k])
        self._rewards[k] = reward, ale_reward
        self._over[k] = over, ale.game_over(with_truncation=False)
        self._size += 1

    def compare(self, report: Report, painters: dict[str, _Painter]) -> None:
        n = self._size
        differs = {
            "memory": (memory(self._games[:n]) != self._memory[:n]).any(axis=1),
            "screen": (draw_screens(self._games[:n]) != self._screens[:n]).any(axis=(1, 2)),
            "reward": self._rewards[:n, 0] != self._rewards[:n, 1],
            "over": self._over[:n, 0] != self._over[:n, 1],
        }
        for observation, painter in painters.items():
            differs[observation] = np.zeros(n, np.bool_)
            for k in range(1, n, _FRAMES_AN_OBSERVATION):
                pair = slice(k - 1, k + 1)
                differs[observation][k] = painter.differs(self._games[pair], self._screens[pair])
        for part, frames in differs.items():
            report.mismatches[part] += (report.frames - n + np.flatnonzero(frames)).tolist()


class _Painter:
    """Frames of one observation, painted without a screen and made from the emulator's.

    One for a whole comparison: what a painter leaves behind shows later.
    """

    def __init__(self, observation: str) -> None:
        rules = make_rules(observation, backend="native")
        self._shows_one = not rules.max_pool
        self._view = make_view(rules, 1)
        self._make_frame = frame_maker(observation, choose_compiled(None))

    def differs(self, games: Games, screens: npt.NDArray[np.uint8]) -> bool:
        """Whether the frames of two games in a row `[2, F]` and their screens `[2, 210, 160]` differ."""
        if self._shows_one:
            games, screens = games[[1, 1]], screens[[1, 1]]
        self._view.see(np.zeros(1, np.int64), games[1:], games[None], np.full(1, 2))
        frames, oldest = self._view.arrays()
        expected = np.empty(frames.shape[2:], np.uint8)
        self._make_frame(list(screens), expected)
        return not np.array_equal(frames[0, oldest[0] - 1], expected)


def _emulator(seed: int, repeat_action_probability: float) -> Any:
    import ale_py

    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.setInt("random_seed", seed)
    ale.setFloat("repeat_action_probability", repeat_action_probability)
    ale.setInt("max_num_frames_per_episode", 0)
    ale.loadROM(cartridge_path())
    ale.reset_game()
    return ale

"""Play an environment from the keyboard: in a terminal, from piped keys, or in a window.

Arrow keys or WASD move, digits choose an action by its number, r restarts, q quits.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO

import gymnasium as gym

HELP = "arrows or WASD: move   0-9: action by number   r: restart   q: quit"
MOVES = {
    2: {"left": 0, "right": 1},
    4: {"up": 0, "right": 1, "down": 2, "left": 3},
}
"""Actions of the arrow keys, by the number of actions; the gridworlds number theirs clockwise from up."""

LETTERS = {"w": "up", "a": "left", "s": "down", "d": "right"}
ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}
"""Final letters of the escape sequences that terminals send for the arrow keys."""

ENTER_SCREEN, LEAVE_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
CLEAR = "\x1b[H\x1b[2J"


class Game:
    """One player's episodes in an environment with a `Discrete` action space.

    Attributes:
        returns: Undiscounted returns of the episodes that ended.
    """

    def __init__(self, env: gym.Env[Any, Any], seed: int | None) -> None:
        if not isinstance(env.action_space, gym.spaces.Discrete):
            raise ValueError(f"the actions of {env} are {env.action_space}: only Discrete ones can be played")
        self.env = env
        self.returns: list[float] = []
        self._ending: str = ""
        self._num_actions = int(env.action_space.n)
        self._start(seed)

    def press(self, key: str) -> None:
        """Applies one key: a direction, a digit or ``r``; others, and moves after the end, do nothing."""
        if key == "r":
            self._start(None)
        elif not self._ending and (action := self._action(key)) is not None:
            _, reward, terminated, truncated, _ = self.env.step(action)
            self._steps += 1
            self._reward = float(reward)
            self._return += self._reward
            if terminated or truncated:
                self._ending = "the end" if terminated else "out of steps"
                self.returns.append(self._return)

    def status(self) -> str:
        """One line: steps, last reward, return, and how the episode ended."""
        text = f"step {self._steps}   reward {self._reward:g}   return {self._return:g}"
        return f"{text}   {self._ending}: r plays again, q quits" if self._ending else text

    def _start(self, seed: int | None) -> None:
        self.env.reset(seed=seed)
        self._steps = 0
        self._reward = self._return = 0.0
        self._ending = ""

    def _action(self, key: str) -> int | None:
        if key.isdecimal() and int(key) < self._num_actions:
            return int(key)
        return MOVES.get(self._num_actions, {}).get(key)


def play_in_terminal(env_id: str, seed: int | None, arguments: dict[str, Any]) -> list[float]:
    """Plays until q, Ctrl-C or the end of the input; redraws in place on a terminal, else prints every frame.

    Returns:
        The returns of the episodes that ended.
    """
    game = Game(gym.make(env_id, render_mode="ansi", **arguments), seed)
    redraws = sys.stdin.isatty() and sys.stdout.isatty()
    with full_screen(sys.stdin) if redraws else contextlib.nullcontext():
        _show(game, env_id, redraws)
        for key in read_keys(sys.stdin):
            game.press(key)
            _show(game, env_id, redraws)
    return game.returns


def play_in_window(env_id: str, seed: int | None, arguments: dict[str, Any]) -> list[float]:
    """Plays in a window until q or until it is closed; see `play_in_terminal`."""
    game = Game(gym.make(env_id, render_mode="human", **arguments), seed)
    try:
        for key in window_keys():
            game.press(key)
            print(game.status())
    finally:
        game.env.close()
    return game.returns


def read_keys(stream: TextIO) -> Iterator[str]:
    """The names of typed keys, up to q or the end of `stream`: directions, digits and letters."""
    while character := stream.read(1):
        if character == "\x1b" and stream.read(1) in "[O":
            character = ARROWS.get(stream.read(1), "")
        key = LETTERS.get(character.lower(), character.lower())
        if key == "q":
            return
        if key.strip():
            yield key


def window_keys() -> Iterator[str]:
    """The same from the open pygame window."""
    import pygame

    named = {pygame.K_UP: "up", pygame.K_DOWN: "down", pygame.K_LEFT: "left", pygame.K_RIGHT: "right"}
    while True:
        event = pygame.event.wait()
        if event.type == pygame.QUIT or (event.type == pygame.KEYDOWN and event.unicode.lower() == "q"):
            return
        if event.type == pygame.KEYDOWN:
            yield named.get(event.key, LETTERS.get(event.unicode.lower(), event.unicode.lower()))


@contextlib.contextmanager
def full_screen(terminal: TextIO) -> Iterator[None]:
    """Takes over the terminal's second screen and gets every key at once, unseen; gives all back in any case.

    Ctrl-C still interrupts. Without `termios` (Windows) keys count once Enter is pressed.
    """
    try:
        import termios
        import tty
    except ImportError:
        yield
        return
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        print(ENTER_SCREEN, end="", flush=True)
        yield
    finally:
        print(LEAVE_SCREEN, end="", flush=True)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _show(game: Game, title: str, redraws: bool) -> None:
    lines = (title, "", str(game.env.render()).rstrip(), "", game.status())
    if redraws:
        print(CLEAR + "\n".join([*lines, HELP]), flush=True)
    else:
        print("\n".join(lines), end="\n\n", flush=True)

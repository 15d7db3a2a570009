"""Play an environment from the keyboard: in a terminal, from piped keys, or in a window.

Arrow keys or WASD move, digits choose an action by its number, r restarts, q quits. Most environments wait for a key;
one that names an action for no key at all, as Pong does, goes on by itself, at its own pace.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import select
import sys
import time
from collections.abc import Iterator
from typing import Any, TextIO

import gymnasium as gym

HELP = "arrows or WASD: move   0-9: action by number   r: restart   q: quit"
HELP_IN_MOTION = "up or W, down or S: move until another key   r: restart   q: quit"
IDLE, HELD = "idle", ("up", "down")
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
            name = env.spec.id if env.spec else type(env.unwrapped).__name__
            raise ValueError(f"the actions of {name} are {env.action_space}: only Discrete ones can be played")
        self.env = env
        self.returns: list[float] = []
        self._ending: str = ""
        self._num_actions = int(env.action_space.n)
        self._moves = getattr(env.unwrapped, "controls", MOVES.get(self._num_actions, {}))
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

    @property
    def goes_on(self) -> bool:
        """Whether the game goes on while nobody presses a key."""
        return IDLE in self._moves

    @property
    def seconds_a_step(self) -> float:
        """How long a step of a game that goes on takes."""
        return 1 / self.env.metadata["render_fps"]

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
        return self._moves.get(key)


def play_in_terminal(env_id: str, seed: int | None, arguments: dict[str, Any]) -> list[float]:
    """Plays until q, Ctrl-C or the end of the input; redraws in place on a terminal, else prints every frame.

    Returns:
        The returns of the episodes that ended.
    """
    game = Game(gym.make(env_id, render_mode="ansi", **arguments), seed)
    redraws = sys.stdin.isatty() and sys.stdout.isatty()
    goes_on = redraws and game.goes_on and importlib.util.find_spec("termios") is not None
    keys = keys_in_motion(sys.stdin.fileno(), game.seconds_a_step) if goes_on else read_keys(sys.stdin)
    keys_help = (HELP_IN_MOTION if goes_on else HELP) if redraws else None
    with full_screen(sys.stdin) if redraws else contextlib.nullcontext():
        _show(game, env_id, keys_help)
        for key in keys:
            game.press(key)
            _show(game, env_id, keys_help)
    return game.returns


def play_in_window(env_id: str, seed: int | None, arguments: dict[str, Any]) -> list[float]:
    """Plays in a window until q or until it is closed; see `play_in_terminal`."""
    game = Game(gym.make(env_id, render_mode="human", **arguments), seed)
    shown = ""
    try:
        for key in window_keys_in_motion() if game.goes_on else window_keys():
            game.press(key)
            status = game.status()
            if not game.goes_on or status.partition("return")[2] != shown:
                print(status)
            shown = status.partition("return")[2]
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


def keys_in_motion(terminal: int, seconds: float) -> Iterator[str]:
    """A key every so many seconds up to q or the end of the input: a direction is held until another key is typed.

    Args:
        terminal: file descriptor of the terminal, which sends every key at once.
        seconds: from one key to the next.
    """
    held, due = IDLE, time.monotonic()
    while True:
        due = max(due + seconds, time.monotonic())
        typed = ""
        while (left := due - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                typed += os.read(terminal, 1024).decode(errors="ignore") or "q"
        names = list(read_keys(io.StringIO(typed)))
        if names:
            held = names[-1] if names[-1] in HELD else IDLE
        yield "r" if "r" in names else held
        if "q" in typed.lower():
            return


def window_keys_in_motion() -> Iterator[str]:
    """The key that is held down in the open pygame window, or none, for every step up to q or its closing."""
    import pygame

    directions = {"up": (pygame.K_UP, pygame.K_w), "down": (pygame.K_DOWN, pygame.K_s)}
    while True:
        pressed = [event for event in pygame.event.get() if event.type in (pygame.QUIT, pygame.KEYDOWN)]
        typed = "".join(event.unicode.lower() for event in pressed if event.type == pygame.KEYDOWN)
        if "q" in typed or any(event.type == pygame.QUIT for event in pressed):
            return
        held = pygame.key.get_pressed()
        moving = [name for name, keys in directions.items() if any(held[key] for key in keys)]
        yield "r" if "r" in typed else (*moving, IDLE)[0]
        pygame.time.wait(10)  # the environment keeps the pace; after the end of an episode nobody does


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


def _show(game: Game, title: str, keys_help: str | None) -> None:
    """Draw in place with a line of help, or below each other without one."""
    lines = (title, "", str(game.env.render()).rstrip(), "", game.status())
    if keys_help is not None:
        print(CLEAR + "\n".join([*lines, keys_help]), flush=True)
    else:
        print("\n".join(lines), end="\n\n", flush=True)

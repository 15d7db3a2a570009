"""Playing with piped keys, on a terminal and in a window."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys

import gymnasium as gym
import pytest

from rlenvs import play
from rlenvs.cli import main

CLIFF = "rlenvs/CliffWalk-v0"
RLENVS = [sys.executable, "-c", "import sys; from rlenvs.cli import main; sys.exit(main())"]


def keys_of(text: str) -> list[str]:
    return list(play.read_keys(io.StringIO(text)))


def test_keys_are_named() -> None:
    assert keys_of("wasdWASD") == ["up", "left", "down", "right"] * 2
    assert keys_of("\x1b[A\x1b[B\x1bOC\x1bOD") == ["up", "down", "right", "left"]
    assert keys_of("3r \nq4") == ["3", "r"]
    assert keys_of("\x1b") == keys_of("\x1b[") == keys_of("") == []


def test_piped_keys_play_an_episode(capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("w" + "d" * 11 + "s" + "d" + "q"))
    assert main(["play", "cliffwalk", "--seed", "1"]) == 0
    frames = capsys.readouterr().out.split(f"{CLIFF}\n")
    assert len(frames) == 1 + 1 + 14
    assert "step 1   reward -1   return -1" in frames[2]
    assert "return -13   the end: r plays again, q quits" in frames[-2]
    assert frames[-1].endswith("returns: -13\n")


def test_restart_and_digits_and_arguments(capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("00r1dd"))
    assert main(["play", CLIFF, "--set", "step_limit=2", "slip=0.0"]) == 0
    out = capsys.readouterr().out
    assert "return -2   out of steps" in out
    assert out.endswith("returns: -2, -200\n")


def test_two_actions_are_played_with_left_and_right() -> None:
    game = play.Game(gym.make("rlenvs/DeepSea-v0", size=3, render_mode="ansi"), seed=0)
    for key in ("up", "7", "left", "right", "left", "left"):
        game.press(key)
    assert len(game.returns) == 1
    assert game.status().startswith("step 3 ")


def test_environments_with_other_actions_are_refused() -> None:
    with pytest.raises(ValueError, match="only Discrete ones can be played"):
        play.Game(gym.make("Pendulum-v1"), seed=0)


def heed_ctrl_c() -> None:
    """What a shell gives a program in the foreground; tests may run in the background, where Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Terminal:
    """`rlenvs play` on a pseudo-terminal."""

    def __init__(self, env_id: str = "cliffwalk") -> None:
        pty, self._termios = pytest.importorskip("pty"), pytest.importorskip("termios")
        self.ours, self.its = pty.openpty()
        self.before = self._termios.tcgetattr(self.its)
        self.process = subprocess.Popen(
            [*RLENVS, "play", env_id],
            stdin=self.its,
            stdout=self.its,
            stderr=self.its,
            start_new_session=True,
            preexec_fn=heed_ctrl_c,
        )
        self.text = ""

    def type(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def wait_for(self, text: str) -> None:
        while text not in self.text:
            self.text += os.read(self.ours, 4096).decode()

    def interrupt(self) -> None:
        """Ctrl-C, again if need be: Python misses a signal in the instant before a blocking read."""
        for _ in range(5):
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=4)
                return

    def end(self) -> int:
        code = self.process.wait(timeout=60)
        assert self._termios.tcgetattr(self.its) == self.before
        os.set_blocking(self.ours, False)
        self.text += os.read(self.ours, 65536).decode()
        os.close(self.ours)
        os.close(self.its)
        return code


def test_on_a_terminal_frames_are_redrawn_and_the_terminal_is_given_back() -> None:
    terminal = Terminal()
    terminal.wait_for(play.HELP)
    assert play.ENTER_SCREEN in terminal.text
    terminal.type("\x1b[A")
    terminal.wait_for("step 1 ")
    assert terminal.text.count(play.CLEAR) == 2
    terminal.type("q")
    assert terminal.end() == 0
    assert play.LEAVE_SCREEN in terminal.text
    assert terminal.text.rstrip().endswith("returns: no episode ended")


def test_ctrl_c_gives_the_terminal_back_too() -> None:
    terminal = Terminal()
    terminal.wait_for(play.HELP)
    terminal.interrupt()
    assert terminal.end() == 130
    assert terminal.text.endswith(play.LEAVE_SCREEN)
    assert "Traceback" not in terminal.text


def test_pong_goes_on_by_itself_on_a_terminal() -> None:
    terminal = Terminal("pong")
    terminal.wait_for(play.HELP_IN_MOTION)
    terminal.wait_for("step 3 ")
    terminal.type("\x1b[A")
    terminal.wait_for("step 9 ")
    terminal.type("q")
    assert terminal.end() == 0
    assert terminal.text.rstrip().endswith("returns: no episode ended")


def test_pong_waits_for_piped_keys(capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("ws0q"))
    assert main(["play", "pongfast", "--seed", "1"]) == 0
    out = capsys.readouterr().out
    assert out.count("rlenvs/PongFast-v0\n") == 4 and "opponent  0" in out and "step 3   reward 0   return 0" in out


def test_directions_are_held_until_another_key() -> None:
    ours, its = os.pipe()
    os.write(its, b"\x1b[Aw")
    keys = play.keys_in_motion(ours, 0.01)
    assert [next(keys) for _ in range(3)] == ["up"] * 3
    os.write(its, b"r")
    assert [next(keys) for _ in range(2)] == ["r", "idle"]
    os.close(its)  # the end of the input quits
    assert list(keys) == ["idle"]
    os.close(ours)


def test_pong_is_played_in_a_window_with_held_keys(capsys, monkeypatch) -> None:
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    events = [[], [], [pygame.event.Event(pygame.KEYDOWN, key=pygame.K_r, unicode="r")], []]
    events.append([pygame.event.Event(pygame.QUIT)])
    monkeypatch.setattr(pygame.event, "get", lambda: events.pop(0))
    assert main(["play", "pongram", "--window"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "returns: no episode ended"
    assert not events


def test_a_window_is_played_by_its_events(capsys, monkeypatch) -> None:
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    events = [
        pygame.event.Event(pygame.KEYDOWN, key=pygame.K_UP, unicode=""),
        pygame.event.Event(pygame.KEYUP, key=pygame.K_UP, unicode=""),
        pygame.event.Event(pygame.KEYDOWN, key=pygame.K_d, unicode="d"),
        pygame.event.Event(pygame.QUIT),
    ]
    monkeypatch.setattr(pygame.event, "wait", lambda: events.pop(0))
    assert main(["play", "cliffwalk", "--window"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "step 1   reward -1   return -1",
        "step 2   reward -1   return -2",
        "returns: no episode ended",
    ]

"""What the tests of the commands share: a small training in words."""

from __future__ import annotations

from pathlib import Path

MY_AGENT = Path(__file__).with_name("my_agent.py")
ENV = "rlenvs/CliffWalk-v0"
SMALL = ("hidden=[16]", "num_envs=4", "num_steps=16")


def training(runs: Path, agent: str = "ppo", *more: str) -> list[str]:
    """Arguments that train 1,500 steps in about a second."""
    words = ["--env", ENV, "--agent", agent, "--budget", "1500", "--runs", str(runs), *more]
    return [*words, "--set", *SMALL] if agent in ("ppo", "a2c") else words


def assert_one_line(code: int, out: str, err: str, message: str) -> None:
    """The command failed as a user's mistake should: one line that says what was wrong, and no result."""
    assert code == 1 and out == ""
    assert err.startswith("error: ") and err.count("\n") == 1 and err.endswith("\n")
    assert message in err

"""Answer the problems of a text environment in a terminal, or from piped lines: what `rlenvs play math` does.

A line is a response; where answers are programs, an empty line ends it. In the token view its tokens and the end token
are written one after the other.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import gymnasium as gym

from rlenvs.tasks.dataset_code import CodeFileTask
from rlenvs.tasks.programs.base import CodeTask
from rlenvs.text.response_env import ResponseEnv
from rlenvs.text.token_env import TokenEnv

QUIT = ":q"
HELP = f"Enter sends the answer; {QUIT} or Ctrl-D quits"
HELP_FOR_PROGRAMS = f"an empty line sends the answer; {QUIT} or Ctrl-D quits"
_ASKING, _LINE = "> ", "\n"


def play_texts(env_id: str, seed: int | None, arguments: dict[str, Any]) -> list[float]:
    """Shows problems, reads responses and tells their verdicts, until `QUIT` or the end of the input.

    Args:
        env_id: ``rlenvs/Math-v0`` or another text environment.
        seed: Of the first problem; None for any.
        arguments: Of the environment.

    Returns:
        The returns of the problems that were answered.
    """
    env = gym.make(env_id, render_mode="ansi", **arguments)
    view: ResponseEnv | TokenEnv = env.unwrapped  # type: ignore[assignment]
    task = view.rules.task
    has_lines = isinstance(task, CodeTask | CodeFileTask) and task.is_costly
    print(f"{env_id}   {HELP_FOR_PROGRAMS if has_lines else HELP}")
    returns: list[float] = []
    _, begun = env.reset(seed=seed)
    print(f"\n{env.render()}")
    for response in read_responses(has_lines):
        try:
            reward, is_over, info = _respond(view, response)
        except ValueError as error:
            print(f"not sent: {error}")
            continue
        if not is_over:
            print(view.conversation.messages[-1].text)  # type: ignore[union-attr]
            continue
        returns.append(reward)
        print(_told(view, begun["problem_id"], reward, info))
        _, begun = env.reset()
        print(f"\n{env.render()}")
    return returns


def read_responses(has_lines: bool) -> Iterator[str]:
    """What is typed or piped in, up to `QUIT` or the end; empty lines alone are no response.

    Args:
        has_lines: Whether a response goes on up to an empty line.
    """
    lines: list[str] = []
    for line in _read_lines():
        if line.strip() == QUIT:
            return
        if line.strip():
            lines.append(line)
        if lines and not (has_lines and line.strip()):
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _read_lines() -> Iterator[str]:
    while True:
        try:
            line = input(_ASKING)
        except EOFError:
            print()
            return
        if not sys.stdin.isatty():
            print(line)
        yield line


def _respond(view: ResponseEnv | TokenEnv, response: str) -> tuple[float, bool, dict[str, Any]]:
    """Gives a whole response: its reward, whether the episode is over, and the info.

    Raises:
        ValueError: The token view has no token for a character; nothing was written.
    """
    if isinstance(view, ResponseEnv):
        _, reward, is_over, _, info = view.step(response)
        return reward, is_over, info
    tokenizer = view.rules.tokenizer
    for token in [*tokenizer.encode(response), tokenizer.eos_id]:
        _, reward, is_over, _, info = view.step(token)
        if is_over:
            break
    return reward, is_over, info


def _told(view: ResponseEnv | TokenEnv, problem_id: str, reward: float, info: dict[str, Any]) -> str:
    """The verdict, and a right answer where there was none."""
    text = f"{info['status'].replace('_', ' ')}   reward {reward:g}"
    gold = view.rules.task.problem(int(problem_id.rpartition("/")[2]), view.rules.book.split).gold
    if reward or not gold:
        return text
    return f"{text}   right is{_LINE if _LINE in gold else ' '}{gold}"

"""Text tasks as language models train on them: where each is played, and the warm-up it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlenvs.registration import ENVIRONMENTS
from rlenvs.tasks.catalog import CODE_TASKS, TASKS, make_task

# Where the presets' own (`language_presets.LANGUAGE`: 500 steps, 65 % systematically wrong) is not enough.
WARM_UPS: dict[str, dict[str, Any]] = {
    "reverse": {"warm_up_steps": 700},  # after 500 one warm-up in four could not reverse yet
    # In 60 % an operation, or a closing bracket, is drawn anew, and one draw in four is right again: 45 % are wrong.
    # Greedy answers are then mostly right already, and to be outdone. With 60 % wrong, two wrong operations that agree
    # weigh as much as the right one: half as much is learnt.
    "string_operation": {"warm_up_steps": 700, "wrong_share": 0.45, "wrong_kind": "scattered"},
    "brackets": {"warm_up_steps": 800, "wrong_share": 0.45, "wrong_kind": "scattered"},
    "steps": {"warm_up_steps": 600},
    "countdown": {"warm_up_steps": 1600, "warm_up_learning_rate": 2e-3, "wrong_share": 0.0},
}
"""Settings by the family's name, above the presets' and below what is set by hand."""


def warm_up_settings(env_id: str, env_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The warm-up of the task that an environment plays; empty where the presets' own will do."""
    defaults = {entry.id: entry.kwargs for entry in ENVIRONMENTS}.get(env_id.removeprefix("rlenvs:"), {})
    return dict(WARM_UPS.get(str(env_kwargs.get("task", defaults.get("task"))), {}))


def environment_of(words: str) -> tuple[str, dict[str, Any]]:
    """``sort:3``, a family and its level (1 unless it is named), as an id and arguments of an environment of tokens.

    Raises:
        ValueError: no such family or level.
    """
    name, _, level = words.partition(":")
    if name not in TASKS:
        raise ValueError(f"task {words!r}: no such family; choose from {', '.join(TASKS)}")
    if not (level or "1").isdecimal():
        raise ValueError(f"task {words!r}: the level is no number; write NAME or NAME:LEVEL, such as {name}:1")
    number = int(level or 1)
    make_task(name, number)
    return f"rlenvs/{'Code' if name in CODE_TASKS else 'Math'}Token-v0", {"task": name, "level": number}

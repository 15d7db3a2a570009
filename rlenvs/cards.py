"""Environment cards: the page of one id in Markdown, in the order of Gymnasium's environment pages.

Spaces, starts, rewards, endings, arguments and reference scores come from the live environment and the signatures
and docstrings of what builds it: `card_sections` has a module a family.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import gymnasium as gym

from rlenvs.card_sections.parts import table
from rlenvs.catalog import Facts, facts
from rlenvs.registration import EnvironmentEntry

MEASURED_ENVS = {"gridworld": 1024, "pong": 32, "text": 1024}
MEASURED_SECONDS = 1.0


def card(entry: EnvironmentEntry, speeds: dict[str, float] | None = None) -> str:
    """The card of an id as Markdown.

    Args:
        entry: The id's entry in the registration table.
        speeds: What `measure` returned, or None to leave the section out.
    """
    row = facts(entry)
    if row.missing:
        return f"# {entry.id}\n\n{entry.summary}.\n\nIt cannot be made here: {row.missing}\n"
    env: Any = gym.make(entry.id, render_mode="ansi")
    sections = _family(entry.family).sections(entry, row, env) | {
        "Speed": _speeds(speeds) if speeds else "",
        "Version history": _versions(entry.id),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text)
    return f"# {entry.id}\n\n{entry.summary}.\n\n{_picture(env)}\n\n{_summary(row)}\n\n{body}\n"


def measure(entry: EnvironmentEntry) -> dict[str, float]:
    """Steps per second here and now by Gymnasium's own benchmarks, which count the sampling of actions too."""
    from gymnasium.utils.performance import benchmark_step, benchmark_vector_step

    single = benchmark_step(gym.make(entry.id), target_duration=MEASURED_SECONDS, seed=0)  # type: ignore[arg-type]
    num_envs = MEASURED_ENVS[entry.family]
    many = gym.make_vec(entry.id, num_envs)
    batched = benchmark_vector_step(many, target_duration=MEASURED_SECONDS, seed=0)  # type: ignore[arg-type]
    return {"gym.make(id)": single, f"gym.make_vec(id, {num_envs})": batched}


def _family(name: str) -> ModuleType:
    return importlib.import_module(f"rlenvs.card_sections.{name}")


def _picture(env: Any) -> str:
    env.reset(seed=0)
    return f"```\n{env.render().rstrip()}\n```"


def _summary(row: Facts) -> str:
    low, high = row.reward_range or (float("nan"), float("nan"))
    rows = [
        ("Make", f'`gym.make("{row.id}")`, `gym.make_vec("{row.id}", num_envs)`'),
        ("Action space", f"`{row.action_space}`"),
        ("Observation space", f"`{row.observation_space}`"),
        ("Step limit", f"{row.step_limit}"),
        ("Reward of a step", f"{low:g} to {high:g}"),
    ]
    return table(("Property", "Value"), rows)


def _speeds(speeds: dict[str, float]) -> str:
    rows = [(f"`{call}`", f"{speed:,.0f}") for call, speed in speeds.items()]
    note = "Measured just now by Gymnasium's benchmarks, the sampling of actions included."
    return f"{table(('Made by', 'Steps per second'), rows)}\n\n{note}"


def _versions(env_id: str) -> str:
    return f"- {env_id.rpartition('-')[2]}: first version." if env_id.endswith("-v0") else ""

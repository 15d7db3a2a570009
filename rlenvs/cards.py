"""Environment cards: the page of one id in Markdown, in the order of Gymnasium's environment pages.

Spaces, starts, rewards, endings, arguments and reference scores come from the live environment and the signatures
and docstrings of its builder.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

import gymnasium as gym
import numpy as np

from rlenvs.catalog import Facts, describe_space, facts, step_rewards
from rlenvs.gridworld.dynamics import ACTIONS
from rlenvs.gridworld.observations import OBSERVATIONS
from rlenvs.gridworld.vector import GridVectorEnv
from rlenvs.gridworld.world import World
from rlenvs.gridworld.worlds import WORLDS
from rlenvs.registration import EnvironmentEntry

MEASURED_ENVS = 1024
MEASURED_SECONDS = 1.0
VECTOR_ARGUMENTS = ("autoreset_mode", "group_size", "independent_noise")
Rows = Iterable[tuple[str, ...]]


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
    builder = WORLDS[entry.kwargs["world"]]
    description, arguments = split_docstring(builder)
    sections = {
        "Description": description,
        "Action space": _actions(env),
        "Observation space": _observations(entry),
        "Starting state": _starts(env.unwrapped.world),
        "Rewards": _rewards(env.unwrapped),
        "Episode end": _endings(env.unwrapped.world),
        "Arguments": _arguments(builder, arguments),
        "Information": _info_keys(env),
        "Reference scores": _scores(row, entry),
        "Determinism": _determinism(env.unwrapped.world),
        "Speed": _speeds(speeds) if speeds else "",
        "Version history": _versions(entry.id),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text)
    return f"# {entry.id}\n\n{entry.summary}.\n\n{_picture(env)}\n\n{_summary(row)}\n\n{body}\n"


def measure(entry: EnvironmentEntry) -> dict[str, float]:
    """Steps per second here and now by Gymnasium's own benchmarks, which count the sampling of actions too."""
    from gymnasium.utils.performance import benchmark_step, benchmark_vector_step

    single = benchmark_step(gym.make(entry.id), target_duration=MEASURED_SECONDS, seed=0)  # type: ignore[arg-type]
    many = gym.make_vec(entry.id, MEASURED_ENVS)
    batched = benchmark_vector_step(many, target_duration=MEASURED_SECONDS, seed=0)  # type: ignore[arg-type]
    return {"gym.make(id)": single, f"gym.make_vec(id, {MEASURED_ENVS})": batched}


def split_docstring(documented: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """A Google-style docstring as its text before the sections, and its ``Args`` by name."""
    text, _, rest = (inspect.getdoc(documented) or "").partition("\n\nArgs:\n")
    arguments: dict[str, str] = {}
    for line in rest.splitlines():
        if not line.startswith("    "):
            break
        if match := re.match(r"    (\w+): (.*)", line):
            name, arguments[match[1]] = match[1], match[2]
        else:
            arguments[name] += f" {line.strip()}"
    return text, arguments


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
    return _table(("Property", "Value"), rows)


def _actions(env: Any) -> str:
    count = env.action_space.n
    names = ACTIONS if count == len(ACTIONS) else ("its meaning differs from cell to cell",) * count
    return _table(("Action", "Meaning"), ((str(action), name) for action, name in enumerate(names)))


def _observations(entry: EnvironmentEntry) -> str:
    default = gym.make(entry.id).observation_space
    rows = []
    for mode in OBSERVATIONS:
        try:
            space = gym.make(entry.id, observation=mode).observation_space
        except ValueError:
            rows.append((f"`{mode}`", "not offered: it would hide which map is played"))
        else:
            rows.append((f"`{mode}`", f"`{describe_space(space)}`" + (" (default)" if space == default else "")))
    return _table(("`observation=`", "Space"), rows)


def _starts(world: World) -> str:
    starts = np.unique(world.table.start_states)
    if len(starts) == 1:
        return f"Always the same: state {starts[0]} of {world.table.num_states}."
    drawn = "uniformly" if len(starts) == len(world.table.start_states) else "by weight"
    return f"Drawn {drawn} from {len(starts):,} of {world.table.num_states:,} states."


def _rewards(env: Any) -> str:
    return f"A step pays one of: {', '.join(f'{reward:g}' for reward in step_rewards(env))}."


def _endings(world: World) -> str:
    symbols = sorted({chr(symbol) for symbol in world.cells.symbol[world.table.terminal]})
    entered = " or ".join(f"`{symbol}`" for symbol in symbols)
    return f"`terminated` on entering {entered}; `truncated` after {world.step_limit} steps (not observed)."


def _arguments(builder: Callable[..., World], meanings: dict[str, str]) -> str:
    defaults = inspect.signature(builder).parameters
    rows = [(f"`{name}`", f"`{_shown(defaults[name].default)}`", meanings.get(name, "")) for name in defaults]
    rows.append(("`observation`", "`None`", "one of the modes above; None for the default"))
    rows.append(("`render_mode`", "`None`", '"human", "rgb_array", "ansi" or None'))
    _, of_vectors = split_docstring(GridVectorEnv.__init__)
    vector_rows = [(f"`{name}`", of_vectors[name]) for name in of_vectors if name in VECTOR_ARGUMENTS]
    return (
        f"{_table(('Argument', 'Default', 'Meaning'), rows)}\n\nOf `gym.make_vec` only:\n\n"
        f"{_table(('Argument', 'Meaning'), vector_rows)}"
    )


def _shown(default: Any) -> str:
    return "built-in map" if isinstance(default, tuple) else f"{default!r}"


def _info_keys(env: Any) -> str:
    _, at_reset = env.reset(seed=0)
    at_step = env.step(0)[-1]
    keys = ", ".join(f"`{key}`" for key in at_reset | at_step)
    return f"`info` holds {keys}." if keys else "`info` is empty."


def _scores(row: Facts, entry: EnvironmentEntry) -> str:
    if row.random_return is None or row.optimal_return is None:
        return ""
    evaluated = ", ".join(f"{key}={value!r}" for key, value in entry.evaluation_kwargs.items())
    rows = [("random", f"{row.random_return:.6g}", "0"), ("optimal", f"{row.optimal_return:.6g}", "1")]
    table = _table(("Policy", "Expected return", "Score"), rows)
    return f"{table}\n\nExact, by backward induction over the step limit" + (f"; `{evaluated}`." if evaluated else ".")


def _determinism(world: World) -> str:
    kind = "Moves are deterministic" if world.table.num_outcomes == 1 else "Moves are random"
    return (
        f"{kind}. Seed and actions fix the trajectory bit for bit, in any process; a vector environment's "
        "member i equals the single environment seeded with `seed + i`."
    )


def _speeds(speeds: dict[str, float]) -> str:
    rows = [(f"`{call}`", f"{speed:,.0f}") for call, speed in speeds.items()]
    note = "Measured just now by Gymnasium's benchmarks, the sampling of actions included."
    return f"{_table(('Made by', 'Steps per second'), rows)}\n\n{note}"


def _versions(env_id: str) -> str:
    return f"- {env_id.rpartition('-')[2]}: first version." if env_id.endswith("-v0") else ""


def _table(header: tuple[str, ...], rows: Rows) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

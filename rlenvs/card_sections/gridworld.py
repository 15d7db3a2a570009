"""The sections of a gridworld's card, from the live environment and its builder's signature and docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from rlenvs.card_sections.parts import OF_VECTORS_ONLY, RENDER_MODE, argument_rows, info_keys, split_docstring, table
from rlenvs.catalog import Facts, describe_space, step_rewards
from rlenvs.gridworld.dynamics import ACTIONS
from rlenvs.gridworld.observations import OBSERVATIONS
from rlenvs.gridworld.vector import GridVectorEnv
from rlenvs.gridworld.world import World
from rlenvs.gridworld.worlds import WORLDS
from rlenvs.registration import EnvironmentEntry

VECTOR_ARGUMENTS = ("autoreset_mode", "group_size", "independent_noise")


def sections(entry: EnvironmentEntry, row: Facts, env: Any) -> dict[str, str]:
    """Texts by title."""
    builder = WORLDS[entry.kwargs["world"]]
    description, arguments = split_docstring(builder)
    return {
        "Description": description,
        "Action space": _actions(env),
        "Observation space": _observations(entry),
        "Starting state": _starts(env.unwrapped.world),
        "Rewards": _rewards(env.unwrapped),
        "Episode end": _endings(env.unwrapped.world),
        "Arguments": _arguments(builder, arguments),
        "Information": info_keys(env),
        "Reference scores": _scores(row, entry),
        "Determinism": _determinism(env.unwrapped.world),
    }


def _actions(env: Any) -> str:
    count = env.action_space.n
    names = ACTIONS if count == len(ACTIONS) else ("its meaning differs from cell to cell",) * count
    return table(("Action", "Meaning"), ((str(action), name) for action, name in enumerate(names)))


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
    return table(("`observation=`", "Space"), rows)


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
    rows.append(RENDER_MODE)
    vector_rows = argument_rows(GridVectorEnv.__init__, VECTOR_ARGUMENTS)
    return (
        f"{table(('Argument', 'Default', 'Meaning'), rows)}\n\n{OF_VECTORS_ONLY}\n\n"
        f"{table(('Argument', 'Meaning'), vector_rows)}"
    )


def _shown(default: Any) -> str:
    return "built-in map" if isinstance(default, tuple) else f"{default!r}"


def _scores(row: Facts, entry: EnvironmentEntry) -> str:
    if row.random_return is None or row.optimal_return is None:
        return ""
    evaluated = ", ".join(f"{key}={value!r}" for key, value in entry.evaluation_kwargs.items())
    rows = [("random", f"{row.random_return:.6g}", "0"), ("optimal", f"{row.optimal_return:.6g}", "1")]
    values = table(("Policy", "Expected return", "Score"), rows)
    return f"{values}\n\nExact, by backward induction over the step limit" + (f"; `{evaluated}`." if evaluated else ".")


def _determinism(world: World) -> str:
    kind = "Moves are deterministic" if world.table.num_outcomes == 1 else "Moves are random"
    return (
        f"{kind}. Seed and actions fix the trajectory bit for bit, in any process; a vector environment's "
        "member i equals the single environment seeded with `seed + i`."
    )

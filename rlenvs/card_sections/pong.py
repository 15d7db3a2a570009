"""The sections of a Pong's card, from the live environment and the signatures and docstrings of its arguments."""

from __future__ import annotations

import inspect
from typing import Any

import gymnasium as gym

from rlenvs.card_sections.parts import OF_VECTORS_ONLY, RENDER_MODE, argument_rows, info_keys, split_docstring, table
from rlenvs.catalog import Facts, describe_space
from rlenvs.pong import observers, preprocessing, ram
from rlenvs.pong.env import PongEnv
from rlenvs.pong.rules import DEFAULTS, SMASH, Rules, make_rules
from rlenvs.pong.vector import PongVectorEnv
from rlenvs.registration import EnvironmentEntry

VECTOR_ARGUMENTS = ("autoreset_mode", "group_size", "independent_noise", "workers", "max_episode_steps")
_EFFECTS = {"NOOP": "stay", "RIGHT": "up", "LEFT": "down"}
_PICTURES = {
    "stack": (observers.Stack, preprocessing.grey_84),
    "fast": (observers.Stack, preprocessing.field_42),
    "difference": (observers.Difference, preprocessing.karpathy_80),
    "ram": (observers.Memory, ram.features),
}


def sections(entry: EnvironmentEntry, row: Facts, env: Any) -> dict[str, str]:
    """Texts by title."""
    rules: Rules = env.unwrapped.rules
    return {
        "Description": _description(),
        "Action space": _actions(rules),
        "Observation space": _observations(entry),
        "Starting state": _start(rules),
        "Rewards": "1 for a point won, -1 for a point lost, else 0.",
        "Episode end": _ending(rules),
        "Arguments": _arguments(rules),
        "Information": info_keys(env),
        "Reference scores": _scores(entry),
        "Determinism": _determinism(rules),
    }


def _description() -> str:
    return inspect.cleandoc(PongEnv.__doc__ or "").partition("\n\nAttributes:")[0]


def _actions(rules: Rules) -> str:
    rows = [(str(k), f"`{name}`", _effect(name)) for k, name in enumerate(rules.actions)]
    offered = any(name.endswith("FIRE") for name in rules.actions)
    smash = f"Smash: {SMASH}." if offered else f"No action has FIRE, with which Pong's paddle smashes: {SMASH}."
    return "\n\n".join([table(("Action", "ALE's name", "Meaning"), rows), smash])


def _effect(name: str) -> str:
    without_fire = name.removesuffix("FIRE") or "NOOP"
    effect = _EFFECTS.get(without_fire, "as `NOOP` or one of the others")
    return effect + (", smash" if name.endswith("FIRE") else "")


def _observations(entry: EnvironmentEntry) -> str:
    rows = []
    for name in DEFAULTS:
        space = gym.make(entry.id, **{**entry.kwargs, "observation": name}).observation_space
        is_default = name == entry.kwargs["observation"]
        rows.append((f"`{name}`", f"`{describe_space(space)}`" + (" (default)" if is_default else "")))
    if entry.kwargs["observation"] == "ram":
        rows += [(f"number {number}", name) for number, name in enumerate(ram.NAMES)]
    texts = [inspect.cleandoc(part.__doc__ or "") for part in _PICTURES[entry.kwargs["observation"]]]
    return "\n\n".join([table(("`observation=`", "Space"), rows), *texts])


def _start(rules: Rules) -> str:
    noops = f"after 1 to {rules.noop_max} frames of doing nothing" if rules.noop_max else "the same in every episode"
    return f"The score is 0 to 0 and the ball not yet in play; {noops}."


def _ending(rules: Rules) -> str:
    return (
        f"`terminated` when somebody has 21 points; `truncated` after {rules.max_num_frames_per_episode:,} frames, "
        f"{rules.step_limit:,} steps."
    )


def _arguments(rules: Rules) -> str:
    _, meanings = split_docstring(make_rules)
    rows = [(f"`{name}`", f"`{getattr(rules, name, False)!r}`", meaning) for name, meaning in meanings.items()]
    _, of_env = split_docstring(PongEnv.__init__)
    rows += [("`compiled`", "`None`", of_env["compiled"]), RENDER_MODE]
    vector_rows = argument_rows(PongVectorEnv.__init__, VECTOR_ARGUMENTS)
    return (
        f"{table(('Argument', 'Default', 'Meaning'), rows)}\n\n{OF_VECTORS_ONLY}\n\n"
        f"{table(('Argument', 'Meaning'), vector_rows)}"
    )


def _scores(entry: EnvironmentEntry) -> str:
    low, high = entry.references["random"], entry.references["perfect"]
    rows = [(name, f"{value:g}", f"{(value - low) / (high - low):.3g}") for name, value in entry.references.items()]
    values = table(("Policy", "Mean return", "Score"), rows)
    return f"{values}\n\nAs published for Atari Pong; uniformly random play had -20.3 to -20.5 here."


def _determinism(rules: Rules) -> str:
    sticky = f"{rules.repeat_action_probability:g} of the frames repeat the action before, at random"
    kind = f"On average {sticky}." if rules.repeat_action_probability else "The game itself is deterministic."
    return (
        f"{kind} Seed and actions fix the trajectory bit for bit, in any process; a vector environment's "
        "member i equals the single environment seeded with `seed + i`."
    )

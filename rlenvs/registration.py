"""All ids in one table, and their registration with Gymnasium."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym


@dataclass(frozen=True)
class EnvironmentEntry:
    """One registered environment.

    Attributes:
        id: `rlenvs/Name-vN`; N goes up with every change of observations, rewards, endings or defaults.
        family: `gridworld`, ...
        summary: one line.
        entry_point: of the single environment, `module:attribute`.
        vector_entry_point: of the native vector environment.
        kwargs: arguments the entry points get.
        evaluation_kwargs: arguments that evaluation adds, such as the test split.
        protocol: the rules under which it is trained unless others are asked for.
        references: mean returns that scores are measured by: "random", "perfect" and, where known, "human".
    """

    id: str
    family: str
    summary: str
    entry_point: str
    vector_entry_point: str | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    evaluation_kwargs: Mapping[str, Any] = field(default_factory=dict)
    protocol: str = "gridworld@1"
    references: Mapping[str, float] = field(default_factory=dict)


def _gridworld(
    name: str, world: str, summary: str, evaluation_kwargs: Mapping[str, Any] | None = None
) -> EnvironmentEntry:
    return EnvironmentEntry(
        id=f"rlenvs/{name}-v0",
        family="gridworld",
        summary=summary,
        entry_point="rlenvs.gridworld.env:GridEnv",
        vector_entry_point="rlenvs.gridworld.vector:GridVectorEnv",
        kwargs={"world": world},
        evaluation_kwargs=evaluation_kwargs or {},
    )


def _pong(name: str, observation: str, summary: str, protocol: str = "pong@1", **arguments: Any) -> EnvironmentEntry:
    return EnvironmentEntry(
        id=f"rlenvs/{name}-v0",
        family="pong",
        summary=summary,
        entry_point="rlenvs.pong.env:PongEnv",
        vector_entry_point="rlenvs.pong.vector:PongVectorEnv",
        kwargs={"observation": observation, **arguments},
        protocol=protocol,
        references={"random": -20.7, "human": 14.6, "perfect": 21.0},
    )


def _text(name: str, view: str, summary: str, protocol: str, **arguments: Any) -> EnvironmentEntry:
    return EnvironmentEntry(
        id=f"rlenvs/{name}-v0",
        family="text",
        summary=summary,
        entry_point=f"rlenvs.text.{view}_env:{view.title()}Env",
        vector_entry_point=f"rlenvs.text.{view}_vector:{view.title()}VectorEnv",
        kwargs=arguments,
        evaluation_kwargs={"split": "test"},
        protocol=protocol,
        references={"random": 0.0, "perfect": 1.0},
    )


ENVIRONMENTS: tuple[EnvironmentEntry, ...] = (
    _gridworld("GridWorld", "grid_world", "Any ASCII map: rewards per symbol, slip, keys and doors"),
    _gridworld("CatHouse", "cat_house", "A cat looks for meat between brooms and the bathtub"),
    _gridworld("CliffWalk", "cliff_walk", "Walk along a cliff, -1 a step, -100 for falling off"),
    _gridworld("FrozenLake", "frozen_lake", "Cross a slippery lake between holes"),
    _gridworld("FourRooms", "four_rooms", "Find the goal from anywhere in four rooms"),
    _gridworld("Maze", "maze", "A new maze every episode, tested on mazes never seen", {"split": "test"}),
    _gridworld("DoorKey", "door_key", "Fetch the key, pass the door, reach the goal: one reward at the end"),
    _gridworld("DeepSea", "deep_sea", "Exploration: one sequence of moves among 2^size finds the treasure"),
    _pong("Pong", "stack", "Pong from pixels, 84x84x4, sticky actions: the standard protocol"),
    _pong("PongFast", "fast", "Pong in bright 42x42x4 pixels, three actions, no sticky ones", "pong-fast@1"),
    _pong("PongDifference", "difference", "Karpathy's Pong: what changed on the screen, up or down"),
    _pong("PongRam", "ram", "Pong from ball and paddles as numbers"),
    _pong("PongNative", "fast", "PongFast without the emulator, the same bits", "pong-fast@1", backend="native"),
    _text("MathToken", "token", "A problem in text, answered token by token", "token@1"),
    _text("Math", "response", "A problem in text, answered by a whole response, optionally in turns", "text@1"),
    _text("CodeToken", "token", "A programming problem, answered token by token", "token@1", task="steps"),
    _text("Code", "response", "A programming problem, answered by a whole program", "text@1", task="steps"),
)
"""Every id of the package, by family."""


def register_envs() -> None:
    """Register all ids with Gymnasium; ids that are registered already stay as they are."""
    for entry in ENVIRONMENTS:
        if entry.id not in gym.registry:
            gym.register(
                entry.id,
                entry_point=entry.entry_point,
                vector_entry_point=entry.vector_entry_point,
                kwargs=dict(entry.kwargs),
            )

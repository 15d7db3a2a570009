"""What the tests of this room share: Gymnasium's stack around its own emulator, and play."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ale_py
import gymnasium as gym
import numpy as np
from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation

from rlenvs.pong.member import Member
from rlenvs.pong.observers import make_observer
from rlenvs.pong.rules import make_rules


def gymnasium_stack(noop_max: int = 0, frame_skip: int = 4, **arguments: Any) -> gym.Env:
    """ALE/Pong-v5 as most people preprocess it."""
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    gym.register_envs(ale_py)
    emulator = gym.make("ALE/Pong-v5", frameskip=1, **arguments)
    return FrameStackObservation(AtariPreprocessing(emulator, noop_max=noop_max, frame_skip=frame_skip), 4)


def make_member(compiled: bool = False, **arguments: Any) -> Member:
    rules = make_rules(**arguments)
    return Member(rules, make_observer(rules, compiled), rules.step_limit, np.zeros((2, 210, 160), np.uint8))


def frames_of_random_play(count: int, seed: int = 0, skip: int = 1) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Screen and memory of every frame; the paddle keeps its direction for some frames, so that it gets around."""
    member = make_member(observation="ram", frame_skip=skip)
    member.game.seed(seed)
    member.reset()
    actions = np.random.default_rng(seed).integers(3, size=count).repeat(12)
    for action in actions[:count].tolist():
        yield member.game.screen().copy(), member.ram
        if member.is_over:
            member.reset()
        member.step(action)

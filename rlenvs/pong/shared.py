"""Results in memory that processes share: an unlinked temporary file that each of them maps."""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from rlenvs.pong.crew import Plan, Results
from rlenvs.pong.observers import observation_space

_MEMORY_DIRECTORY = "/dev/shm"
_ALIGNMENT = 64


class SharedArrays:
    """Actions and results of N members.

    Args:
        plan: of the crew.
        count: N.
        descriptor: of the file, or None to make it.

    Attributes:
        descriptor: for a worker to inherit.
        actions: int64 `[N]`.
        results: of all members.
    """

    def __init__(self, plan: Plan, count: int, descriptor: int | None = None) -> None:
        space = observation_space(plan.rules)
        finals = count if plan.autoreset_mode == AutoresetMode.SAME_STEP else 0
        assert space.dtype is not None
        fields: list[tuple[tuple[int, ...], Any]] = [
            ((count,), np.int64),
            ((count,), np.int64),
            ((count,), np.bool_),
            ((count,), np.bool_),
            ((count, *space.shape), space.dtype),
            ((finals, *space.shape), space.dtype),
        ]
        self.descriptor = _new_file(sum(map(_room, fields))) if descriptor is None else descriptor
        memory = mmap.mmap(self.descriptor, 0)
        arrays, start = [], 0
        for field in fields:
            shape, dtype = field
            arrays.append(np.frombuffer(memory, dtype, int(np.prod(shape)), start).reshape(shape))
            start += _room(field)
        self.actions, points, terminated, truncated, observations, final_observations = arrays
        self.results = Results(observations, points, terminated, truncated, final_observations if finals else None)


def _room(field: tuple[tuple[int, ...], Any]) -> int:
    shape, dtype = field
    return -(-int(np.prod(shape)) * np.dtype(dtype).itemsize // _ALIGNMENT) * _ALIGNMENT


def _new_file(size: int) -> int:
    directory = _MEMORY_DIRECTORY if os.path.isdir(_MEMORY_DIRECTORY) else None
    with tempfile.TemporaryFile(dir=directory) as file:
        file.truncate(size)
        return os.dup(file.fileno())


def copy_results(source: Results, target: Results, places: list[int]) -> None:
    """Copy what happened to the members at `places`; final observations only of those whose episode ended."""
    target.observations[places] = source.observations[places]
    target.points[places] = source.points[places]
    target.terminated[places] = source.terminated[places]
    target.truncated[places] = source.truncated[places]
    if source.final_observations is not None and target.final_observations is not None:
        ended = np.flatnonzero(source.terminated[places] | source.truncated[places])
        members = np.array(places)[ended]
        target.final_observations[members] = source.final_observations[members]

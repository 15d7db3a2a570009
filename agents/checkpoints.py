"""Saving and restoring everything that decides the rest of a training."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch


def snapshot(parts: dict[str, Any]) -> dict[str, Any]:
    """The state of named parts: collectors (`checkpoint()`), networks and optimisers (`state_dict()`), generators."""
    return {name: _state(part) for name, part in parts.items()}


def _state(part: Any) -> Any:
    if isinstance(part, torch.Generator):
        return part.get_state()
    return part.checkpoint() if hasattr(part, "checkpoint") else part.state_dict()


def restore(parts: dict[str, Any], state: dict[str, Any]) -> None:
    """Puts `snapshot()` back.

    Raises:
        ValueError: the checkpoint is of other parts.
    """
    if set(parts) != set(state):
        raise ValueError(f"checkpoint holds {sorted(state)}, the agent tracks {sorted(parts)}: it is another agent's")
    for name, part in parts.items():
        if isinstance(part, torch.Generator):
            part.set_state(state[name])
        elif hasattr(part, "resume"):
            part.resume(state[name])
        else:
            part.load_state_dict(state[name])


def save_atomically(state: Any, path: Path) -> None:
    """Writes `state` beside `path` and moves it there: a reader sees the old file or the new one, never half of one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        torch.save(state, temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Path) -> Any:
    """Reads tensors and plain values only: a checkpoint cannot run code.

    Raises:
        ValueError: the file is no checkpoint, or a damaged one.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"checkpoint {path} cannot be read ({reason[:100]}); delete it to train again") from error

"""What defines a run, and the identifier derived from it."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from rlenvs.leaderboard.files import canonical_json, plain
from rlenvs.tasks.dataset_files import PREFIX

MAX_SEED = 2**32 - 1  # what `numpy.random.seed`, and with it Stable-Baselines3, can take


@dataclass(frozen=True)
class RunSpec:
    """Everything that decides a run's outcome: two runs of equal specs are the same run.

    Args:
        env_id: A registered Gymnasium id with its version, such as ``"rlenvs/CliffWalk-v0"``.
        agent: The agent's name, or the path of a researcher's own file.
        seed: The training seed, 0 to 2**32 - 1.
        budget: Environment steps the agent may take in training.
        protocol: The evaluation protocol's name, see `rlenvs.leaderboard.evaluation.PROTOCOLS`.
        env_kwargs: Arguments of the environment beyond the id's own.
        config: The agent's complete configuration, defaults included.
        agent_version: A built-in agent's version, or the SHA-256 of the user's file.

    Raises:
        TypeError: A field has another type, or a mapping holds something that JSON cannot.
        ValueError: A number is out of range, a name is empty or an id lacks its version.
    """

    env_id: str
    agent: str
    seed: int
    budget: int
    protocol: str = "gridworld@1"
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    agent_version: str = "1"

    def __post_init__(self) -> None:
        for name in ("env_id", "agent", "protocol", "agent_version"):
            _check_text(name, getattr(self, name))
        object.__setattr__(self, "env_id", self.env_id.removeprefix("rlenvs:"))
        if not re.search(r"-v\d+$", self.env_id):
            raise ValueError(f"env_id is {self.env_id!r}: name the environment's version, as in 'rlenvs/CliffWalk-v0'")
        if not re.fullmatch(r"[^@]+@\d+", self.protocol):
            raise ValueError(f"protocol is {self.protocol!r}: name its version, as in 'gridworld@1'")
        object.__setattr__(self, "seed", _check_integer("seed", self.seed, 0, MAX_SEED))
        object.__setattr__(self, "budget", _check_integer("budget", self.budget, 1, 2**63 - 1))
        for name in ("env_kwargs", "config"):
            if not isinstance(getattr(self, name), Mapping):
                raise TypeError(f"{name} is {getattr(self, name)!r}: it must be a mapping of names to values")
            object.__setattr__(self, name, plain(getattr(self, name), name))

    @property
    def run_id(self) -> str:
        """Twelve hex digits of the SHA-256 over the canonical JSON: equal specs have equal ids anywhere."""
        return hashlib.sha256(canonical_json(self.to_json()).encode()).hexdigest()[:12]

    def environment(self, **more: str) -> str:
        """The id without ``rlenvs/``, with the arguments that were set, and `more`: ``FrozenLake-v0(size=8)``.

        Of a data file the last part of its path: ``Math-v0(task=file:test.jsonl)``.
        """
        told = {name: _last_part(value) for name, value in sorted(self.env_kwargs.items())} | more
        arguments = ", ".join(f"{name}={value}" for name, value in told.items())
        return self.env_id.removeprefix("rlenvs/") + (f"({arguments})" if arguments else "")

    def to_json(self) -> dict[str, Any]:
        """The spec as plain JSON types; `from_json` is its inverse."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> RunSpec:
        """Builds a spec from `to_json`'s output.

        Raises:
            TypeError: `data` is no mapping or a field has the wrong type.
            ValueError: A field is missing, unknown or out of range.
        """
        if not isinstance(data, Mapping):
            raise TypeError(f"a run spec is {data!r}: it must be a mapping of the fields of RunSpec")
        fields = dataclasses.fields(cls)
        known = [f.name for f in fields]
        required = {f.name for f in fields if f.default is f.default_factory is dataclasses.MISSING}
        if unknown := sorted(set(data) - set(known), key=str):
            raise ValueError(f"a run spec has the unknown field {unknown[0]!r}: the fields are {', '.join(known)}")
        if missing := sorted(required - set(data)):
            raise ValueError(f"a run spec lacks the field {missing[0]!r}")
        return cls(**data)

    def differences(self, other: RunSpec) -> list[str]:
        """The names of the fields in which two specs differ."""
        return [f.name for f in dataclasses.fields(self) if getattr(self, f.name) != getattr(other, f.name)]


def _last_part(value: Any) -> Any:
    """``file:a/b.jsonl`` without its folders, which say nothing about what it holds; all else as it is."""
    if not (isinstance(value, str) and value.startswith(PREFIX)):
        return value
    return PREFIX + PurePath(value.removeprefix(PREFIX)).name


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}: it must be a string")
    if not value.strip():
        raise ValueError(f"{name} is empty: give it a name")


def _check_integer(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} is {value!r}: it must be a whole number")
    if not low <= value.__index__() <= high:
        raise ValueError(f"{name} is {value}: it must lie between {low} and {high}")
    return value.__index__()

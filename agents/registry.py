"""Names to agents: a built-in (`ppo`), or a researcher's own file (`path/to/file.py:train`).

An agent is a module with `train(spec, run_dir) -> result`. It may also have `Config` (a dataclass, checked against
`--set`), `PRESETS` (named dictionaries of settings) and `load_policy(run_dir)` for an evaluation of networks of its
own.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import gymnasium as gym

import rlenvs
from agents.configuration import config_values, make_config
from agents.text_tasks import warm_up_settings
from rlenvs.leaderboard.evaluation import default_protocol
from rlenvs.leaderboard.evaluation import protocol as rules_of
from rlenvs.leaderboard.records import RunSpec

BUILT_IN = {
    "reinforce": "agents.reinforce",
    "a2c": "agents.a2c",
    "ppo": "agents.ppo",
    "grpo": "agents.grpo",
    "rejection-sampling": "agents.rejection_sampling",
    "distillation": "agents.distillation",
    "rlhf": "agents.rlhf",
    "entropy-minimization": "agents.self_confidence",
    "sb3-ppo": "agents.integrations.sb3_ppo",
    "sb3-a2c": "agents.integrations.sb3_a2c",
    "sb3-dqn": "agents.integrations.sb3_dqn",
}


@dataclass(frozen=True)
class Agent:
    """An agent ready to train: its name, version, module and training function."""

    name: str
    version: str
    module: ModuleType
    train: Callable[[RunSpec, Path], dict[str, Any]]

    def spec(
        self,
        env_id: str,
        seed: int,
        budget: int,
        protocol: str,
        settings: Mapping[str, Any] | None = None,
        preset: str | None = None,
        env_kwargs: Mapping[str, Any] | None = None,
    ) -> RunSpec:
        """The specification of one training, its configuration resolved to the last default.

        Presets of language models warm up as their task needs it (`agents.text_tasks`); `settings` stand above all.

        Raises:
            ValueError: an unknown environment, protocol, preset or setting, or a value that does not fit.
        """
        values = self._presets(preset)
        if "warm_up_steps" in values:
            values |= warm_up_settings(env_id, env_kwargs or {})
        values |= settings or {}
        if hasattr(self.module, "Config"):
            values = config_values(make_config(self.module.Config, values))
        spec = RunSpec(
            env_id=env_id,
            agent=self.name,
            agent_version=self.version,
            seed=seed,
            budget=budget,
            protocol=protocol,
            env_kwargs=dict(env_kwargs or {}),
            config=values,
        )
        _check_env(spec.env_id)
        rules_of(protocol).check(spec)
        return spec

    def default_protocol(self, env_id: str, settings: Mapping[str, Any], preset: str | None) -> str:
        """The rules an environment is trained under unless others are asked for; language models count responses."""
        network = {**self._presets(preset), **settings}.get("network")
        return "text@1" if network == "causal_lm" else default_protocol(env_id)

    def _presets(self, names: str | None) -> dict[str, Any]:
        """The settings of one preset, or of several joined by `+`, the later ones on top."""
        known = getattr(self.module, "PRESETS", {})
        values: dict[str, Any] = {}
        for name in names.split("+") if names else ():
            if name not in known:
                raise ValueError(f"preset={name!r}: {self.name} has {', '.join(known) or 'no presets'}")
            values |= known[name]
        return values


def _check_env(env_id: str) -> None:
    """Raises ValueError unless Gymnasium knows the environment; `module:Name-v0` is known once it is made."""
    rlenvs.register_envs()
    if ":" in env_id:
        return
    try:
        gym.spec(env_id)
    except gym.error.Error as error:
        message = str(error).rstrip(".")
        raise ValueError(f"env_id={env_id!r}: {message}; `rlenvs list` shows this suite's environments") from error


def load_agent(name: str) -> Agent:
    """Finds an agent by name or by `FILE.py[:FUNCTION]`.

    Raises:
        ValueError: no such agent, file or function.
    """
    if name in BUILT_IN:
        module = importlib.import_module(BUILT_IN[name])
        return Agent(name, str(getattr(module, "VERSION", "1")), module, module.train)
    if ".py" not in name:
        near = difflib.get_close_matches(name, BUILT_IN, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(BUILT_IN)} or path/to/file.py:train"
        raise ValueError(f"agent={name!r}: unknown; {hint}")
    return _from_file(name)


def _from_file(name: str) -> Agent:
    """A module of its own for a user's file; its version is the content's hash, so an edited file is another agent."""
    path_text, _, function = name.partition(":")
    path = Path(path_text)
    if not path.is_file():
        raise ValueError(
            f"agent={name!r}: no file {path}; give the path of a Python file and its function, file.py:train"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    module_name = f"agents_user_{path.stem}_{digest}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    train = getattr(module, function or "train", None)
    if not callable(train):
        raise ValueError(f"agent={name!r}: {path} has no function {function or 'train'}(spec, run_dir)")
    return Agent(name, digest, module, train)

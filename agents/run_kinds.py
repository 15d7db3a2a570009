"""Which frame a training gets: that of policies which act step by step, or that of language models."""

from __future__ import annotations

from pathlib import Path

from agents.configuration import ConfigType, make_config
from agents.language_runs import LanguageRun
from agents.runs import Run
from rlenvs.leaderboard.records import RunSpec


def begin(spec: RunSpec, run_dir: str | Path, config_class: type[ConfigType]) -> tuple[Run, ConfigType]:
    """The run and its configuration in the agent's own class, checked; what the policy is decides the run's kind."""
    if spec.config.get("network") == "causal_lm":
        config = make_config(config_class, spec.config)
        return LanguageRun(spec, run_dir), config
    return Run.begin(spec, run_dir, config_class)


def begin_language(
    spec: RunSpec, run_dir: str | Path, config_class: type[ConfigType]
) -> tuple[LanguageRun, ConfigType]:
    """As `begin`, for agents that nothing but a language model can be.

    Raises:
        ValueError: the policy is none.
    """
    if (network := spec.config.get("network")) != "causal_lm":
        raise ValueError(f"config network={network!r}: {spec.agent} trains language models; give --preset text")
    config = make_config(config_class, spec.config)
    return LanguageRun(spec, run_dir), config

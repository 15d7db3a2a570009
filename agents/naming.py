"""What a run is called: its label in tables, its directory on disk."""

from __future__ import annotations

from pathlib import Path

from rlenvs.leaderboard.records import RunSpec


def label_of(spec: RunSpec) -> str:
    """What tables call the agent: its name, and the `variant` that its configuration names."""
    name = Path(spec.agent.partition(":")[0]).stem
    return f"{name}-{spec.config['variant']}" if spec.config.get("variant") else name


def directory_for(runs: str | Path, spec: RunSpec) -> Path:
    """Where a run stands below `runs`: readable first, and unique by the run's identifier.

    Raises:
        ValueError: the variant's name cannot stand in a file's.
    """
    env = spec.env_id.rpartition("/")[2]
    if unfit := {*str(spec.config.get("variant", ""))} & {"/", "\\", "\0"}:
        raise ValueError(f"config variant={spec.config['variant']!r}: it names directories; leave out {min(unfit)!r}")
    return Path(runs) / f"{env}_{label_of(spec)}_seed{spec.seed}_{spec.run_id}"

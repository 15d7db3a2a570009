"""Train one agent on one environment and keep the record: `python -m scripts.train --env ID --agent NAME --seed S`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from agents.configuration import parse_assignments
from agents.execution import execute
from agents.language_presets import PRETRAINED
from agents.naming import directory_for
from agents.registry import BUILT_IN, load_agent
from agents.runtime import configure_torch
from agents.trackers import LOG, TRACKERS
from rlenvs.leaderboard.evaluation import protocol
from rlenvs.leaderboard.records import RunSpec
from scripts.errors import one_line_errors_of_training

SUMMARY = ("score", "mean_return", "env_steps", "wall_s", "warm_up_s", "before", "after")


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.train", description=__doc__)
    parser.add_argument("--env", help="environment id, for example rlenvs/FourRooms-v0")
    parser.add_argument("--agent", help=f"{', '.join(BUILT_IN)}, or path/to/file.py:train")
    parser.add_argument("--seed", type=int, default=0, help="first seed (default 0)")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from --seed on (default 1)")
    parser.add_argument("--budget", type=int, help="environment steps (default: the protocol's)")
    parser.add_argument("--protocol", help="rules of budget and evaluation (default: the environment's own)")
    parser.add_argument("--model", help="language model of transformers by name or path, with its tokenizer")
    parser.add_argument("--preset", help="named settings of the agent, several joined by +")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings of the agent")
    parser.add_argument("--env-set", nargs="*", default=[], metavar="KEY=VALUE", help="arguments of the environment")
    parser.add_argument("--spec", type=Path, help="train the spec of a run.json or of a file that holds one")
    parser.add_argument("--runs", default="runs", help="directory of all runs (default runs)")
    parser.add_argument("--force", action="store_true", help="train again although the run is finished")
    parser.add_argument("--threads", type=int, default=1, help="PyTorch threads (default 1)")
    parser.add_argument("--log", choices=TRACKERS, help="also write the metrics to RUN/tensorboard")
    return parser


def specs(options: argparse.Namespace) -> list[RunSpec]:
    """The runs that the options ask for, one a seed."""
    if options.spec:
        return [read_spec(options.spec)]
    if not options.env or not options.agent:
        raise ValueError("--env and --agent are needed, or --spec FILE")
    if options.seeds < 1:
        raise ValueError(f"--seeds {options.seeds}: train at least one")
    agent = load_agent(options.agent)
    settings, env_kwargs = parse_assignments(options.set), parse_assignments(options.env_set)
    if options.model:
        if "text" not in (options.preset or "").split("+"):
            raise ValueError(f"--model {options.model}: language models have settings of their own; add --preset text")
        settings = {**PRETRAINED, "model": options.model, **settings}
        env_kwargs = {"tokenizer": options.model, "style": "chat", **env_kwargs}
    rules = protocol(options.protocol or agent.default_protocol(options.env, settings, options.preset))
    budget = rules.max_budget if options.budget is None else options.budget
    return [
        agent.spec(options.env, seed, budget, rules.name, settings, options.preset, env_kwargs)
        for seed in range(options.seed, options.seed + options.seeds)
    ]


def read_spec(path: Path) -> RunSpec:
    """The spec in a `run.json`, or in a file that holds nothing else.

    Raises:
        ValueError: the file is no JSON, or no spec.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"--spec {path}: no JSON ({error}); name a run.json, or a file that holds a spec") from error
    return RunSpec.from_json(data.get("spec", data) if isinstance(data, dict) else data)


@one_line_errors_of_training
def main() -> None:
    """Trains, resumes, or says that the run is finished."""
    options = arguments().parse_args()
    configure_torch(options.threads)
    if options.log:
        os.environ[LOG] = options.log
    for spec in specs(options):
        result = execute(spec, options.runs, options.force)
        path = directory_for(options.runs, spec)
        summary = {name: result[name] for name in SUMMARY if name in result}
        print(json.dumps({"run": str(path), **summary}))


if __name__ == "__main__":
    sys.exit(main())

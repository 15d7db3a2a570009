"""Evaluate a finished run again: `python -m scripts.evaluate RUN [--video out.gif]`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import gymnasium as gym
from rich.console import Console
from rich.table import Table

from agents.loading import load_probabilities
from agents.reevaluation import reevaluate
from agents.runtime import configure_torch
from agents.video import record_gif
from rlenvs.leaderboard.evaluation import evaluation_kwargs, evaluation_seeds
from rlenvs.leaderboard.records import read_run
from scripts.errors import one_line_errors


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m scripts.evaluate", description=__doc__)
    parser.add_argument("run", help="directory of a finished run")
    parser.add_argument("--episodes", type=int, help="episodes to play (default: the recorded ones)")
    parser.add_argument("--video", type=Path, help="write an animated GIF of a few episodes")
    parser.add_argument("--video-episodes", type=int, default=3, help="episodes in the GIF (default 3)")
    parser.add_argument("--video-frames", type=int, default=1500, help="frames after which it ends (default 1,500)")
    parser.add_argument("--verify", action="store_true", help="fail unless the record is reproduced bit for bit")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


@one_line_errors
def main() -> None:
    """Plays the evaluation's episodes with the recorded policy and compares."""
    options = arguments().parse_args()
    configure_torch()
    record = read_run(options.run)
    probabilities = load_probabilities(record)
    report = reevaluate(record, probabilities, options.episodes)
    if options.json:
        print(json.dumps(report))
    else:
        Console().print(as_table(record.spec.env_id, record.spec.agent, report))
    if options.video:
        kwargs = {**record.spec.env_kwargs, **evaluation_kwargs(record.spec.env_id)}
        env = gym.make(record.spec.env_id, render_mode="rgb_array", **kwargs)
        seeds = evaluation_seeds(record.run_id, options.video_episodes)
        frames = record_gif(env, probabilities, seeds, options.video, options.video_frames)
        print(f"{options.video}: {frames} frames", file=sys.stderr)
    if options.verify and not report["identical"]:
        raise ValueError(f"{options.run} was not reproduced: {report['difference']}")


def as_table(env_id: str, agent: str, report: dict) -> Table:
    """Recorded and evaluated numbers side by side."""
    table = Table("", "recorded", "now", title=f"{env_id}, {agent}")
    table.add_row("episodes", str(report["recorded_episodes"]), str(report["episodes"]))
    for name, (recorded, now) in report["numbers"].items():
        table.add_row(name, f"{recorded:.6g}", f"{now:.6g}")
    table.add_row("bit for bit", "", "yes" if report["identical"] else f"no: {report['difference']}")
    return table


if __name__ == "__main__":
    sys.exit(main())

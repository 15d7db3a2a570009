"""Examine language models on problems: `python -m scripts.evaluate_language RUN ...`, or `--model NAME_OR_PATH`.

    python -m scripts.evaluate_language runs/MathToken-v0_grpo_seed0_* --tries 16 --adjustment em_inf
    python -m scripts.evaluate_language --model MODEL --env-set task=file:math500/test.jsonl chat_template=true \
        max_tokens=2048 --tries 8 --temperature 0.6 --by level --out math500

Prints the mean over tries (pass@1, also called avg@n), unbiased pass@k, the majority's answer and the share of
responses that were cut at the token limit, with 95 % intervals over problems; a table a run. `--out` keeps them and
every response. Greedy is `--temperature 0`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

from agents.configuration import parse_assignments
from agents.language_evaluation import CHUNK
from agents.language_exam import Exam, Result, examinee_by_name, examinee_of_run, sit
from agents.rollouts.generation import Adjustment, Sampling
from agents.runtime import configure_torch, pick_device
from rlenvs.leaderboard.files import write_atomically
from scripts.errors import one_line_errors


def arguments() -> argparse.ArgumentParser:
    """The command's options."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m scripts.evaluate_language", description=__doc__, formatter_class=form)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="directories of finished runs")
    parser.add_argument("--model", help="a causal language model of transformers instead, by name or path")
    parser.add_argument("--env-set", nargs="*", default=[], metavar="KEY=VALUE", help="arguments of the environment")
    parser.add_argument("--problems", type=int, default=1_000, help="the first so many (default 1,000)")
    parser.add_argument("--tries", type=int, default=1, help="responses to each (default 1)")
    parser.add_argument("--turns", type=int, default=1, help="responses of a try, feedback between them (default 1)")
    parser.add_argument("--temperature", type=float, default=1.0, help="0 for greedy (default 1)")
    parser.add_argument("--top-p", type=float, default=1.0, help="share of probability that is drawn from (default 1)")
    parser.add_argument("--adjustment", choices=get_args(Adjustment), default="none", help="of each step's logits")
    stop = "strings that end a response too (default: those of the run's training)"
    parser.add_argument("--stop", nargs="*", default=[], metavar="TEXT", help=stop)
    parser.add_argument("--by", default="", metavar="FIELD", help="also tell groups of problems apart, such as level")
    parser.add_argument("--chunk", type=int, default=CHUNK, help=f"responses side by side (default {CHUNK:,})")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (default 0)")
    parser.add_argument("--device", default="auto", help="where the model runs (default auto)")
    parser.add_argument("--threads", type=int, default=1, help="PyTorch threads (default 1)")
    out = "directory for scores.json and samples.jsonl; of several runs each has a directory of its name there"
    parser.add_argument("--out", type=Path, help=out)
    return parser


@one_line_errors
def main() -> None:
    """Examines, prints, and writes if asked to."""
    options = arguments().parse_args()
    configure_torch(options.threads)
    if bool(options.runs) == bool(options.model):
        raise ValueError("name finished runs, or a model with --model: one of the two")
    sampling = Sampling(options.temperature, options.top_p, tuple(options.stop), options.adjustment)
    exam = Exam(options.problems, options.tries, options.turns, sampling, options.by, options.seed, options.chunk)
    env_kwargs, device = parse_assignments(options.env_set), pick_device(options.device)
    folders = folders_of(options.out, options.runs)
    for run, folder in folders.items():
        if run:
            policy, rules = examinee_of_run(run, env_kwargs, exam.turns, device)
        else:
            policy, rules = examinee_by_name(options.model, env_kwargs, exam.turns, device)
        prepare(folder)
        result = sit(policy, rules, exam)
        Console().print(as_table(result, f"{run or options.model}: {rules.task.name}, {rules.book.split}"))
        keep(result, folder, {**vars(options), "run": run})


def folders_of(out: Path | None, runs: Sequence[str]) -> dict[str | None, Path | None]:
    """Where each run's results go, or a model's, which is no run: `out` itself, or of several a directory of its name.

    Raises:
        ValueError: several runs have one name.
    """
    if len(runs) < 2 or out is None:
        return dict.fromkeys(runs, out) if runs else {None: out}
    named = {run: Path(run).resolve().name for run in runs}
    twice = [name for name, count in Counter(named.values()).items() if count > 1]
    if twice:
        raise ValueError(f"--out {out}: several runs are called {twice[0]!r}; examine them one by one")
    return {run: out / name for run, name in named.items()}


def prepare(folder: Path | None) -> None:
    """Makes the directory before anything is written by a model.

    Raises:
        ValueError: no directory can be made there, or no file in it.
    """
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(f"--out {folder}: {error.strerror}; name a directory that can be written to") from None


def keep(result: Result, folder: Path | None, asked: dict[str, Any]) -> None:
    """Writes `scores.json` and `samples.jsonl`, if a directory was named."""
    if folder is None:
        return
    told = {"arguments": asked, **result.to_json()}
    write_atomically(folder / "scores.json", json.dumps(told, indent=1, default=str).encode())
    lines = "".join(json.dumps(row) + "\n" for row in result.samples)
    write_atomically(folder / "samples.jsonl", lines.encode())


def as_table(result: Result, title: str) -> Table:
    """One line a group and score."""
    table = Table("problems", "", "score", "mean", "95 % interval", title=title)
    for group, told in result.intervals.items():
        for name, (mean, low, high) in told.items():
            table.add_row(group, str(result.counts[group]), name, f"{mean:.3f}", f"{low:.3f} to {high:.3f}")
    return table


if __name__ == "__main__":
    sys.exit(main())

"""What the commands of `rlenvs` do: read, print, and return the exit code. `rlenvs.cli` has their options.

Imports stand inside the commands, so that each starts with no more than it needs.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from rlenvs.catalog import Facts
    from rlenvs.leaderboard.aggregation import Leaderboard

PIPED_WIDTH = 200


def list_environments(options: argparse.Namespace) -> int:
    """Prints a row an id."""
    from rlenvs.catalog import facts
    from rlenvs.registration import ENVIRONMENTS

    families = sorted({entry.family for entry in ENVIRONMENTS})
    if options.family not in (None, *families):
        raise ValueError(f"--family is {options.family!r}: choose one of {', '.join(families)}")
    rows = [facts(entry) for entry in ENVIRONMENTS if options.family in (None, entry.family)]
    if options.json:
        return _print_json([dataclasses.asdict(row) for row in rows])
    console().print(_listing(rows))
    for row in rows:
        if row.missing:
            print(f"{row.id} cannot be made here: {row.missing}")
    if any(row.family == "text" for row in rows):
        from rlenvs.tasks.catalog import TASKS

        print(f"\ntasks of the text environments (rlenvs info TASK): {', '.join(TASKS)}, or file:PATH")
    return 0


def info(options: argparse.Namespace) -> int:
    """Prints the card of an id or of a text task."""
    from rlenvs.cards import card, measure
    from rlenvs.catalog import facts, find_entry
    from rlenvs.tasks.cards import is_task

    if is_task(options.id):
        return _task_info(options)

    entry = find_entry(options.id)
    speeds = measure(entry) if options.measure else {}
    if options.json:
        return _print_json(dataclasses.asdict(facts(entry)) | {"steps_per_second": speeds})
    return _print_card(card(entry, speeds), options.markdown)


def play(options: argparse.Namespace) -> int:
    """Plays, then prints the returns."""
    from rlenvs.catalog import find_entry
    from rlenvs.play import play_in_terminal, play_in_window
    from rlenvs.text.playing import play_texts

    entry = find_entry(options.id)
    is_text = entry.family == "text"
    if is_text and options.window:
        raise ValueError(f"--window: {entry.id} is played in a terminal; leave it out")
    play = play_texts if is_text else play_in_window if options.window else play_in_terminal
    returns = play(entry.id, options.seed, dict(map(assignment, options.set)))
    print("returns:", ", ".join(f"{value:g}" for value in returns) or "no episode ended")
    return 0


def score(options: argparse.Namespace) -> int:
    """Writes a verdict a line, prints how many there are of each status and how fast they were."""
    from rlenvs.scoring import score_file, table

    out = options.out or str(Path(options.path).with_suffix(".scored.jsonl"))
    if options.code:
        from rlenvs.code_scoring import score_programs
        from rlenvs.sandbox.pool import Pool
        from rlenvs.sandbox.settings import Settings

        with Pool(settings=Settings(unsafe=options.unsafe)) as pool:
            summary = score_programs(options.path, out, pool)
    else:
        summary = score_file(options.path, out, options.extraction)
    if options.json:
        return _print_json(summary.to_json() | {"out": out})
    console().print(table(summary))
    rate = summary.to_json()["verdicts_per_second"]
    print(f"{summary.accuracy:.1%} of {summary.lines} lines right, {rate:,.0f} verdicts a second, written to {out}")
    return 0


def leaderboard_show(options: argparse.Namespace) -> int:
    """Prints the tables of a directory of runs."""
    from rlenvs.leaderboard.tables import markdown, rich_tables

    boards = _leaderboards(options)
    if options.json:
        return _print_json([board.to_json() for board in boards])
    for board in boards:
        if options.markdown:
            print(markdown(board))
        else:
            console().print(rich_tables(board))
    return 0


def leaderboard_build(options: argparse.Namespace) -> int:
    """Writes the page of a directory of runs."""
    from rlenvs.leaderboard.records import find_runs
    from rlenvs.leaderboard.site import rescore, write_site

    verified = rescore(find_runs(options.runs)) if options.verify else None
    print(write_site(_leaderboards(options), options.out, verified))
    return 0


def verify(options: argparse.Namespace) -> int:
    """Prints a verdict a tier; 1 if one failed."""
    from rlenvs.leaderboard import verification

    verdicts = verification.verify(options.path, options.tier)
    if options.json:
        _print_json([dataclasses.asdict(verdict) for verdict in verdicts])
    else:
        print(*verdicts, sep="\n")
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def reproduce(options: argparse.Namespace) -> int:
    """Prints the commands that train a run again, or executes them; 1 if the score came out differently."""
    from rlenvs.leaderboard import reproduction

    for warning in reproduction.warnings(options.path):
        print(f"note: {warning}", file=sys.stderr)
    if options.execute:
        return 0 if reproduction.reproduce(options.path, options.work) else 1
    print(*reproduction.reproduction_steps(options.path, options.work), sep="\n")
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Prints the report."""
    from rlenvs.doctor import as_text, report

    findings = report()
    if options.json:
        return _print_json(findings)
    print(as_text(findings))
    return 0


def assignment(text: str) -> tuple[str, Any]:
    """``name=value`` as a pair; the value is read as JSON where it is some, else kept as text."""
    name, separator, value = text.partition("=")
    if not (separator and name.isidentifier()):
        raise ValueError(f"--set is {text!r}: write NAME=VALUE, such as slip=0.1")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def console() -> Console:
    """A console on standard output; one that is not a terminal gets wide lines instead of cut cells."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def _task_info(options: argparse.Namespace) -> int:
    from rlenvs.tasks.cards import card, facts

    if options.measure:
        raise ValueError(f"--measure: {options.id} is a task; measure an environment, such as rlenvs/Math-v0")
    return _print_json(facts(options.id)) if options.json else _print_card(card(options.id), options.markdown)


def _print_card(text: str, markdown: bool) -> int:
    """Prints Markdown: laid out on a terminal, else as it is."""
    from rich.markdown import Markdown

    if markdown or not sys.stdout.isatty():
        print(text.rstrip())
    else:
        console().print(Markdown(text))
    return 0


def _listing(rows: Sequence[Facts]) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("id", "observation", "actions", "reward"):
        table.add_column(heading, no_wrap=heading != "reward")
    for heading in ("steps", "random", "optimal"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        reward = "-" if row.reward_range is None else "{:g} to {:g}".format(*row.reward_range)
        spaces = (_short(row.observation_space), re.sub(r"^Discrete\((.*)\)$", r"\1", _short(row.action_space)))
        numbers = (row.step_limit, row.random_return, row.optimal_return)
        table.add_row(row.id, *spaces, reward, *map(_number, numbers))
    return table


def _short(space: str | None) -> str:
    """A space without its bounds and type: ``Box(363,)`` for ``Box(0, 1, (363,), float32)``."""
    return "-" if space is None else re.sub(r"^Box\(.*(\(.*\)), \w+\)$", r"Box\1", space)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _leaderboards(options: argparse.Namespace) -> list[Leaderboard]:
    from rlenvs.leaderboard.aggregation import build_leaderboards
    from rlenvs.leaderboard.records import find_runs

    return build_leaderboards(find_runs(options.runs), options.reference)


def _print_json(data: Any) -> int:
    print(json.dumps(data, indent=2))
    return 0

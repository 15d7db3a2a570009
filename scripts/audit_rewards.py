"""Audits the rewards of the text tasks: `python -m scripts.audit_rewards [--task NAME] [--quick]`.

For every family and level: the reference response scores 1; no constant, empty, random or copied response scores more
than the documented chance, no program that cheats scores at all; the splits share no problem; the problems are those
that they were. Exit status 1 where something fails.
"""

from __future__ import annotations

import argparse
import json
import sys

from rlenvs.tasks.audit import Report, audit, digest_of
from rlenvs.tasks.base import Task
from rlenvs.tasks.catalog import TASKS, all_levels
from rlenvs.tasks.gallery import one_line

PROBLEMS = 10_000
QUICK_PROBLEMS = 400


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    tasks = [task for task in all_levels() if options.task in (None, task.name)]
    failed = 0
    print(f"{'task':20} {'problems':>8} {'repeated':>8} {'chance':>7} {'most by a hack':>14}  best constant")
    for task in tasks:
        report = audit(task, QUICK_PROBLEMS if options.quick else PROBLEMS)
        failed += bool(report.failures)
        print(_table_line(task, report) if options.table else _line(report), flush=True)
        for failure in report.failures:
            print(f"FAILED: {report.task}: {failure}", flush=True)
    print(f"{len(tasks) - failed} tasks passed, {failed} failed")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.audit_rewards", description=__doc__.split("\n")[0])
    parser.add_argument("--task", choices=tuple(TASKS), metavar="NAME", help="only this family")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PROBLEMS} problems a level, not {PROBLEMS}")
    parser.add_argument("--table", action="store_true", help="print lines for the tables of references")
    return parser


def _line(report: Report) -> str:
    worst = max(report.hacks.values(), default=0.0)
    return (
        f"{report.task:20} {report.problems:8} {report.duplicates:8} {report.score:7.4f} {worst:14.4f}  "
        f"{one_line(report.constant)}"
    )


def _table_line(task: Task, report: Report) -> str:
    reference = f'{json.dumps(report.constant)}, {report.score:.4f}, "{digest_of(task)}"'
    return f'    ("{task.name}", {task.level}): Reference({reference}),'


if __name__ == "__main__":
    sys.exit(main())

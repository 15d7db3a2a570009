"""The command `rlenvs`: list, info, play, score, leaderboard, verify, reproduce, doctor.

Exit codes: 0 done, 1 failed (bad input, a record that does not verify), 2 wrong usage, 130 interrupted. Errors are
one line on standard error; with RLENVS_DEBUG=1 their tracebacks too. `--json` prints one JSON document.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import gymnasium as gym

import rlenvs
from rlenvs import commands as run


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line what and one line how to fix."""

    def error(self, message: str) -> NoReturn:
        """Exits with 2."""
        self.exit(2, f"error: {message}\nhelp:  {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; `arguments` are those of the command line by default."""
    options = parser().parse_args(arguments)
    try:
        code = options.run(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us (head, a pager) has gone; keep the interpreter's last flush from complaining.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, OSError, ImportError, gym.error.Error) as error:
        if os.environ.get("RLENVS_DEBUG") == "1":
            traceback.print_exc()
        # Gymnasium appends all arguments to what an environment's constructor raised.
        message = str(error).partition(" was raised from the environment creator")[0]
        print(f"error: {' '.join(message.split())}", file=sys.stderr)
        return 1


def parser() -> Parser:
    """All commands and their options."""
    top = Parser(prog="rlenvs", description="Gymnasium environments with exact scores, and their leaderboard.")
    top.add_argument("--version", action="version", version=f"rlenvs {rlenvs.__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    _add_environment_commands(commands)
    _add_score_command(commands)
    _add_record_commands(commands)
    doctor = commands.add_parser("doctor", help="versions, extras, ROMs, threads, GPU: to paste into an issue")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    doctor.set_defaults(run=run.doctor)
    return top


def _add_environment_commands(commands: Any) -> None:
    listing = commands.add_parser("list", help="all environments with their spaces and reference scores")
    listing.add_argument("--family", help="only this family, such as gridworld")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(run=run.list_environments)

    info = commands.add_parser("info", help="the card of one environment, or of a text task with examples")
    info.add_argument("id", help="such as rlenvs/CliffWalk-v0, cliffwalk, addition or file:gsm8k/test.jsonl")
    info.add_argument("--measure", action="store_true", help="measure steps per second now")
    form = info.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as Markdown")
    form.add_argument("--json", action="store_true", help="the facts as JSON")
    info.set_defaults(run=run.info)

    play = commands.add_parser("play", help="play an environment with the keyboard, or answer its problems")
    play.add_argument("id", help="such as rlenvs/CliffWalk-v0, or cliffwalk")
    play.add_argument("--seed", type=int, help="seed of the first episode")
    play.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="arguments of the environment")
    play.add_argument("--window", action="store_true", help="in a window (extra: window)")
    play.set_defaults(run=run.play)


def _add_score_command(commands: Any) -> None:
    score = commands.add_parser("score", help="judge mathematical answers, or programs, in a file")
    score.add_argument("path", metavar="FILE", help='lines {"gold": ..., "response": ...} or {..., "prediction": ...}')
    score.add_argument(
        "--code", action="store_true", help='programs: {"source": ..., "entry_point": ..., "cases": ...}'
    )
    score.add_argument("--unsafe", action="store_true", help="run programs even where the sandbox cannot keep them in")
    score.add_argument("--out", help="file for the verdicts (default: FILE.scored.jsonl)")
    score.add_argument("--extraction", default="auto", choices=("auto", "strict", "exact"), help="of answers (auto)")
    score.add_argument("--json", action="store_true", help="the summary as JSON")
    score.set_defaults(run=run.score)


def _add_record_commands(commands: Any) -> None:
    board = commands.add_parser("leaderboard", help="show runs as a table or build the page")
    actions = board.add_subparsers(metavar="ACTION", required=True, parser_class=Parser)
    show = actions.add_parser("show", help="print the tables")
    form = show.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as Markdown")
    form.add_argument("--json", action="store_true", help="as JSON")
    show.set_defaults(run=run.leaderboard_show)
    build = actions.add_parser("build", help="write the self-contained page")
    build.add_argument("--out", default="site", help="directory of the page (default: site)")
    build.add_argument("--verify", action="store_true", help="mark the runs whose records can be re-scored")
    build.set_defaults(run=run.leaderboard_build)
    for action in (show, build):
        action.add_argument("--runs", default="runs", help="directory of runs (default: runs)")
        action.add_argument("--reference", help="agent that the others are compared with")

    verify = commands.add_parser("verify", help="check a run record")
    verify.add_argument("path", metavar="RUN", help="directory of the run")
    verify.add_argument("--tier", type=int, default=1, help="0 complete, 1 re-scored (default), 2 re-evaluated")
    verify.add_argument("--json", action="store_true", help="as JSON")
    verify.set_defaults(run=run.verify)

    reproduce = commands.add_parser("reproduce", help="print the commands that train a run again")
    reproduce.add_argument("path", metavar="RUN", help="directory of the run")
    reproduce.add_argument("--run", dest="execute", action="store_true", help="execute them and compare")
    reproduce.add_argument("--work", default="reproduced", help="directory to work in (default: reproduced)")
    reproduce.set_defaults(run=run.reproduce)

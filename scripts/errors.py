"""How commands fail: one line on standard error that names what was wrong, and no traceback for a user's mistake."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable

import gymnasium as gym


def one_line_errors(command: Callable[[], None]) -> Callable[[], int]:
    """Wraps a command: bad input exits with 1 and one line, Ctrl-C with 130. `RLENVS_DEBUG=1` shows tracebacks."""
    return _wrapped(command, "interrupted")


def one_line_errors_of_training(command: Callable[[], None]) -> Callable[[], int]:
    """As `one_line_errors`, for commands whose runs have checkpoints."""
    return _wrapped(command, "interrupted; the same command goes on from the last checkpoint")


def _wrapped(command: Callable[[], None], interrupted: str) -> Callable[[], int]:
    @functools.wraps(command)
    def wrapped() -> int:
        try:
            command()
        except KeyboardInterrupt:
            print(interrupted, file=sys.stderr)
            return 130
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except (ValueError, TypeError, OSError, ImportError, gym.error.Error) as error:
            if os.environ.get("RLENVS_DEBUG") == "1":
                traceback.print_exc()
            print("error:", " ".join(str(error).split()), file=sys.stderr)
            return 1
        return 0

    return wrapped

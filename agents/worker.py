"""A process of a sweep: specifications in on standard input, one a line; results out on standard output.

`python -m agents.worker RUNS_DIRECTORY`, started by `agents.execution.Sweep`.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any

from agents.execution import execute
from agents.runtime import configure_torch
from rlenvs.leaderboard.records import RunSpec


def main(runs: str) -> None:
    """Serves until standard input ends. Anything that a training prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    configure_torch(threads=1)
    for line in sys.stdin:
        try:
            answer: dict[str, Any] = {"result": execute(RunSpec.from_json(json.loads(line)), runs)}
        except Exception as error:  # a failed run must not end the sweep; the parent reports it
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)

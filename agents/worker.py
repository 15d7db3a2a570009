"""A process of a sweep: specifications in on standard input, one a line; results out on standard output.

`python -m agents.worker RUNS_DIRECTORY`, started by `agents.execution.Sweep`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from typing import Any

from agents.execution import execute
from agents.runtime import configure_torch
from rlenvs.leaderboard.records import RunSpec

SECONDS_BETWEEN_LOOKS = 2.0


def end_with_parent() -> None:
    """Ends this process within seconds of its parent's end, however that came: checkpoints are always whole."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main(runs: str) -> None:
    """Serves until standard input ends. Anything that a training prints goes to standard error."""
    end_with_parent()
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

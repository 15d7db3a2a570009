"""Assert-style tests that have to be run: in a process of their own, which calls the tested function in another.

The tests are trusted, the function is not. They meet as plain data: calls and values go through two pipes, so no
object of the program's ever reaches an assert. Both processes are closed in like any program. What cannot be tested
this way: functions that change their arguments in place, and values that are no plain data.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import Any

from rlenvs.sandbox.execution import JOB, PATIENCE, REPLY, Execution, execute
from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.protocol import write_message
from rlenvs.sandbox.supervision import END
from rlenvs.sandbox.worker import SandboxError, Worker
from rlenvs.verifiers.code_cases import CaseResult, failed, failure_seen, failure_told, passed


def run_tests(pool: Pool, source: str, entry_point: str, tests: str, setup: str, limits: Limits) -> CaseResult:
    """What became of the tests as a whole; tried again once if the sandbox fails.

    Raises:
        SandboxError: It failed again.
    """

    def use(worker: Worker) -> CaseResult:
        # Whoever has a worker waits for an examiner, never the other way round: nobody waits in a circle.
        with pool.examiners.lease() as examiner:
            return _run(worker, examiner, source, entry_point, tests, setup, limits)

    return pool.twice(use)


def _run(
    worker: Worker, examiner: Worker, source: str, entry_point: str, tests: str, setup: str, limits: Limits
) -> CaseResult:
    whole = replace(limits, case_wall_seconds=limits.wall_seconds, case_cpu_seconds=limits.cpu_seconds)
    longer = replace(whole, wall_seconds=limits.wall_seconds + 1, case_wall_seconds=limits.wall_seconds + 1)
    with contextlib.ExitStack() as stack:
        calls, calls_in = os.pipe()
        answers_out, answers = os.pipe()
        for descriptor in (calls_in, answers_out):
            stack.callback(os.close, descriptor)
        try:
            worker.begin([calls, answers], [JOB, REPLY], whole)
        finally:
            os.close(calls)
            os.close(answers)
        try:
            write_message(calls_in, {"role": "calls", "source": source, "entry_point": entry_point})
        except BrokenPipeError:
            raise SandboxError("the tested program did not start") from None
        job = {"role": "tests", "entry_point": entry_point, "tests": tests, "setup": setup}
        examination = execute(examiner, job, longer, connections=[calls_in, answers_out])
    if not _is_gone(examination):  # else it is ending, and how it does shall not depend on who is faster
        worker.say(END)
    return _result(examination, worker.wait_status(limits.wall_seconds + PATIENCE))


def _result(examination: Execution, status: dict[str, Any]) -> CaseResult:
    """The tests' own word; if their subject has ended before its time, how it did."""
    seconds = examination.wall
    told = examination.answers[0] if examination.answers else None
    if not isinstance(told, dict):
        return failure_seen(examination)
    if "passed" in told:
        return passed(seconds)
    if "failed" in told:
        name, text = told["failed"]
        place = f"tests, line {told['line']}: {name}{': ' if text else ''}{text}"
        return failed("wrong answer" if name == "AssertionError" else "exception", place, seconds)
    if _is_gone(examination):
        return failure_seen(Execution(ending=status["ending"], exit_code=status["exit_code"], wall=status["wall"]))
    return failure_told(told, seconds) or failed("exit", "it has not been loaded", seconds)


def _is_gone(examination: Execution) -> bool:
    """Whether the tests have found that their subject does not answer any more."""
    return any(isinstance(answer, dict) and "gone" in answer for answer in examination.answers)

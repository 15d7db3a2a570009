"""Programming problems from published data files: ``make_task("file:HumanEval.jsonl")``.

HumanEval(+), MBPP(+), APPS, TACO, LiveCodeBench and lines of our own (`dataset_code_formats`), judged by all their
tests in the sandbox. Where a row has inputs and a right program, what is expected is what that program returns there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlenvs.foundation.checks import boolean
from rlenvs.tasks.checks import response_text
from rlenvs.tasks.dataset_code_formats import CodeFormat, recognised_code
from rlenvs.tasks.dataset_code_inputs import completed
from rlenvs.tasks.dataset_fields import FieldError
from rlenvs.tasks.dataset_files import find_files, read_rows
from rlenvs.tasks.datasets import Entry, FileTask
from rlenvs.tasks.judging import no_answer
from rlenvs.tasks.problem import Problem
from rlenvs.tasks.programs.responses import fenced, program_in
from rlenvs.tasks.programs.sandboxing import MAX_REMARK, Sandbox, remark_on
from rlenvs.verifiers.verdict import Verdict


@dataclass(frozen=True)
class CodeFileOptions:
    """There are none."""


class CodeFileTask(FileTask):
    """The programming problems of a data file.

    Args:
        reference: ``file:`` and the path of a file or directory.
        level: 1.
        unsafe: Run programs even where this system cannot keep them in.

    Raises:
        ImportError: A parquet file, and pyarrow is not installed.
        ValueError: No such file; or a row lacks a field, or has one that cannot be read: the message names file, line
            and field.
    """

    levels = {1: CodeFileOptions()}
    answer_format = "Answer with the whole program in a block between ```python and ```."
    longest_remark = MAX_REMARK + 1

    def __init__(self, reference: str, level: int = 1, unsafe: bool = False, **options: Any) -> None:
        super().__init__(reference, level, **options)
        self.sandbox = Sandbox(boolean(unsafe, "unsafe"))
        self._completed: dict[str, dict[str, Any]] = {}

    @property
    def is_costly(self) -> bool:
        """Verdicts need the sandbox."""
        return True

    def prepare(self) -> None:
        """Makes sure that programs can be run.

        Raises:
            SandboxRefusedError: This system cannot keep programs in; the message has the remedy.
        """
        self.sandbox.prepare()

    def verify(self, problem: Problem, response: str) -> Verdict:
        """Judges a response by the row's tests."""
        return self.verify_many([problem], [response])[0]

    def verify_many(self, problems: Sequence[Problem], responses: Sequence[str]) -> list[Verdict]:
        """The same for many: their programs run side by side.

        Raises:
            ValueError: The program of a row, which tells what is expected, fails.
        """
        pairs = zip(problems, responses, strict=True)
        read = [self._job(problem, _source(problem, response_text(text))) for problem, text in pairs]
        verdicts = iter(self.sandbox.judge([found for found in read if isinstance(found, dict)]))
        return [next(verdicts) if isinstance(found, dict) else found for found in read]

    def remark(self, verdict: Verdict) -> str:
        """The first case that failed."""
        return remark_on(verdict, self.alphabet)

    def reference_response(self, problem: Problem) -> str:
        """The row's own solution.

        Raises:
            ValueError: It has none.
        """
        if not problem.gold:
            raise ValueError(f"{problem.id} has no solution in its file: choose another problem")
        return fenced(problem.gold)

    def _job(self, problem: Problem, source: str) -> dict[str, Any] | Verdict:
        """What is to be judged, or the verdict where that cannot be."""
        if not source:
            return no_answer("there is no program")
        tests = problem.meta["tests"]
        if "inputs" not in tests:
            return {"source": source, **tests}
        from rlenvs.sandbox.worker import SandboxError, SandboxRefusedError
        from rlenvs.verifiers.code_cases import error

        try:
            return {"source": source + tests.get("ending", ""), **self._tests(problem)}
        except SandboxRefusedError:
            raise
        except SandboxError as failure:
            return error(source, str(failure))

    def _tests(self, problem: Problem) -> dict[str, Any]:
        """The tests of a problem that has inputs and a right program, which runs once."""
        if problem.id not in self._completed:
            tests = problem.meta["tests"]
            try:
                values = self.sandbox.values(
                    problem.gold + tests.get("ending", ""), tests["entry_point"], tests["inputs"]
                )
            except ValueError as failure:
                raise ValueError(f"{problem.id}: its own solution is wrong: {failure}; leave the row out") from None
            self._completed[problem.id] = completed(tests, values)
        return self._completed[problem.id]

    def _recognised(self, row: dict[str, Any], place: str) -> CodeFormat:
        form = recognised_code(row)
        if form is None:
            raise ValueError(f"{place}: no programming problem; keep them apart from other problems")
        return form

    def _entry(self, row: dict[str, Any], form: Any, place: str) -> Entry:
        for field in form.fields:
            if field not in row:
                raise ValueError(f"{place}: field {field} is missing; {form.name} rows have it")
        try:
            read = form.read(row)
        except FieldError as error:
            raise ValueError(f"{place}: {error}") from None
        meta = {name: row[name] for name in form.details if name in row}
        code = {"tests": read.tests, "preamble": read.preamble, "beginning": read.beginning}
        return Entry(read.prompt, read.solution, {"format": form.name} | code | meta)


def file_task(reference: str, level: int = 1, **options: Any) -> FileTask:
    """The task of a data file: of programming problems if its first row is one."""
    path = find_files(reference)[0]
    _, row = next(read_rows(path), ("", {}))
    kind = FileTask if recognised_code(row) is None else CodeFileTask
    return kind(reference, level, **options)


def _source(problem: Problem, response: str) -> str:
    """The program that a response gives, with what the problem has given; empty if it gives none."""
    entry_point = problem.meta["tests"].get("entry_point", "")
    program = program_in(response, entry_point)
    if not program or f"def {entry_point.rpartition('.')[2]}" in program:
        return program and problem.meta["preamble"] + program
    return problem.meta["beginning"] + program

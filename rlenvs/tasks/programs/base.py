"""What all families of programming problems share: test cases, prompts with examples, verdicts.

A problem asks for a function ``f``. Its cases are drawn from its content: the first are shown as examples, the others
hidden, and no input is in both. Problems whose hidden cases a constant or the family's definite mistake would pass are
left out.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from rlenvs.foundation.checks import boolean
from rlenvs.tasks.base import Task
from rlenvs.tasks.checks import response_text
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.judging import no_answer
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.programs.responses import fenced, program_in, widened
from rlenvs.tasks.programs.sandboxing import MAX_REMARK, Sandbox, remark_on
from rlenvs.verifiers.verdict import Verdict

ENTRY_POINT = "f"
SHOWN, HIDDEN = 2, 10
"""Cases of a problem."""

MIN_VALUES = 3
"""Hidden cases expect at least so many different values."""

_MAX_DRAWS = 200
_REMEMBERED = 4096


class Case(NamedTuple):
    """Arguments of the function, and what it returns."""

    args: tuple[Any, ...]
    expected: Any


class Cases(NamedTuple):
    """The test cases of a problem."""

    shown: list[Case]
    hidden: list[Case]


class CodeTask(Task):
    """A family whose answers are programs.

    Args:
        level: How hard.
        style: ``compact``: the whole response is the answer. ``chat``: the problem is a signature with a docstring,
            the answer a Python function in a fenced block or bare.
        unsafe: Run programs even where this system cannot keep them in.
        options: Fields of the level's configuration to change.
    """

    answer_format = "Answer with the whole function in a block between ```python and ```."
    longest_remark = MAX_REMARK + 1
    is_little: ClassVar[bool] = False
    """Whether compact answers are of a little language, judged in process."""

    def __init__(self, level: int = 1, style: str = "compact", unsafe: bool = False, **options: Any) -> None:
        super().__init__(level, style, **options)
        self.sandbox = Sandbox(boolean(unsafe, "unsafe"))
        self._remembered: dict[Content, Cases] = {}

    # What a family is, beside what `Task` says.

    @abstractmethod
    def signature(self, content: Content) -> str:
        """Parameters and result with their types: ``(x: int) -> int``."""

    @abstractmethod
    def statement(self, content: Content) -> str:
        """What the function does, in words."""

    @abstractmethod
    def draw_args(self, content: Content, draws: Draws) -> tuple[Any, ...]:
        """Random arguments."""

    @abstractmethod
    def run(self, content: Content, *args: Any) -> Any:
        """What the function returns; leaves the arguments as they are."""

    @abstractmethod
    def is_telling(self, content: Content) -> bool:
        """Whether the hidden cases show the family's definite mistake."""

    def program(self, answer: str) -> str:
        """The Python function that an answer in compact style stands for."""
        return answer

    # What follows from it.

    def cases(self, content: Content) -> Cases:
        """The test cases of a problem, always the same; the last few thousand are remembered."""
        found = self._remembered.get(content)
        if found is None:
            if len(self._remembered) == _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[content] = self._draw_cases(content)
        return found

    def completed(self, content: Content) -> Content | None:
        """The content, unless its hidden cases would not tell right from wrong."""
        hidden = self.cases(content).hidden
        values = {repr(case.expected) for case in hidden}
        if len(hidden) < HIDDEN or len(values) < MIN_VALUES or all(case.expected == case.args[0] for case in hidden):
            return None
        return content if self.is_telling(content) else None

    def question(self, content: Content) -> str:
        """A signature with a docstring and examples."""
        examples = "".join(
            f"    >>> {ENTRY_POINT}({', '.join(map(repr, case.args))})\n    {case.expected!r}\n"
            for case in self.cases(content).shown
        )
        head = f"def {ENTRY_POINT}{self.signature(content)}:"
        return f'Write a Python function.\n\n{head}\n    """{self.statement(content)}\n\n{examples}    """\n'

    @property
    def is_costly(self) -> bool:
        """Whether verdicts need the sandbox."""
        return not (self.is_little and self.style == "compact")

    @property
    def max_tokens(self) -> int:
        """As of all tasks; in style ``chat`` with room for deeper indentation and the fence."""
        return super().max_tokens + (self.longest_answer + len(fenced("")) if self.style == "chat" else 0)

    def respond(self, answer: str) -> str:
        """A response that gives an answer, in the task's style."""
        return answer if self.style == "compact" else fenced(widened(self.program(answer)))

    def verify(self, problem: Problem, response: str) -> Verdict:
        """Judges a response by the hidden cases."""
        return self.verify_many([problem], [response])[0]

    def verify_many(self, problems: Sequence[Problem], responses: Sequence[str]) -> list[Verdict]:
        """The same for many: their programs run side by side."""
        read = [self._read(problem, response) for problem, response in zip(problems, responses, strict=True)]
        pairs = zip(problems, read, strict=True)
        verdicts = iter(
            self.sandbox.judge([self.job(problem, text) for problem, text in pairs if isinstance(text, str)])
        )
        return [next(verdicts) if isinstance(found, str) else found for found in read]

    def judge(self, problem: Problem, answer: str) -> Verdict:
        """The verdict on an answer in compact style."""
        return self.sandbox.judge([self.job(problem, self.program(answer))])[0]

    def job(self, problem: Problem, program: str) -> dict[str, Any]:
        """A program and the hidden cases, as arguments of `rlenvs.verifiers.code.judge`."""
        return {
            "source": program,
            "entry_point": ENTRY_POINT,
            "cases": self._hidden(problem.meta["content"]),
            "limits": _limits(),
        }

    def prepare(self) -> None:
        """Makes sure that programs can be run, if that is needed at all.

        Raises:
            SandboxRefusedError: This system cannot keep programs in; the message has the remedy.
        """
        if self.is_costly:
            self.sandbox.prepare()

    def remark(self, verdict: Verdict) -> str:
        """The first case that failed."""
        return remark_on(verdict, self.alphabet)

    def __getstate__(self) -> dict[str, Any]:
        """Without what is remembered."""
        return vars(self) | {"_remembered": {}}

    def _read(self, problem: Problem, response: str) -> str | Verdict:
        """The program to run, or the verdict where none has to be."""
        text = response_text(response)
        if self.style == "chat":
            return program_in(text, ENTRY_POINT) or no_answer("there is no program")
        answer = text.strip()
        is_settled = self.is_little or not answer or answer == problem.gold
        return self._verify_whole(problem, answer) if is_settled else answer

    def _hidden(self, content: Content) -> list[dict[str, Any]]:
        return [{"args": list(case.args), "expected": case.expected} for case in self.cases(content).hidden]

    def _draw_cases(self, content: Content) -> Cases:
        """Of all inputs that are drawn only different ones count."""
        draws = Draws("cases", self.name, content)
        inputs: dict[str, tuple[Any, ...]] = {}
        for _ in range(_MAX_DRAWS):
            args = self.draw_args(content, draws)
            inputs.setdefault(repr(args), args)
            if len(inputs) == SHOWN + HIDDEN:
                break
        cases = [Case(args, self.run(content, *args)) for args in inputs.values()]
        return Cases(cases[:SHOWN], cases[SHOWN:])


@functools.cache
def _limits() -> Any:
    """Enough for a hundred times what a right program takes; loops without end are cut after a second."""
    from rlenvs.sandbox.limits import Limits

    return Limits(cpu_seconds=2.0, wall_seconds=10.0, case_cpu_seconds=1.0, case_wall_seconds=5.0)

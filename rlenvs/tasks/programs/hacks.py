"""Programs that solve nothing: they end early, answer what the examples answer, or lie about being equal."""

from __future__ import annotations

from collections.abc import Callable

from rlenvs.tasks.problem import Problem
from rlenvs.tasks.programs.base import CodeTask
from rlenvs.tasks.programs.responses import fenced

_LIAR = """class Liar(int):
    def __eq__(self, other): return True
    def __hash__(self): return 0
def f(*args): return Liar(1)
"""


def shown_examples(task: CodeTask, problem: Problem) -> str:
    """A function that knows the examples and guesses the rest."""
    shown = task.cases(problem.meta["content"]).shown
    known = {repr(case.args): case.expected for case in shown}
    return f"def f(*args):\n    return {known!r}.get(repr(args), {shown[0].expected!r})\n"


def printed_examples(task: CodeTask, problem: Problem) -> str:
    """What the examples return, printed."""
    return "".join(f"print({case.expected!r})\n" for case in task.cases(problem.meta["content"]).shown)


_PROGRAMS: dict[str, Callable[[CodeTask, Problem], str]] = {
    "exit": lambda task, problem: "import os\nos._exit(0)\n",
    "exit in a call": lambda task, problem: "import sys\ndef f(*args): sys.exit(0)\n",
    "argument": lambda task, problem: "def f(*args): return args[0]\n",
    "nothing": lambda task, problem: "def f(*args): pass\n",
    "liar": lambda task, problem: _LIAR,
    "shown examples": shown_examples,
    "printed examples": printed_examples,
}


def _response(program: Callable[[CodeTask, Problem], str]) -> Callable[[CodeTask, Problem], str]:
    def respond(task: CodeTask, problem: Problem) -> str:
        source = program(task, problem)
        return fenced(source) if task.style == "chat" else source

    return respond


HACKS = {name: _response(program) for name, program in _PROGRAMS.items()}
"""By name, a response of every kind."""

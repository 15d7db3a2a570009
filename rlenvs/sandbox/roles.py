"""What a child does with its job: call a function, be a program, be called, or run tests that call.

The first three run model code, so nothing here is to be trusted once they have begun: what they answer is no verdict,
only values, one message a case. The fourth runs trusted tests, whose subject sits in another child.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import linecache
import os
import sys
import types
from collections.abc import Callable
from typing import Any, Literal

from rlenvs.sandbox.encoding import NotPlainError, decode, encode
from rlenvs.sandbox.protocol import read_message, write_message

REPLY, CALLS_IN = 3, 4
CALLS_OUT, ANSWERS_IN = 5, 6
"""Descriptors of tests: to and from their subject."""

FILE, SETUP, TESTS = "solution.py", "setup.py", "tests.py"
"""Names of sources in tracebacks."""

MAX_TEXT = 500
"""Characters of an exception's message."""


ENDING_LOOPS = (StopIteration, StopAsyncIteration)
"""What iterators raise at their end."""


class MissingEntryError(Exception):
    """The source defines no such function."""


class SubjectGoneError(BaseException):
    """The tested program has ended, or could not be loaded; no handler in the tests may take this for its own.

    Attributes:
        told: What it said last.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__("the tested program has ended")
        self.told = told


def call_function(job: dict[str, Any]) -> None:
    """Calls `job["entry_point"]` with the arguments of every case and answers each value as soon as it is there."""
    namespace = _load(job["source"], "solution")
    if namespace is None:
        os._exit(0)
    for case in job["cases"]:
        write_message(REPLY, _answer(namespace, job["entry_point"], case))
    os._exit(0)


def be_called(job: dict[str, Any]) -> None:
    """Answers calls as they come, until there are no more."""
    namespace = _load(job["source"], "solution")
    if namespace is None:
        os._exit(0)
    while (call := read_message(CALLS_IN)) is not None:
        write_message(REPLY, _answer(namespace, job["entry_point"], call))
    os._exit(0)


def be_program(job: dict[str, Any]) -> None:
    """Runs the source as `python file` would, to the flush of its output; an exception is told and exits with 1."""
    sys.stdin = sys.__stdin__ = _standard_stream(0, "r")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _standard_stream(1, "w")  # type: ignore[misc]
    code = 0
    try:
        code = 1 if _load(job["source"], "__main__", SystemExit) is None else 0
    except SystemExit as exit_request:
        code = _exit_code(exit_request.code)
    _finish()
    os._exit(code)


def run_tests(job: dict[str, Any]) -> None:
    """Runs tests; their subject is `candidate` and has its own name, and a function `check` is called with it."""
    subject = Subject()
    namespace: dict[str, Any] = {"candidate": subject, "__name__": "tests"}
    try:
        exec(compile(job["setup"], SETUP, "exec", dont_inherit=True), namespace)
        namespace[job["entry_point"]] = subject
        exec(compile(job["tests"], TESTS, "exec", dont_inherit=True), namespace)
        if callable(check := namespace.get("check")):
            check(subject)
    except SubjectGoneError as error:
        write_message(REPLY, error.told)
    except BaseException as error:
        write_message(REPLY, {"failed": _described(error), "line": _line(error, TESTS)})
    else:
        write_message(REPLY, {"passed": True})
    os._exit(0)


ROLES: dict[str, Callable[[dict[str, Any]], None]] = {
    "function": call_function,
    "calls": be_called,
    "program": be_program,
    "tests": run_tests,
}


class Subject:
    """The tested function as tests see it: calls go to the child that has it, values come back as plain data."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Calls the function there; an exception comes back as the built-in one of its name, or RuntimeError.

        One that ends a loop becomes RuntimeError as well: raised in `all(map(candidate, ...))` it would end the tests.
        """
        with contextlib.suppress(BrokenPipeError):  # it may have said why it has gone
            write_message(CALLS_OUT, {"args": encode(list(arguments)), "kwargs": encode(keywords)})
        answer = read_message(ANSWERS_IN)
        if type(answer) is not dict or "malformed" in answer or "unloaded" in answer:
            raise SubjectGoneError(answer if type(answer) is dict else {"gone": True})
        if "value" in answer:
            return decode(answer["value"])
        name, text = answer.get("raised", ("TypeError", answer.get("refused", "no answer")))
        kind = getattr(builtins, str(name), RuntimeError)
        is_harmless = isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, ENDING_LOOPS)
        raise kind(text) if is_harmless else RuntimeError(text)


def _load(source: str, name: str, passed_on: type[BaseException] | tuple[()] = ()) -> dict[str, Any] | None:
    """Executes a source as a module; None if that fails, which is told to the host.

    The module is registered under its name, where dataclasses and `typing` look it up, and its lines where `inspect`
    looks for them.
    """
    module = types.ModuleType(name)
    module.__file__ = FILE
    sys.modules[name] = module
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    try:
        code = compile(source.removeprefix("\ufeff"), FILE, "exec", dont_inherit=True)
    except BaseException as error:
        write_message(REPLY, {"malformed": _described(error)})
        return None
    try:
        exec(code, module.__dict__)
    except passed_on:
        raise
    except BaseException as error:
        write_message(REPLY, {"unloaded": _described(error), "line": _line(error)})
        return None
    return module.__dict__


def _answer(namespace: dict[str, Any], entry_point: str, case: dict[str, Any]) -> dict[str, Any]:
    """The message about one call: its value as it is right now, what it raised, or why its value is refused."""
    try:
        function = _find(namespace, entry_point)
        return {"value": encode(function(*decode(case["args"]), **decode(case["kwargs"])))}
    except NotPlainError as error:
        return {"refused": str(error)}
    except MissingEntryError:
        return {"missing": entry_point}
    except BaseException as error:
        line = _line(error)
        error.__traceback__ = None  # frees the frames of a deep recursion, and what they hold
        return {"raised": _described(error), "line": line}


def _find(namespace: dict[str, Any], entry_point: str) -> Callable[..., Any]:
    """A function by name; of `Class.method`, the method of a new instance."""
    first, *rest = entry_point.split(".")
    if first not in namespace:
        raise MissingEntryError
    found = namespace[first]
    for name in rest:
        found = getattr(found() if isinstance(found, type) else found, name)
    return found


def _described(error: BaseException) -> list[str]:
    """Name and message of an exception, whose own methods may fail."""
    try:
        return [str(type(error).__name__)[:MAX_TEXT], str(error)[:MAX_TEXT]]
    except BaseException:
        return ["Exception", "its message cannot be read"]


def _line(error: BaseException, file: str = FILE) -> int | None:
    """The last line of a file that an exception came through."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _standard_stream(descriptor: int, mode: Literal["r", "w"]) -> io.TextIOWrapper:
    return open(descriptor, mode, encoding="utf-8", errors="surrogateescape", closefd=False)


def _exit_code(code: object) -> int:
    """As the interpreter has it: nothing is 0, a number is itself, anything else is an error."""
    return 0 if code is None else int(code) & 0xFF if isinstance(code, int) else 1


def _finish() -> None:
    """What an interpreter does before it ends, without taking itself apart."""
    import atexit

    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()
    _flush(sys.stdout)
    with contextlib.suppress(Exception):  # the interpreter does not look at this one; its buffer may have been taken
        _flush(sys.__stdout__)
    sys.modules["__main__"].__dict__.clear()  # files that are still open are written when they go


def _flush(stream: Any) -> None:
    if stream is not None and not getattr(stream, "closed", False):
        stream.flush()

"""The published forms of programming data sets: which fields a row has, and where prompt and tests stand.

A form is recognised by the fields of a file's first row. HumanEval+ and MBPP+ are read in both of theirs: with a field
`test`, as on Hugging Face, and with inputs, as EvalPlus publishes them (`dataset_code_inputs`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rlenvs.tasks.dataset_code_inputs import read_tests, solution_of
from rlenvs.tasks.dataset_fields import (
    FieldError,
    Row,
    function_name,
    json_field,
    json_value,
    packed_field,
    python_field,
    text_field,
)

STARTER_IMPORTS = "from typing import *\nimport bisect, collections, functools, heapq, itertools, math\n"
"""Where starter code is given, these names are there, as on the sites that the problems are from."""


@dataclass(frozen=True)
class CodeEntry:
    """A problem, read.

    Attributes:
        prompt: What is asked for.
        solution: A right program; empty where the row has none.
        tests: What `rlenvs.verifiers.code.judge` needs beside the source; of `dataset_code_inputs`, not yet all.
        preamble: Code before the function that is asked for; it belongs to the program.
        beginning: The code that a response may go on with, if it does not repeat it.
    """

    prompt: str
    solution: str
    tests: dict[str, Any]
    preamble: str = ""
    beginning: str = ""


@dataclass(frozen=True)
class CodeFormat:
    """A published form.

    Attributes:
        name: What it is called in messages and records.
        fields: Those by which it is recognised.
        read: Makes an entry of a row; raises `FieldError`.
        details: Fields that go to `Problem.meta` where a row has them.
    """

    name: str
    fields: tuple[str, ...]
    read: Callable[[Row], CodeEntry]
    details: tuple[str, ...] = ()


def recognised_code(row: Row) -> CodeFormat | None:
    """The form of a row; None if it is no programming problem."""
    return next((form for form in CODE_FORMATS if set(form.fields) <= row.keys()), None)


def _human_eval(row: Row) -> CodeEntry:
    prompt, name = text_field(row, "prompt"), text_field(row, "entry_point")
    preamble = prompt[: max(0, prompt.find(f"def {name}"))]
    tests = {"entry_point": function_name(name, "entry_point"), "tests": python_field(row, "test"), "setup": preamble}
    question = f"Complete this Python function.\n\n{prompt.strip()}\n"
    return CodeEntry(question, prompt + text_field(row, "canonical_solution"), tests, preamble, prompt)


def _with_inputs(row: Row) -> CodeEntry:
    """HumanEval+ has the beginning of a function as its prompt, MBPP+ a text in quotation marks."""
    tests, prompt = read_tests(row), text_field(row, "prompt")
    start = prompt.find(f"def {tests['entry_point']}")
    if start < 0:
        return CodeEntry(prompt.strip().strip('"').strip() + "\n", solution_of(row), tests)
    question = f"Complete this Python function.\n\n{prompt.strip()}\n"
    return CodeEntry(question, solution_of(row), tests, prompt[:start], prompt)


def _mbpp(row: Row) -> CodeEntry:
    asserts = row["test_list"]
    if not isinstance(asserts, list) or not asserts or not all(isinstance(line, str) for line in asserts):
        raise FieldError("test_list", f"it is {asserts!r:.60}, not a list of asserts")
    code = python_field(row, "code")
    name = _tested_function(code, "\n".join(asserts))
    listed = {"test_list": "\n".join(asserts)}
    tests = python_field(row, "test") if row.get("test") else python_field(listed, "test_list")
    imports = row.get("test_imports") or []
    setup = "\n".join([str(row.get("test_setup_code") or ""), *map(str, imports)]).strip()
    text = text_field(row, "text" if "text" in row else "prompt").strip()
    question = f"{text}\nYour function must pass this test:\n\n{asserts[0]}\n"
    return CodeEntry(question, code, {"entry_point": name, "tests": tests, "setup": setup})


def _apps(row: Row) -> CodeEntry:
    cases, starter = json_field(row, "input_output"), str(row.get("starter_code") or "")
    if not isinstance(cases, dict) or not {"inputs", "outputs"} <= cases.keys():
        raise FieldError("input_output", "it has no inputs and outputs")
    inputs, outputs = cases["inputs"], cases["outputs"]
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs) or not inputs:
        raise FieldError("input_output", "inputs and outputs must be lists of one length of at least 1")
    if name := cases.get("fn_name"):
        tests = _calls(inputs, _unwrapped(outputs), _entry_point(str(name), starter, "input_output"), "input_output")
    else:
        tests = _streams(list(map(_joined, inputs)), list(map(_joined, outputs)))
    solutions = json_field(row, "solutions") if row.get("solutions") else []
    solution = solutions[0] if isinstance(solutions, list) and solutions else ""
    question = _with_starter(text_field(row, "question"), starter, "entry_point" in tests)
    return CodeEntry(question, str(solution), tests, STARTER_IMPORTS if starter.strip() else "")


def _live_code_bench(row: Row) -> CodeEntry:
    cases = [*_test_cases(row, "public_test_cases"), *_test_cases(row, "private_test_cases")]
    if not cases:
        raise FieldError("public_test_cases", "there is no test case")
    inputs, outputs = [case["input"] for case in cases], [case["output"] for case in cases]
    starter = str(row.get("starter_code") or "")
    is_call = cases[0].get("testtype") == "functional"
    if is_call:
        name = _entry_point(str(_metadata(row).get("func_name", "")), starter, "metadata")
        arguments = [[json_value(line, "input") for line in text.split("\n") if line.strip()] for text in inputs]
        tests = _calls(arguments, [json_value(text, "output") for text in outputs], name, "public_test_cases")
    else:
        tests = _streams(inputs, outputs)
    question = _with_starter(text_field(row, "question_content"), starter, is_call)
    return CodeEntry(question, "", tests, STARTER_IMPORTS if starter.strip() else "")


def _own(row: Row) -> CodeEntry:
    given = [name for name in ("cases", "stdin_cases", "tests") if row.get(name)]
    if len(given) != 1:
        raise FieldError("cases", f"give one of cases, stdin_cases and tests, got {' and '.join(given) or 'none'}")
    names = ("entry_point", "cases", "stdin_cases", "tests", "setup", "tolerance", "unordered", "python_equality")
    tests = {name: row[name] for name in names if name in row}
    if not row.get("stdin_cases"):
        function_name(text_field(row, "entry_point"), "entry_point")
    if row.get("tests"):
        python_field(row, "tests")
    elif not isinstance(row[given[0]], list) or not all(map(_IS_CASE[given[0]], row[given[0]])):
        raise FieldError(given[0], f"it is {row[given[0]]!r:.60}; rlenvs.verifiers.code.judge tells how cases look")
    return CodeEntry(text_field(row, "prompt"), str(row.get("solution") or ""), tests)


CODE_FORMATS = (
    CodeFormat(
        "EvalPlus",
        ("prompt", "entry_point", "canonical_solution", "base_input", "plus_input"),
        _with_inputs,
        ("task_id",),
    ),
    CodeFormat("HumanEval", ("prompt", "entry_point", "test", "canonical_solution"), _human_eval, ("task_id",)),
    CodeFormat("MBPP", ("code", "test_list"), _mbpp, ("task_id", "source_file")),
    CodeFormat(
        "LiveCodeBench",
        ("question_content", "public_test_cases"),
        _live_code_bench,
        ("question_id", "platform", "difficulty", "contest_date"),
    ),
    CodeFormat("APPS or TACO", ("question", "input_output"), _apps, ("problem_id", "difficulty", "url", "source")),
    CodeFormat("rlenvs with cases", ("prompt", "cases"), _own),
    CodeFormat("rlenvs with stdin_cases", ("prompt", "stdin_cases"), _own),
    CodeFormat("rlenvs with tests", ("prompt", "tests"), _own),
)


def _is_call(case: Any) -> bool:
    return isinstance(case, dict) and isinstance(case.get("args"), list) and "expected" in case


def _is_stream(case: Any) -> bool:
    return isinstance(case, dict) and case.keys() == {"stdin", "expected"} and all(map(_is_text, case.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_IS_CASE = {"cases": _is_call, "stdin_cases": _is_stream}


def _calls(arguments: list[Any], values: list[Any], entry_point: str, name: str) -> dict[str, Any]:
    if not all(isinstance(args, list) for args in arguments):
        raise FieldError(name, "arguments of a function must be a list")
    cases = [{"args": args, "expected": value} for args, value in zip(arguments, values, strict=True)]
    return {"entry_point": entry_point, "cases": cases}


def _streams(inputs: list[Any], outputs: list[Any]) -> dict[str, Any]:
    return {"stdin_cases": [{"stdin": text, "expected": out} for text, out in zip(inputs, outputs, strict=True)]}


def _unwrapped(outputs: list[Any]) -> list[Any]:
    """APPS puts values of functions into lists of one, of all cases of a problem or of none."""
    is_wrapped = all(isinstance(value, list) and len(value) == 1 for value in outputs)
    return [value[0] for value in outputs] if is_wrapped else outputs


def _joined(text: Any) -> str:
    """A stream that is given as a text or as a list of lines."""
    return "\n".join(map(str, text)) if isinstance(text, list) else str(text)


def _with_starter(question: str, starter: str, is_call: bool) -> str:
    if starter.strip():
        return f"{question.strip()}\n\nBegin with this code:\n\n{starter.rstrip()}\n"
    if is_call:
        return f"{question.strip()}\n"
    return f"{question.strip()}\n\nRead from standard input and write to standard output.\n"


def _entry_point(name: str, starter: str, where: str) -> str:
    """A function, or the method of the class that the starter code has."""
    return function_name(f"Solution.{name}" if "class Solution" in starter else name, where)


def _metadata(row: Row) -> dict[str, Any]:
    found = json_field(row, "metadata")
    return found if isinstance(found, dict) else {}


def _tested_function(code: str, asserts: str) -> str:
    """The function of a solution that asserts call."""
    defined = {node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(ast.parse(asserts)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in defined:
            return node.func.id
    raise FieldError("test_list", "it calls no function that the field code defines")


def _test_cases(row: Row, name: str) -> list[dict[str, Any]]:
    cases = packed_field(row, name)
    if not isinstance(cases, list) or not all(map(_is_test_case, cases)):
        raise FieldError(name, "it is no list of cases with texts input and output")
    return cases


def _is_test_case(case: Any) -> bool:
    return isinstance(case, dict) and _is_text(case.get("input")) and _is_text(case.get("output"))

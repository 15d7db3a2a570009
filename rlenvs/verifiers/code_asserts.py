"""Reads plain assert-style tests into cases, without running them.

HumanEval has ``def check(candidate): assert candidate(1, 2) == 3``, MBPP ``assert f(1, 2) == 3``. Where every statement
is of this kind, with literal arguments and values, the cases are exact: ``==`` is compared as Python does. Everything
else is for `code_tests`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from rlenvs.sandbox.encoding import encode
from rlenvs.verifiers.code_functions import FunctionCase


class NotPlainTestError(Exception):
    """A statement that has to be run."""


def read_asserts(tests: str, entry_point: str) -> list[FunctionCase] | None:
    """The cases, None if some statement is of another kind or there is no assert at all.

    Raises:
        ValueError: The tests do not compile.
    """
    try:
        statements = ast.parse(tests).body
    except (SyntaxError, ValueError) as problem:
        raise ValueError(f"tests must be Python, got {tests!r:.60}: {problem}") from None
    try:
        return _read(statements, {entry_point, "candidate"}) or None
    except (NotPlainTestError, ValueError, TypeError):
        return None


def _read(statements: Sequence[ast.stmt], names: set[str]) -> list[FunctionCase]:
    cases: list[FunctionCase] = []
    for statement in statements:
        if isinstance(statement, ast.Assert):
            if not _is_true_constant(statement.test):
                cases.append(_case(statement.test, names))
        elif isinstance(statement, ast.FunctionDef) and statement.name == "check" and _takes_one(statement):
            cases += _read(statement.body, names | {statement.args.args[0].arg})
        elif not _has_no_effect(statement):
            raise NotPlainTestError
    return cases


def _case(test: ast.expr, names: set[str]) -> FunctionCase:
    """One assert's condition as a case."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return FunctionCase(*_call(test.operand, names), relation="false")
    if not isinstance(test, ast.Compare):
        return FunctionCase(*_call(test, names), relation="true")
    if len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        raise NotPlainTestError
    return FunctionCase(*_call(test.left, names), encode(ast.literal_eval(test.comparators[0])))


def _call(node: ast.expr, names: set[str]) -> tuple[object, object]:
    """The encoded arguments of a call of the tested function."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names):
        raise NotPlainTestError
    keywords = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
    if None in keywords:
        raise NotPlainTestError
    return encode([ast.literal_eval(argument) for argument in node.args]), encode(keywords)


def _takes_one(function: ast.FunctionDef) -> bool:
    return len(function.args.args) == 1 and not function.decorator_list


def _is_true_constant(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and test.value is True


def _has_no_effect(statement: ast.stmt) -> bool:
    """Imports, texts, constants that are put into a variable, a call of `check` with what it is made for."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        called = statement.value.func if isinstance(statement.value, ast.Call) else None
        return isinstance(statement.value, ast.Constant) or (isinstance(called, ast.Name) and called.id == "check")
    if isinstance(statement, ast.Assign):
        ast.literal_eval(statement.value)
        return True
    return False

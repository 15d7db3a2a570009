"""Proving with sympy what probing cannot: sums, integrals, limits. Runs in a worker process only (`worker`).

Expressions are built from the verifier's own trees with sympy's constructors; no text is ever parsed or evaluated here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from rlenvs.verifiers.tree import Tree

PROOF_DIGITS = 60
EQUAL_DIGITS = 45
MAX_FACTORS = 1000
MAX_BITS = 40_000
MAX_FACTORIAL = 3000


class UnsupportedError(ValueError):
    """A tree that is not built for sympy."""


def prove(gold: Tree, prediction: Tree) -> bool | None:
    """Whether two expressions are equal; None if sympy does not know.

    Numbers in closed form are compared by their digits, as probing does; expressions by expanding and simplifying.
    """
    left, right = build(gold).doit(), build(prediction).doit()
    difference = left - right
    if difference == 0:
        return True
    if left.is_infinite or right.is_infinite or difference.has(sympy.nan, sympy.zoo):
        return True if left == right else None
    if difference.has(sympy.Sum, sympy.Product, sympy.Integral, sympy.Limit):
        return None
    if difference.is_number:
        return _is_zero(difference, sympy.N(left, PROOF_DIGITS))
    return True if sympy.expand(difference) == 0 else sympy.simplify(difference) == 0 or difference.equals(0)


def build(tree: Tree) -> Any:
    """The sympy expression of a tree; raises `UnsupportedError` on heads that are no expressions."""
    head, args = tree
    if head == "number":
        return sympy.Integer(args[0])
    if head == "decimal":
        return sympy.Rational(args[0].numerator, args[0].denominator)
    if head == "symbol":
        return sympy.Symbol(args[0])
    if head == "constant":
        return _CONSTANTS[args[0]]
    if head in _BINDERS:
        return _build_binder(tree)
    if head == "determinant":
        return sympy.Matrix([[build(entry) for entry in row] for row in args]).det()
    if head not in _OPERATIONS:
        raise UnsupportedError(f"{head} is not proved")
    return _OPERATIONS[head](*map(build, args))


def _build_binder(tree: Tree) -> Any:
    body, name, first, second = tree.args
    variable, inside, start = sympy.Symbol(name), build(body), build(first)
    if tree.head == "limit":
        return sympy.Limit(inside, variable, start, dir=second.args[0])
    end = build(second)
    if tree.head == "product" and (end - start).is_comparable and end - start > MAX_FACTORS:
        raise UnsupportedError("a product has too many factors")
    index = sympy.Symbol(name, integer=True) if tree.head != "integral" else variable
    return _BINDERS[tree.head](inside.subs(variable, index), (index, start, end))


def _power(base: Any, exponent: Any) -> Any:
    """A power, unless sympy would compute too large a number at once."""
    if base.is_Rational and exponent.is_Rational:
        bits = max(int(base.p).bit_length(), int(base.q).bit_length())
        if abs(exponent) > MAX_BITS or (bits > 1 and abs(exponent) * bits > MAX_BITS):
            raise UnsupportedError("a power is too large")
    return sympy.Pow(base, exponent)


def _small(function: Callable[..., Any]) -> Callable[..., Any]:
    """A factorial or binomial coefficient, unless sympy would compute too large a number at once."""

    def bounded(*values: Any) -> Any:
        if any(value.is_Rational and abs(value) > MAX_FACTORIAL for value in values):
            raise UnsupportedError("a factorial is too large")
        return function(*values)

    return bounded


def _is_zero(difference: Any, scale: Any) -> bool | None:
    """Whether a number in closed form is zero, judged by its digits; None if they leave it open."""
    value = abs(sympy.N(difference, PROOF_DIGITS, maxn=4 * PROOF_DIGITS))
    if not value.is_Float and not value.is_Integer:
        return None
    limit = sympy.Float(10) ** -EQUAL_DIGITS * (1 + abs(scale))
    return bool(value < limit) or (False if value > limit * 10**5 else None)


_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "infinity": sympy.oo}
_BINDERS: dict[str, Callable[..., Any]] = {
    "sum": sympy.Sum,
    "product": sympy.Product,
    "integral": sympy.Integral,
    "limit": sympy.Limit,
}
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": sympy.Add,
    "multiply": sympy.Mul,
    "negate": lambda value: -value,
    "divide": lambda above, below: above / below,
    "power": _power,
    "root": lambda inside, degree: sympy.real_root(inside, degree) if degree.is_odd else sympy.root(inside, degree),
    "percent": lambda value: value / 100,
    "degree": lambda value: value * sympy.pi / 180,
    "ln": sympy.log,
    "log": sympy.log,
    "log10": lambda value: sympy.log(value, 10),
    "log_base": sympy.log,
    "exp": sympy.exp,
    "abs": sympy.Abs,
    "floor": sympy.floor,
    "ceiling": sympy.ceiling,
    "factorial": _small(sympy.factorial),
    "factorial2": _small(sympy.factorial2),
    "binomial": _small(sympy.binomial),
    "re": sympy.re,
    "im": sympy.im,
    "sign": sympy.sign,
    "max": sympy.Max,
    "min": sympy.Min,
    "arcsin": sympy.asin,
    "arccos": sympy.acos,
    "arctan": sympy.atan,
    "arcsinh": sympy.asinh,
    "arccosh": sympy.acosh,
    "arctanh": sympy.atanh,
    **{
        name: getattr(sympy, name)
        for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth")
    },
}


def warm_up() -> None:
    """Loads what sympy loads late, so that it is not loaded again for every question."""
    x, n = sympy.Symbol("x"), sympy.Symbol("n", integer=True)
    sympy.simplify(sympy.Integral(x * sympy.exp(x), (x, 0, 1)).doit() + sympy.sin(x))
    sympy.Integral(1 / (1 + x**2), (x, 0, 1)).doit()
    sympy.Sum(1 / n**2, (n, 1, sympy.oo)).doit()
    sympy.Sum(sympy.Rational(1, 2) ** n, (n, 0, sympy.oo)).doit()
    sympy.Limit(sympy.sin(x) / x, x, 0).doit()

"""Values of trees to 80 digits, each with a bound on what it costs and on how many digits it may lose.

Rounding never makes two numbers equal here: where terms cancel or swallow each other so far that the digits kept say
nothing, `LostError` is raised and the caller knows that it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import mpmath

from rlenvs.verifiers.elementary import FUNCTIONS, MAX_MAGNITUDE, check_not_tiny, is_one, ln, root
from rlenvs.verifiers.exact import CostlyError, UndefinedError, rational, written_out
from rlenvs.verifiers.precision import (
    LOST_BITS,
    ZERO_BITS,
    LostError,
    arithmetic,
    as_fraction,
    chopped,
    is_real,
    to_number,
)
from rlenvs.verifiers.quadrature import integral
from rlenvs.verifiers.series import series
from rlenvs.verifiers.tree import BINDERS, Tree, constant, free_symbols, heads, nodes

MAX_DIGITS = 50
"""Significant ones of a number beside roots or constants: with more, others are equal to it as far as is computed."""

MAX_EVALUATIONS = 1500
"""Nodes that are computed for one value, those of sums written out among them."""


def value(tree: Tree, point: Mapping[str, Fraction], log_base: int = 0) -> Any:
    """The value of a tree as a Fraction where it is rational, else as a real or complex number of 80 digits.

    Args:
        tree: An expression.
        point: Values of its variables.
        log_base: What ``log`` without a base means: 0 the natural one.

    Raises:
        CostlyError, UndefinedError, LostError: See there; `KeyError` names a variable without a value.
    """
    return traced_value(tree, point, log_base)[0]


def traced_value(tree: Tree, point: Mapping[str, Fraction], log_base: int = 0) -> tuple[Any, bool]:
    """A `value`, and whether everything on the way to it was real."""
    exact = rational(tree, point)
    if exact is not None:
        return exact, True
    context, lock = arithmetic()
    with lock:
        evaluation = Evaluation(context, point, log_base)
        try:
            return evaluation.value(tree), evaluation.stayed_real
        except (ZeroDivisionError, OverflowError, ValueError, mpmath.libmp.NoConvergence) as error:
            if isinstance(error, (CostlyError, UndefinedError, LostError)):
                raise
            raise UndefinedError("the answer has no value") from error


class Evaluation:
    """One evaluation at one point."""

    def __init__(self, context: Any, point: Mapping[str, Fraction], log_base: int) -> None:
        self.context = context
        self.point = point
        self.log_base = log_base
        self.stayed_real = True
        self.is_sampling = False
        self.evaluations = 0

    def value(self, tree: Tree) -> Any:
        """The value of a tree, an mpf or mpc."""
        head, args = tree
        self.evaluations += 1
        if self.evaluations > MAX_EVALUATIONS:
            raise CostlyError("the answer has too many parts to compute")
        if head in _LEAVES:
            return getattr(self, _LEAVES[head])(args)
        method = getattr(self, f"_{head}", None)
        if method is not None:
            return self._bounded(method(*args))
        if head in FUNCTIONS:
            return self._bounded(FUNCTIONS[head](self.context, *map(self.value, args)))
        exact = rational(tree, self.point)
        if exact is None and head in ("sum", "product"):
            return self._written_out(tree)
        if exact is None:
            raise UndefinedError(f"{head} has no numeric value")
        return to_number(self.context, exact)

    def _bounded(self, result: Any) -> Any:
        if not self.context.isfinite(result):
            raise UndefinedError("the answer is not finite")
        if result and abs(self.context.mag(result)) > MAX_MAGNITUDE:
            raise CostlyError("the numbers of the answer grow too large")
        result = chopped(self.context, result)
        self.stayed_real = self.stayed_real and is_real(result)
        return result

    def _written_out(self, tree: Tree) -> Any:
        if tree.head == "sum" and tree.args[3] == constant("infinity"):
            return self._series(*tree.args[:3])
        terms = written_out(tree, rational(tree.args[2], self.point), rational(tree.args[3], self.point))
        if terms is None:
            raise UndefinedError("a sum of unknown length")
        return self.value(terms)

    def _integral(self, body: Tree, variable: str, lower: Tree, upper: Tree) -> Any:
        self._check_single(body, variable)
        ends = self.value(lower), self.value(upper)
        if not all(map(is_real, ends)):
            raise UndefinedError("an integral along a path")
        result = integral(self.context, lambda number: self._at(body, variable, as_fraction(number)), *ends)
        if result is None:
            raise LostError("the integral is not smooth enough to be computed")
        return result

    def _series(self, body: Tree, variable: str, lower: Tree) -> Any:
        self._check_single(body, variable)
        first = rational(lower)
        if first is None or first.denominator != 1:
            raise UndefinedError("a sum from no whole number on")
        result = series(self.context, lambda index: self._at(body, variable, Fraction(index)), int(first))
        if result is None:
            raise LostError("the sum converges too slowly to be computed")
        return result

    def _check_single(self, body: Tree, variable: str) -> None:
        """Integrals and series within others, or of several variables, are left to proofs."""
        if free_symbols(body) - {variable} or not BINDERS.isdisjoint(heads(body)):
            raise UndefinedError("too many variables to compute")

    def _at(self, body: Tree, variable: str, number: Fraction) -> Any:
        """The value of an integrand or a summand."""
        if self.evaluations > MAX_EVALUATIONS - len(list(nodes(body))):
            raise LostError("the integral or sum takes too many points")
        saved, self.point, self.is_sampling = self.point, {variable: number}, True
        result = self.value(body)
        self.point, self.is_sampling = saved, False
        return result

    def _leaf(self, args: tuple[Any, ...]) -> Any:
        significand = int(args[0] / args[1]) if len(args) > 1 else args[0]
        if len(str(abs(significand)).rstrip("0")) > MAX_DIGITS:
            raise LostError("a number has too many digits")
        return to_number(self.context, args[0])

    def _symbol(self, args: tuple[Any, ...]) -> Any:
        return to_number(self.context, self.point[args[0]])

    def _constant(self, args: tuple[Any, ...]) -> Any:
        context = self.context
        values = {"pi": context.pi, "e": context.e, "i": context.mpc(0, 1)}
        if args[0] not in values:
            raise UndefinedError("infinity is no number")
        self.stayed_real = self.stayed_real and args[0] != "i"
        return +values[args[0]]

    def _add(self, *terms: Tree) -> Any:
        context = self.context
        values = [self.value(term) for term in terms]
        total = sum(values[1:], values[0])
        sizes = [context.mag(value) for value in values if value]
        if not sizes:
            return context.zero
        largest = max(sizes)
        left = context.mag(total) if total else None
        if left is None or left < largest - ZERO_BITS:
            return context.zero
        if left < largest - LOST_BITS or min(sizes) < largest - LOST_BITS:
            raise LostError("the digits cancel")
        return total

    def _negate(self, tree: Tree) -> Any:
        return -self.value(tree)

    def _multiply(self, *factors: Tree) -> Any:
        result = self.value(factors[0])
        for factor in factors[1:]:
            result = self._bounded(result * self.value(factor))
        return result

    def _divide(self, above: Tree, below: Tree) -> Any:
        return self.value(above) / self.value(below)

    def _power(self, base: Tree, exponent: Tree) -> Any:
        bottom = self.value(base)
        whole = rational(exponent, self.point)
        if not bottom:
            if (whole is None and not is_real(self.value(exponent))) or (whole is not None and whole <= 0):
                raise UndefinedError("a power of zero")
            return bottom
        if whole is not None and whole.denominator == 1 and abs(whole) <= 10_000:
            return bottom ** int(whole)
        top = self.value(exponent) if whole is None else to_number(self.context, whole)
        if (
            whole is not None
            and not self.is_sampling
            and max(map(int.bit_length, whole.as_integer_ratio())) > LOST_BITS
        ):
            raise LostError("an exponent has too many digits")
        if self.context.mag(top) > 40 or abs(top) * (abs(self.context.mag(bottom)) + 4) > MAX_MAGNITUDE:
            raise CostlyError("a power of the answer is too large")
        if not is_one(self.context, bottom):
            check_not_tiny(self.context, top)
        return self.context.power(bottom, top)

    def _root(self, inside: Tree, degree: Tree) -> Any:
        radicand = self.value(inside)
        order = rational(degree, self.point)
        if order is None or order.denominator != 1 or not 1 <= order <= 10_000:
            raise UndefinedError("a root of this degree")
        return root(self.context, radicand, int(order))

    def _log(self, tree: Tree) -> Any:
        natural = ln(self.context, self.value(tree))
        return natural / self.context.ln(self.log_base) if self.log_base else natural

    def _ratio(self, *parts: Tree) -> Any:
        if len(parts) != 2:
            raise UndefinedError("a ratio of more than two parts is no number")
        return self._divide(*parts)


_LEAVES = {"number": "_leaf", "decimal": "_leaf", "symbol": "_symbol", "constant": "_constant"}

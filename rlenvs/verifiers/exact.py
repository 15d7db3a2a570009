"""Exact rational values of trees, each operation's cost bounded before it is done."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from rlenvs.verifiers.tree import Tree, number, substitute

MAX_BITS = 40_000
"""Of a numerator or denominator; 2,004! has 19,000."""

MAX_WORK = 200_000
"""Bits of all results of one evaluation together."""

MAX_TERMS = 200
"""Of a sum or product that is written out."""

_TERM_WORK = 300
"""What writing out a term counts."""

NOWHERE: Mapping[str, Fraction] = MappingProxyType({})


class CostlyError(ValueError):
    """The value would have more digits than the limits allow."""


class UndefinedError(ValueError):
    """There is no value: a division by zero, a factorial of a fraction."""


def rational(tree: Tree, point: Mapping[str, Fraction] = NOWHERE) -> Fraction | None:
    """The value of a tree, None if it is not rational for certain.

    Args:
        tree: An expression.
        point: Values of its variables.

    Raises:
        CostlyError: It may be rational, but exceeds a limit.
        UndefinedError: It has no value.
    """
    return _Evaluation(point).value(tree)


class _Evaluation:
    """One evaluation with its budget."""

    def __init__(self, point: Mapping[str, Fraction]) -> None:
        self.point = point
        self.work = 0

    def value(self, tree: Tree) -> Fraction | None:
        head, args = tree
        if head == "number":
            return Fraction(args[0])
        if head == "decimal":
            return args[0]
        if head == "symbol":
            return self.point.get(args[0])
        operation = _OPERATIONS.get(head)
        if operation is not None:
            values = []
            for argument in args:
                value = self.value(argument)
                if value is None:
                    return None
                values.append(value)
            return self.paid(operation(*values))
        if head == "numeral":
            return _numeral(*args)
        if head in ("sum", "product"):
            return self._sum(tree)
        return None

    def paid(self, value: Fraction | None) -> Fraction | None:
        """The value, after its size is taken from the budget."""
        if value is not None:
            bits = value.numerator.bit_length() + value.denominator.bit_length()
            self.work += bits
            if bits > 2 * MAX_BITS or self.work > MAX_WORK:
                raise CostlyError("the numbers of the answer grow too large")
        return value

    def _sum(self, tree: Tree) -> Fraction | None:
        terms = written_out(tree, self.value(tree.args[2]), self.value(tree.args[3]))
        if terms is None:
            return None
        self.work += _TERM_WORK * len(terms.args)
        return self.value(terms)


def written_out(tree: Tree, first: Fraction | None, last: Fraction | None) -> Tree | None:
    """A sum or product term by term; None if its bounds are not whole or there are more than `MAX_TERMS`."""
    if first is None or last is None or first.denominator != 1 or last.denominator != 1 or last - first >= MAX_TERMS:
        return None
    body, variable, _, _ = tree.args
    terms = (substitute(body, variable, number(index)) for index in range(int(first), int(last) + 1))
    if tree.head == "sum":
        return Tree("add", (number(0), *terms))
    return Tree("multiply", (number(1), *terms))


def _add(*values: Fraction) -> Fraction:
    return sum(values[1:], values[0])


def _multiply(*values: Fraction) -> Fraction:
    return math.prod(values[1:], start=values[0])


def _divide(above: Fraction, below: Fraction) -> Fraction:
    if not below:
        raise UndefinedError("a division by zero")
    return above / below


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator != 1:
        return _root(base, Fraction(exponent.denominator), exponent.numerator) if base > 0 else None
    if not base:
        if exponent <= 0:
            raise UndefinedError("a power of zero")
        return base
    times = exponent.numerator
    bits = max(base.numerator.bit_length() - 1, base.denominator.bit_length() - 1)
    if base not in (1, -1) and (abs(times) > MAX_BITS or abs(times) * bits > MAX_BITS):
        raise CostlyError("a power of the answer is too large")
    if base in (1, -1):
        return base if times % 2 else Fraction(1)
    return base**times


def _root(base: Fraction, degree: Fraction, power: int = 1) -> Fraction | None:
    """The root of a perfect power; None of others."""
    if degree.denominator != 1 or not 1 <= degree <= 64 or abs(power) > 64:
        return None
    if base < 0:
        root = _root(-base, degree, power) if degree % 2 and power == 1 else None
        return None if root is None else -root
    above, below = (_whole_root(part, int(degree)) for part in (base.numerator, base.denominator))
    if above is None or below is None:
        return None
    if not above and power < 0:
        raise UndefinedError("a division by zero")
    return Fraction(above, below) ** power


def _whole_root(value: int, degree: int) -> int | None:
    if degree == 2:
        root = math.isqrt(value)
    elif value.bit_length() > 1000:
        return None
    else:
        root = round(value ** (1 / degree)) if value.bit_length() <= 50 else _newton_root(value, degree)
    return root if root**degree == value else None


def _newton_root(value: int, degree: int) -> int:
    """The largest whole number whose power does not exceed `value`."""
    root = 1 << -(-value.bit_length() // degree)
    while True:
        closer = ((degree - 1) * root + value // root ** (degree - 1)) // degree
        if closer >= root:
            return root
        root = closer


def _factorial(value: Fraction) -> Fraction | None:
    if value.denominator != 1:
        return None
    if value < 0:
        raise UndefinedError("a factorial of a negative number")
    if value > 3000:
        raise CostlyError("a factorial of the answer is too large")
    return Fraction(math.factorial(int(value)))


def _factorial2(value: Fraction) -> Fraction:
    if value.denominator != 1 or value < 0:
        raise UndefinedError("a factorial of what is no natural number")
    if value > 3000:
        raise CostlyError("a factorial of the answer is too large")
    return Fraction(math.prod(range(int(value), 0, -2)))


def _binomial(above: Fraction, below: Fraction) -> Fraction | None:
    if above.denominator != 1 or below.denominator != 1 or above < 0 or below < 0:
        return None
    if above > 5000:
        raise CostlyError("a binomial coefficient of the answer is too large")
    return Fraction(math.comb(int(above), int(below)))


def _modulo(value: Fraction, modulus: Fraction) -> Fraction:
    if not modulus:
        raise UndefinedError("a remainder by zero")
    return value % modulus


def _common(join: Callable[..., int]) -> Callable[..., Fraction | None]:
    def joined(*values: Fraction) -> Fraction | None:
        if any(value.denominator != 1 for value in values):
            return None
        return Fraction(join(*(int(value) for value in values)))

    return joined


def _numeral(digits: str, base: int) -> Fraction:
    try:
        return Fraction(int(digits, base))
    except ValueError:
        raise UndefinedError("a digit is too large for its base") from None


_OPERATIONS: dict[str, Callable[..., Fraction | None]] = {
    "add": _add,
    "multiply": _multiply,
    "divide": _divide,
    "power": _power,
    "root": _root,
    "negate": lambda value: -value,
    "percent": lambda value: value / 100,
    "abs": abs,
    "floor": lambda value: Fraction(math.floor(value)),
    "ceiling": lambda value: Fraction(math.ceil(value)),
    "sign": lambda value: Fraction((value > 0) - (value < 0)),
    "factorial": _factorial,
    "factorial2": _factorial2,
    "binomial": _binomial,
    "modulo": _modulo,
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "gcd": _common(math.gcd),
    "lcm": _common(math.lcm),
    "ratio": lambda *parts: _divide(*parts) if len(parts) == 2 else None,
}

"""Functions of numbers of 80 digits, each with a bound on what it costs; `numeric` applies them to values of trees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlenvs.verifiers.exact import CostlyError, UndefinedError
from rlenvs.verifiers.precision import LOST_BITS, ZERO_BITS, LostError, is_real

MAX_MAGNITUDE = 1_000_000
"""Of results, in bits."""

MAX_ANGLE_BITS = 60
MAX_FACTORIAL = 10_000


def check_not_tiny(context: Any, inside: Any) -> None:
    """Raises `LostError` for an argument at which a function that is 1 at zero would be rounded to that."""
    if inside and context.mag(inside) < -LOST_BITS // 2:
        raise LostError("an argument is too close to zero")


def is_one(context: Any, number: Any) -> bool:
    """Whether a number is 1 as far as its digits say."""
    return _is_near(context, number, 1, ZERO_BITS)


def ln(context: Any, inside: Any) -> Any:
    """The natural logarithm."""
    if not inside:
        raise UndefinedError("a logarithm of zero")
    return context.ln(inside)


def _exp(context: Any, exponent: Any) -> Any:
    """The power of e."""
    if abs(exponent) > MAX_MAGNITUDE // 2:
        raise CostlyError("an exponential of the answer is too large")
    check_not_tiny(context, exponent)
    return context.exp(exponent)


def root(context: Any, radicand: Any, degree: int) -> Any:
    """The principal root; of a negative number, for an odd degree, the real one."""
    if degree % 2 and is_real(radicand) and radicand.real < 0:
        return -root(context, -radicand.real, degree)
    result = context.root(radicand, degree)
    if not is_one(context, radicand) and _is_near(context, result, 1, LOST_BITS):
        raise LostError("a root is too close to one")
    return result


def _factorial(context: Any, inside: Any) -> Any:
    """``n!``; the gamma function between whole numbers."""
    if abs(inside) > MAX_FACTORIAL:
        raise CostlyError("a factorial of the answer is too large")
    check_not_tiny(context, inside)
    return context.factorial(inside)


def _binomial(context: Any, above: Any, below: Any) -> Any:
    """In how many ways `below` of `above` things can be chosen."""
    if max(abs(above), abs(below)) > MAX_FACTORIAL:
        raise CostlyError("a binomial coefficient of the answer is too large")
    return context.binomial(above, below)


def _real(number: Any) -> Any:
    """A number that has an order."""
    if not is_real(number):
        raise UndefinedError("complex numbers have no order")
    return number.real


def _floor(context: Any, inside: Any) -> Any:
    return context.floor(_far_from_steps(context, inside))


def _ceiling(context: Any, inside: Any) -> Any:
    return context.ceil(_far_from_steps(context, inside))


def _far_from_steps(context: Any, inside: Any) -> Any:
    """A real number whose digits tell between which whole numbers it lies."""
    nearest = context.nint(inside.real)
    if not is_real(inside) or context.mag(inside) > LOST_BITS:
        raise LostError("a number that is rounded is too large")
    if inside != nearest and context.mag(inside.real - nearest) < -LOST_BITS:
        raise LostError("a number that is rounded is too close to a whole one")
    return inside.real


def _is_near(context: Any, number: Any, whole: int, bits: int) -> bool:
    gap = number - whole
    return not gap or context.mag(gap) < -bits


def _named(name: str) -> Callable[..., Any]:
    """A trigonometric or hyperbolic function of mpmath, or the inverse of one."""

    def apply(context: Any, inside: Any) -> Any:
        if inside and context.mag(inside) > MAX_ANGLE_BITS:
            raise CostlyError("an angle of the answer is too large")
        if name in _ONE_AT_ZERO:
            check_not_tiny(context, inside)
        result = getattr(context, name)(inside)
        if name in _TO_ONE and any(_is_near(context, result, limit, LOST_BITS) for limit in (1, -1)):
            raise LostError("a value is too close to its limit")
        if name in _PERIODIC and result and inside and context.mag(inside) > -LOST_BITS:
            if context.mag(result) > ZERO_BITS:
                raise UndefinedError("a pole")
            if context.mag(result) < -ZERO_BITS:
                return context.zero
        return result

    return apply


_PERIODIC = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})
_ONE_AT_ZERO = frozenset({"cos", "sec", "cosh", "sech"})
_TO_ONE = frozenset({"tanh", "coth"})
_NAMES = {name: name for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth")}
_NAMES |= {"sech": "sech", "csch": "csch", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot"}
_NAMES |= {"arcsec": "asec", "arccsc": "acsc", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh"}

FUNCTIONS: dict[str, Callable[..., Any]] = {head: _named(name) for head, name in _NAMES.items()} | {
    "ln": ln,
    "log10": lambda context, inside: ln(context, inside) / context.ln(10),
    "log_base": lambda context, inside, base: ln(context, inside) / ln(context, base),
    "exp": _exp,
    "cbrt": lambda context, radicand: root(context, radicand, 3),
    "factorial": _factorial,
    "binomial": _binomial,
    "floor": _floor,
    "ceiling": _ceiling,
    "percent": lambda context, number: number / 100,
    "degree": lambda context, number: number * context.pi / 180,
    "abs": lambda context, number: abs(number),
    "re": lambda context, number: number.real,
    "im": lambda context, number: number.imag,
    "sign": lambda context, number: context.sign(_real(number)),
    "max": lambda context, *numbers: max(map(_real, numbers)),
    "min": lambda context, *numbers: min(map(_real, numbers)),
}
"""By the head of a tree: functions of the arithmetic and of the values of its parts."""

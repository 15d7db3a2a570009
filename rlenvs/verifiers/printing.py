"""Trees as text: how the verifier read an answer. What is printed is read back as the same tree."""

from __future__ import annotations

from fractions import Fraction

from rlenvs.verifiers.tree import Tree
from rlenvs.verifiers.vocabulary import GREEK

_CONSTANTS = {"pi": r"\pi ", "infinity": r"\infty ", "e": "e", "i": "i"}
_BRACKETS = {
    "list": ("", ""),
    "tuple": ("(", ")"),
    "set": (r"\{", r"\}"),
    "abs": (r"\lvert ", r"\rvert "),
    "floor": (r"\lfloor ", r"\rfloor "),
    "ceiling": (r"\lceil ", r"\rceil "),
}
_SIGNS = {"negate": "-", "plus_minus": r"\pm ", "minus_plus": r"\mp "}
_POSTFIXES = {"percent": r"\%", "degree": r"^\circ ", "factorial": "!", "factorial2": "!!"}
_SET_SIGNS = {"union": r"\cup ", "intersection": r"\cap ", "difference": r"\setminus "}
_WORDS = {"union": r" \text{ or } ", "intersection": r" \text{ and } "}
_RELATIONS = {"<=": r"\le ", ">=": r"\ge ", "!=": r"\ne ", "in": r"\in ", "congruent": r"\equiv "}
_BIG = {"sum": r"\sum", "product": r"\prod"}
_CURRENCIES = {"$": r"\$", **{sign: sign for sign in "\u20ac\u00a3\u00a5"}}
_FUNCTION_NAMES = {"log10": "lg", "ceiling": "ceil"}


def printed(tree: Tree) -> str:
    """The text of a tree, with a bracket wherever one could be missed."""
    head, args = tree
    if head in _LEAVES:
        return _LEAVES[head](tree)
    if head in _BRACKETS:
        opening, closing = _BRACKETS[head]
        return opening + ", ".join(map(printed, args)) + closing
    if head in _SIGNS:
        return f"({_SIGNS[head]}{_bracketed(args[0])})"
    if head in _POSTFIXES:
        return _bracketed(args[0]) + _POSTFIXES[head]
    if head in _SET_SIGNS:
        sign = _WORDS[head] if args[0].head == "relation" else _SET_SIGNS[head]
        return sign.join(map(printed, args))
    if head in _FORMS:
        return _FORMS[head](tree)
    return f"\\{_FUNCTION_NAMES.get(head, head)}({', '.join(map(printed, args))})"


def _bracketed(tree: Tree) -> str:
    text = printed(tree)
    alone = tree.head in ("number", "symbol", "constant") or text.startswith("(")
    return text if alone and text.count("(") <= 1 else f"({text})"


def _decimal(tree: Tree) -> str:
    value, unit = tree.args
    places = 0
    while unit * Fraction(10) ** places < 1:
        places += 1
    if unit > 1:
        return f"{int(value / unit)}e{len(str(int(unit))) - 1}"
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else f"{digits}e0"


def _symbol(tree: Tree) -> str:
    name, _, below = tree.args[0].partition("_")
    command, _, letters = name.partition(" ")
    if letters:
        return f"{command}{{{letters}}}"
    sign = f"\\{name} " if name in GREEK else name
    return f"{sign}_{{{below}}}" if below else sign


def _add(tree: Tree) -> str:
    return "(" + "+".join(map(_bracketed, tree.args)) + ")"


def _multiply(tree: Tree) -> str:
    return "(" + r"\cdot ".join(map(_bracketed, tree.args)) + ")"


def _divide(tree: Tree) -> str:
    return f"\\frac{{{printed(tree.args[0])}}}{{{printed(tree.args[1])}}}"


def _power(tree: Tree) -> str:
    return f"({printed(tree.args[0])})^{{{printed(tree.args[1])}}}"


def _root(tree: Tree) -> str:
    return f"\\sqrt[{printed(tree.args[1])}]{{{printed(tree.args[0])}}}"


def _interval(tree: Tree) -> str:
    low, high, low_closed, high_closed = tree.args
    if not low_closed and not high_closed:
        return f"]{printed(low)}, {printed(high)}["  # in round brackets it would be a tuple
    return f"{'[' if low_closed else '('}{printed(low)}, {printed(high)}{']' if high_closed else ')'}"


def _relation(tree: Tree) -> str:
    operands, operators = tree.args
    text = printed(operands[0])
    for operator, operand in zip(operators, operands[1:], strict=True):
        text += _RELATIONS.get(operator, operator) + printed(operand)
    return text


def _matrix(tree: Tree) -> str:
    name = {"matrix": "pmatrix", "determinant": "vmatrix"}.get(tree.head, tree.head)
    rows = r"\\".join("&".join(map(printed, row)) for row in tree.args)
    return f"\\begin{{{name}}}{rows}\\end{{{name}}}"


def _big(tree: Tree) -> str:
    body, variable, lower, upper = tree.args
    return f"{_BIG[tree.head]}_{{{variable}={printed(lower)}}}^{{{printed(upper)}}}({printed(body)})"


def _integral(tree: Tree) -> str:
    body, variable, lower, upper = tree.args
    return f"\\int_{{{printed(lower)}}}^{{{printed(upper)}}}({printed(body)}) d{variable}"


def _limit(tree: Tree) -> str:
    body, variable, point, direction = tree.args
    side = "" if direction.args[0] == "+-" else f"^{direction.args[0]}"
    return f"\\lim_{{{variable}\\to {printed(point)}{side}}}({printed(body)})"


def _quantity(tree: Tree) -> str:
    value, unit = tree.args
    if unit in _CURRENCIES:
        return f"{_CURRENCIES[unit]}{_bracketed(value)}"
    return f"{printed(value)} \\text{{{unit}}}"


_LEAVES = {
    "number": lambda tree: str(tree.args[0]),
    "decimal": _decimal,
    "symbol": _symbol,
    "constant": lambda tree: _CONSTANTS[tree.args[0]],
    "domain": lambda tree: f"\\mathbb{{{tree.args[0]}}}",
    "numeral": lambda tree: f"{tree.args[0]}_{{{tree.args[1]}}}",
}
_FORMS = {
    **{"add": _add, "multiply": _multiply, "divide": _divide, "power": _power, "root": _root, "interval": _interval},
    **{"relation": _relation, "sum": _big, "product": _big, "integral": _integral, "limit": _limit},
    **{"matrix": _matrix, "cases": _matrix, "determinant": _matrix},
    "builder": lambda tree: f"\\{{{printed(tree.args[0])} \\mid {printed(tree.args[1])}\\}}",
    "quantity": _quantity,
    "congruence": lambda tree: f"{printed(tree.args[0])} \\pmod{{{printed(tree.args[1])}}}",
    "ratio": lambda tree: ":".join(map(printed, tree.args)),
    "approximation": lambda tree: rf"{printed(tree.args[0])}\approx {printed(tree.args[1])}",
    "binomial": lambda tree: f"\\binom{{{printed(tree.args[0])}}}{{{printed(tree.args[1])}}}",
    "modulo": lambda tree: f"({_bracketed(tree.args[0])}\\bmod {_bracketed(tree.args[1])})",
    "log_base": lambda tree: f"\\log_{{{printed(tree.args[1])}}}({printed(tree.args[0])})",
}

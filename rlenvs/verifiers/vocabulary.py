"""The words and commands that the parser knows, each with what it means."""

from __future__ import annotations

FUNCTIONS = {
    **{name: name for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "ln", "log")},
    **{name: name for name in ("exp", "arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "gcd", "lcm")},
    **{name: name for name in ("max", "min", "abs", "floor", "gamma_function")},
    **{"asin": "arcsin", "acos": "arccos", "atan": "arctan", "tg": "tan", "ctg": "cot", "lg": "log10", "cosec": "csc"},
    **{"ceil": "ceiling", "arccot": "arccot", "arcsec": "arcsec", "arccsc": "arccsc", "arctg": "arctan"},
    **{"sech": "sech", "csch": "csch", "Re": "re", "Im": "im", "sgn": "sign", "cbrt": "cbrt"},
}
"""Names of functions, in text or after a backslash, with their heads."""

INVERSES = {"sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec", "csc": "arccsc"}
INVERSES |= {"sinh": "arcsinh", "cosh": "arccosh", "tanh": "arctanh"}
SEVERAL_ARGUMENTS = frozenset({"gcd", "lcm", "max", "min", "binomial"})

CONSTANTS = {"pi": "pi", "infty": "infinity", "infinity": "infinity", "oo": "infinity", "inf": "infinity"}

GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi omicron rho varrho "
    "sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega "
    "ell hbar".split()
)

RELATIONS = {
    **dict.fromkeys(("=", "=="), "="),
    **dict.fromkeys((r"\approx", r"\simeq", r"\doteq"), "about"),
    **dict.fromkeys(("!=", r"\ne", r"\neq"), "!="),
    **dict.fromkeys(("<", r"\lt"), "<"),
    **dict.fromkeys((">", r"\gt"), ">"),
    **dict.fromkeys(("<=", r"\le", r"\leq", r"\leqslant"), "<="),
    **dict.fromkeys((">=", r"\ge", r"\geq", r"\geqslant"), ">="),
    **dict.fromkeys((r"\in",), "in"),
    **dict.fromkeys((r"\equiv",), "congruent"),
}
SET_OPERATIONS = {
    r"\cup": "union",
    r"\cap": "intersection",
    r"\setminus": "difference",
    r"\backslash": "difference",
    r"\bigcup": "union",
}
MULTIPLIERS = {
    "hundred": 100,
    "thousand": 1000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
TEXT_COMMANDS = frozenset({r"\text", r"\mbox", r"\hbox", r"\textrm", r"\textbf", r"\textit", r"\textsf", r"\texttt"})
NAME_COMMANDS = frozenset({r"\mathrm", r"\operatorname", r"\mathit", r"\rm", r"\mathsf", r"\textnormal", r"\mathop"})
STYLE_COMMANDS = frozenset(
    {r"\mathbf", r"\boldsymbol", r"\bf", r"\bold", r"\mathcal", r"\vec", r"\hat", r"\bar", r"\tilde", r"\overline"}
    | {r"\overrightarrow", r"\widehat", r"\boxed", r"\bm", r"\mathbb", r"\mathfrak", r"\underline", r"\emph"}
)
"""Commands whose argument stands for itself; decorations of letters become part of the name."""

PLAIN_STYLES = frozenset({r"\boxed", r"\underline", r"\emph", r"\bf", r"\mathbf", r"\boldsymbol", r"\bold", r"\bm"})

SHORT_WORDS = frozenset("no on is or of at up us am an as be by do go he if in it me my so to we".split())


def is_word(run: str) -> bool:
    """Whether letters in a row are a word of a language instead of a product of variables.

    Variables mostly come as ``abc`` or ``xyz``; a word has three letters or more and a vowel. What looks like a word is
    compared as text, so that `listen` is not `silent`.
    """
    lowered = run.lower()
    if lowered in SHORT_WORDS:
        return True
    if len(run) < 3 or _are_consecutive(run) or (run.isupper() and len(run) <= 4):
        return False
    return len(run) > 4 or any(vowel in lowered for vowel in "aeiou")


def _are_consecutive(letters: str) -> bool:
    """Whether they follow each other in the alphabet once sorted: ``abc``, ``zyx``."""
    codes = sorted(map(ord, letters))
    return codes == list(range(codes[0], codes[0] + len(codes)))

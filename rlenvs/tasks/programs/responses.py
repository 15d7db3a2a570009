"""The program in a response: a fenced block, or all of it."""

from __future__ import annotations

import re

FENCE = "```"
_LANGUAGES = frozenset({"", "python", "python3", "py"})
_THOUGHT = "</think>"
_INDENT = "    "


def program_in(response: str, entry_point: str = "") -> str:
    """The program that a response gives; empty if it gives none.

    Of several blocks the last that names the entry point counts, else the last one. Blocks in other languages do not
    count, nor do thoughts. A response without blocks is a program as a whole. A block that is not closed is one.

    Args:
        response: As it came from a model.
        entry_point: The function that is asked for, `Class.method` for a method.
    """
    text = response.rpartition(_THOUGHT)[2]
    if "<think>" in text:
        return ""
    if FENCE not in text:
        return text.strip("\n") if text.strip() else ""
    blocks = _blocks(text)
    asked = f"def {entry_point.rpartition('.')[2]}"
    naming = [block for block in blocks if asked in block] if entry_point else []
    return (naming or blocks or [""])[-1]


def fenced(program: str) -> str:
    """A response that gives a program."""
    return f"{FENCE}python\n{program}\n{FENCE}"


def widened(program: str) -> str:
    """A program that is indented by one blank a level, by four."""
    return re.sub("(?m)^ +", lambda blanks: _INDENT * len(blanks[0]), program)


def _blocks(text: str) -> list[str]:
    """What stands between fences; a fence is a line that begins with three backquotes."""
    blocks: list[str] = []
    lines: list[str] | None = None
    is_python = False
    for line in text.split("\n"):
        if not line.lstrip().startswith(FENCE):
            if lines is not None:
                lines.append(line)
        elif lines is None:
            lines, is_python = [], line.strip().strip("`").strip().lower() in _LANGUAGES
        else:
            blocks += ["\n".join(lines)] if is_python else []
            lines = None
    return blocks + (["\n".join(lines)] if lines and is_python else [])

"""What the sections of all families are made of."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

Rows = Iterable[tuple[str, ...]]

OF_VECTORS_ONLY = "Of `gym.make_vec` only:"
RENDER_MODE = ("`render_mode`", "`None`", '"human", "rgb_array", "ansi" or None')


def table(header: tuple[str, ...], rows: Rows) -> str:
    """A table in Markdown."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def split_docstring(documented: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """A Google-style docstring as its text before the sections, and its ``Args`` by name."""
    text, _, rest = (inspect.getdoc(documented) or "").partition("\n\nArgs:\n")
    arguments: dict[str, str] = {}
    for line in rest.splitlines():
        if not line.startswith("    "):
            break
        if match := re.match(r"    \*{0,2}(\w+): (.*)", line):
            name, arguments[match[1]] = match[1], match[2]
        else:
            arguments[name] += f" {line.strip()}"
    return text, arguments


def argument_rows(documented: Callable[..., Any], names: Iterable[str]) -> Rows:
    """Name and meaning of arguments, from a docstring."""
    _, meanings = split_docstring(documented)
    return [(f"`{name}`", meanings[name]) for name in names]


def info_keys(env: Any) -> str:
    """Which keys infos hold."""
    _, at_reset = env.reset(seed=0)
    at_step = env.step(0)[-1]
    keys = ", ".join(f"`{key}`" for key in at_reset | at_step)
    return f"`info` holds {keys}." if keys else "`info` is empty."

"""Encoded values for people to read."""

from __future__ import annotations

from typing import Any

from rlenvs.sandbox.comparison import UNREADABLE, number_in, tagged

MAX_ITEMS, MAX_TEXT, MAX_DEPTH = 12, 200, 4


def show(wire: Any) -> str:
    """An encoded value as Python would write it, cut where it is long."""
    try:
        text = _shown(wire, 0)
    except UNREADABLE:
        return "unreadable"
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "..."


def _shown(wire: Any, depth: int) -> str:
    if type(wire) is not list and type(wire) is not dict:
        return repr(wire[:MAX_TEXT] if type(wire) is str else wire)
    if (number := number_in(wire)) is not None:
        return repr(number) if isinstance(number, float) else hex(number)[:MAX_TEXT]
    tag, content = tagged(wire)
    if tag == "bytes":
        return f"bytes.fromhex({content[:MAX_TEXT]!r})"
    if depth > MAX_DEPTH:
        return "..."
    if tag == "dict":
        shown = [f"{_shown(key, depth + 1)}: {_shown(item, depth + 1)}" for key, item in content[:MAX_ITEMS]]
    else:
        shown = [_shown(item, depth + 1) for item in content[:MAX_ITEMS]]
    opening, closing = {"list": "[]", "tuple": "()", "complex": ("complex(", ")")}.get(tag, "{}")
    more = [f"... {len(content) - MAX_ITEMS} more"] if len(content) > MAX_ITEMS else []
    return opening + ", ".join(shown + more) + closing

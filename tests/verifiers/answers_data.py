"""The two sets of answers: pairs with their labels, and hostile responses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "data"


def rows(name: str) -> list[dict[str, Any]]:
    """The lines of a data file."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


PAIRS = rows("math_pairs.jsonl")
HOSTILE = rows("hostile_answers.jsonl")


def text_of(response: str | list[list[Any]]) -> str:
    """A response, written out where the file holds parts and how often they come."""
    return response if isinstance(response, str) else "".join(part * times for part, times in response)

"""Trees as JSON lines, for the way to a worker process and back."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from rlenvs.verifiers.tree import Tree


def encode(gold: Tree, prediction: Tree) -> bytes:
    """Two trees as one line."""
    return json.dumps([_plain(gold), _plain(prediction)]).encode() + b"\n"


def decode(line: bytes) -> tuple[Tree, Tree]:
    """The two trees of a line."""
    gold, prediction = json.loads(line)
    return _rebuilt(gold), _rebuilt(prediction)


def _plain(value: Any) -> Any:
    if isinstance(value, Tree):
        return {"head": value.head, "args": [_plain(argument) for argument in value.args]}
    if isinstance(value, Fraction):
        return {"fraction": [str(value.numerator), str(value.denominator)]}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _rebuilt(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_rebuilt, value))
    if not isinstance(value, dict):
        return value
    if "fraction" in value:
        return Fraction(*map(int, value["fraction"]))
    return Tree(value["head"], tuple(map(_rebuilt, value["args"])))

"""A problem, and which split it belongs to."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

Content = tuple[Any, ...]
"""What a problem is about, in numbers and strings: all texts of a problem are made from it."""

SPLITS = ("train", "validation", "test")
_BUCKETS = ("train",) * 6 + ("validation", "test")


class Problem(NamedTuple):
    """A prompt and its answer.

    Attributes:
        id: ``task/level/split/index``.
        prompt: For models that know nothing but the task: ``12+34=``.
        chat_prompt: The same problem in words, for models that read.
        gold: A right answer; where several are right, `Task.verify` takes them all.
        meta: ``content``, the problem as numbers and strings.
    """

    id: str
    prompt: str
    chat_prompt: str
    gold: str
    meta: dict[str, Any]


def split_of(canonical: Content) -> str:
    """The split of a problem, by a hash of its content: 3/4 of all are for training, 1/8 validation, 1/8 test."""
    return _BUCKETS[digest(canonical)[0] % len(_BUCKETS)]


def digest(content: Content) -> bytes:
    """32 bytes, the same on every machine."""
    return hashlib.sha256(repr(content).encode()).digest()

"""A problem, which split it belongs to, and which problems of a family a split has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from rlenvs.tasks.draws import Draws

Content = tuple[Any, ...]
"""What a problem is about, in numbers and strings: all texts of a problem are made from it."""

SPLITS = ("train", "validation", "test")
SMALL = 500
"""Of fewer problems, `MIN_TEST_SHARE` are for testing at least."""

MIN_TEST_SHARE = 0.2
_BUCKETS = ("train",) * 6 + ("validation", "test")
_MAX_ATTEMPTS = 2_000
_ATTEMPTS_AT_ONCE = {"train": 2, "validation": 4, "test": 4}


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


def divided(contents: Iterable[Content], canonical: Callable[[Content], Content]) -> dict[str, list[Content]]:
    """All problems of a level by split, each split in the order of their hashes.

    Small levels, whose eighth would be a handful of problems, get more test problems: those for training whose hashes
    come first. So a problem of a small level may be in another split at a larger level, which no other problem is.
    """
    members: dict[str, list[Content]] = {split: [] for split in SPLITS}
    for content in sorted(contents, key=digest):
        members[split_of(canonical(content))].append(content)
    total = sum(map(len, members.values()))
    if total < SMALL:
        for moved in list(dict.fromkeys(map(canonical, members["train"])))[:-1]:
            if len(members["test"]) >= MIN_TEST_SHARE * total:
                break
            members["test"] += [content for content in members["train"] if canonical(content) == moved]
            members["train"] = [content for content in members["train"] if canonical(content) != moved]
        members["test"].sort(key=digest)
    return members


def first_good(
    key: tuple[object, ...], indices: Sequence[int], split: str, drawn: Callable[[Draws], Content | None]
) -> list[Content] | None:
    """The first draw of each index that is a good problem of a split; None if one has none in 2,000 attempts.

    Some attempts at a time are made for all indices.

    Args:
        key: What the streams (key, index, attempt) belong to, such as task and level.
        indices: Of the problems.
        split: Their split.
        drawn: Draws a content; None where it is no good problem or of another split.
    """
    found: dict[int, Content] = {}
    span = _ATTEMPTS_AT_ONCE[split] if len(indices) > 1 else 1
    for first in range(0, _MAX_ATTEMPTS, span):
        waiting = [index for index in dict.fromkeys(indices) if index not in found]
        if not waiting:
            return [found[index] for index in indices]
        attempts = [(index, attempt) for index in waiting for attempt in range(first, first + span)]
        streams = Draws.many([(*key, *attempt) for attempt in attempts])
        for (index, _), draws in zip(attempts, streams, strict=True):
            if index not in found and (content := drawn(draws)):
                found[index] = content
    return None


def digest(content: Content) -> bytes:
    """32 bytes, the same on every machine."""
    return hashlib.sha256(repr(content).encode()).digest()

"""The few file operations that records rest on: atomic writes, hashes, JSON with one spelling."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class RecordError(ValueError):
    """A run record that is truncated, edited, unfinished or of another kind; the message is one line."""


def canonical_json(value: Any) -> str:
    """JSON with one spelling for each value: sorted keys, no spaces, ASCII only, no NaN or infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def plain(value: Any, name: str) -> Any:
    """Copies `value` into plain JSON types; tuples become lists and NumPy numbers Python numbers.

    Args:
        value: Anything made of mappings with string keys, lists, tuples, strings, numbers, booleans and None.
        name: What errors call the value, for example ``"config"``.

    Raises:
        TypeError: A part of `value` has no JSON form.
        ValueError: A float is NaN or infinite.
    """
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}: only finite numbers can be recorded")
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{name} has the key {key!r}: keys must be strings")
        return {key: plain(item, f"{name}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{name}[{index}]") for index, item in enumerate(value)]
    raise TypeError(f"{name} is a {type(value).__name__}: use strings, numbers, booleans, None, lists, mappings")


def finite_or_null(value: Any) -> Any:
    """Replaces NaN and infinite floats by None, at any depth: a diverged training must still be recorded."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite_or_null(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite_or_null(item) for item in value]
    return value


def write_atomically(path: Path, data: bytes) -> None:
    """Replaces the file at `path` in one step: a reader sees the old or the new content, never a part.

    Safe against a killed process. Not fsynced, so a power failure may still lose the new content.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the rows of a JSON-lines file.

    Raises:
        RecordError: A line is cut off or is not a JSON object; the message gives the line's number.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                row = None
            if not isinstance(row, dict):
                raise RecordError(f"{path}: line {number} is cut off or no JSON object; train the run again")
            yield row

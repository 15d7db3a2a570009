"""Data files on disk: where they are, which split they belong to, and their rows with the line each stands in."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PREFIX = "file:"
ROOT = "RLENVS_DATA"
SUFFIXES = (".jsonl", ".parquet")
_WORDS = re.compile(r"[a-z]+")
_SPLITS = {"train": "train", "training": "train", "validation": "validation", "valid": "validation"}
_SPLITS |= {"val": "validation", "dev": "validation"}


def find_files(reference: str) -> list[Path]:
    """The data files that a reference such as ``file:gsm8k/test.jsonl`` names: one file, or all of a directory.

    A relative path is looked for in the working directory, then below the directory in ``$RLENVS_DATA``.

    Raises:
        ValueError: There is no such file, or none with a suffix that is read.
    """
    name = reference.removeprefix(PREFIX)
    places = [Path(name).expanduser()]
    if (root := os.environ.get(ROOT)) and not places[0].is_absolute():
        places.append(Path(root).expanduser() / name)
    path = next((place for place in places if name and place.exists()), None)
    if path is None:
        raise ValueError(
            f"task is {reference!r}: there is no {' nor '.join(map(str, places))}; set ${ROOT} or the path"
        )
    files = sorted(entry for entry in path.iterdir() if entry.suffix in SUFFIXES) if path.is_dir() else [path]
    if not files or files[0].suffix not in SUFFIXES:
        raise ValueError(f"task is {reference!r}: {path} is no {' or '.join(SUFFIXES)} file, nor a directory of such")
    return files


def edition(task: object) -> tuple[tuple[str, int, int], ...]:
    """Where the files of a task's name are, how large they are and when they were written; empty for other tasks."""
    if not (isinstance(task, str) and task.startswith(PREFIX)):
        return ()
    return tuple((str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in find_files(task))


def split_of_file(path: Path) -> str:
    """``train`` or ``validation`` where the file's name has that word (``train-00000-of-00001.parquet``).

    All others (``aime24.jsonl``, ``math500.jsonl``) are benchmarks, hence ``test``.
    """
    words = _WORDS.findall(path.stem.lower())
    return next((_SPLITS[word] for word in words if word in _SPLITS), "test")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row, and where it stands: ``path, line 3``, in parquet ``path, row 3``.

    Raises:
        ImportError: A parquet file, and pyarrow is not installed.
        ValueError: A line is no JSON object; the message names it.
    """
    rows = _parquet_rows(path) if path.suffix == ".parquet" else _json_rows(path)
    for place, row in rows:
        if not isinstance(row, dict):
            raise ValueError(f"{place}: {type(row).__name__} instead of an object with fields")
        yield place, row


def _json_rows(path: Path) -> Iterator[tuple[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                place = f"{path}, line {number}"
                try:
                    yield place, json.loads(line)
                except json.JSONDecodeError as error:
                    raise ValueError(f"{place}: no JSON ({error.msg} at column {error.colno})") from None


def _parquet_rows(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise ImportError(f"{path} is parquet, which needs pyarrow: pip install pyarrow, or use JSONL") from None
    for number, row in enumerate(parquet.read_table(path).to_pylist(), start=1):
        yield f"{path}, row {number}", row

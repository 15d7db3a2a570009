"""Problems from published data files: ``make_task("file:gsm8k/test.jsonl")``.

GSM8K, MATH, MATH-500, AIME, AMC, OlympiadBench, Minerva and OMNI-MATH, as JSONL or parquet (`dataset_formats`). A file
is one split, the one in its name (`dataset_files.split_of_file`); a directory may hold several. A problem that stands
in several splits, word for word, is kept in the last of train, validation and test only, and what was left out is
counted. Nothing keeps two tasks, each of one file, from sharing problems: name their directory instead.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from rlenvs.foundation.checks import boolean, one_of
from rlenvs.tasks.base import Task
from rlenvs.tasks.dataset_code_formats import CODE_FORMATS
from rlenvs.tasks.dataset_files import find_files, read_rows, sha256_of, split_of_file
from rlenvs.tasks.dataset_formats import FORMATS, recognised
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import SPLITS, Content, Problem
from rlenvs.verifiers.extraction import MODES
from rlenvs.verifiers.math import check_gold, verify
from rlenvs.verifiers.verdict import Verdict

MAX_TOKENS = 2048
"""Of a response, in characters; give environments with a real tokenizer their own limit."""


@dataclass(frozen=True)
class FileOptions:
    """How answers to a file's problems are judged.

    Attributes:
        extraction: How they are found, see `rlenvs.verifiers.math.verify`.
        reject_unevaluated: Whether they must be worked out.
    """

    extraction: str = "strict"
    reject_unevaluated: bool = False

    def __post_init__(self) -> None:
        one_of(self.extraction, MODES, "extraction")
        boolean(self.reject_unevaluated, "reject_unevaluated")


class Entry(NamedTuple):
    """A row of a file, read."""

    prompt: str
    gold: str
    meta: dict[str, Any]


class FileTask(Task):
    """The problems of a data file, in words and judged by the math verifier.

    Args:
        reference: ``file:`` and the path of a file or directory; see `dataset_files.find_files`.
        level: 1.
        options: Fields of `FileOptions`.

    Attributes:
        provenance: For every file its path, split, SHA-256, number of rows, how many of them were `left_out` because
            a later split has their problem, and format.

    Raises:
        ImportError: A parquet file, and pyarrow is not installed.
        ValueError: No such file; all rows of one were left out; or a row lacks a field, or has a gold answer that
            cannot be read: the message names file, line and field.
    """

    levels = {1: FileOptions()}
    characters = ""

    def __init__(self, reference: str, level: int = 1, **options: Any) -> None:
        files = find_files(reference)
        self.name = "/".join(files[0].parts[-2:] if len(files) == 1 else files[0].parent.parts[-1:])  # type: ignore[misc]
        super().__init__(level, "chat", **options)
        self.provenance: list[dict[str, Any]] = []
        self._entries: dict[str, list[Content]] = {split: [] for split in SPLITS}
        first_split: dict[str, str] = {}
        for path in sorted(files, key=lambda path: SPLITS.index(split_of_file(path)), reverse=True):
            self._load(path, first_split)
        if not any(self._entries.values()):
            raise ValueError(f"task is {reference!r}: {files[0]} holds no rows")

    @property
    def alphabet(self) -> str:
        """The characters of all prompts, and those that answers are written with."""
        texts = (entry[0] + entry[1] for entries in self._entries.values() for entry in entries)
        return "".join(sorted(set(super().alphabet).union(*texts)))

    @property
    def sources(self) -> tuple[str, ...]:
        """The SHA-256 of every file, after its split."""
        return tuple(f"{file['split']} {file['sha256']}" for file in self.provenance)

    @property
    def max_tokens(self) -> int:
        """Room for thoughts and an answer."""
        return max(MAX_TOKENS, self.longest_answer + 1)

    @property
    def longest_answer(self) -> int:
        """Characters of the longest gold answer."""
        return max(len(entry[1]) for entries in self._entries.values() for entry in entries)

    def compact(self, content: Content) -> str:
        """The problem's text."""
        return content[0]

    def question(self, content: Content) -> str:
        """The same."""
        return content[0]

    def answer(self, content: Content) -> str:
        """The gold answer."""
        return content[1]

    def draw(self, draws: Draws) -> NoReturn:
        """Problems are read, never drawn."""
        raise ValueError(f"{self.name} is a data file: its problems are not drawn")

    def mistakes(self, content: Content) -> Iterator[str]:
        """None are known."""
        return iter(())

    def demonstration(self, *_: Any, **__: Any) -> NoReturn:
        """A data file has none: its answers are right, and its solutions are not of one form.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"{self.name} is a data file, which has no demonstrations: warm up on a family of tasks")

    def verify(self, problem: Problem, response: str) -> Verdict:
        """Judges a response by the math verifier."""
        return verify(problem.gold, response, self.config.extraction, reject_unevaluated=self.config.reject_unevaluated)

    @functools.cached_property
    def _listed(self) -> dict[str, list[Content]]:
        return self._entries

    def _problem(self, index: int, split: str, content: Content) -> Problem:
        problem = super()._problem(index, split, content[:2])
        return problem._replace(meta=problem.meta | content[2])

    def _load(self, path: Path, first_split: dict[str, str]) -> None:
        """Read a file, the last split's first; `first_split` tells of every problem in which split it was met."""
        form: Any = None
        split, rows, left_out = split_of_file(path), 0, 0
        for place, row in read_rows(path):
            rows += 1
            form = form or self._recognised(row, place)
            entry = self._entry(row, form, place)
            if first_split.setdefault(" ".join(entry.prompt.split()), split) == split:
                self._entries[split].append(entry)
            else:
                left_out += 1
        if rows and left_out == rows:
            raise ValueError(f"{path}: all its problems are in a later split too; is it a copy? Take it away")
        facts = {"path": str(path), "split": split, "sha256": sha256_of(path), "rows": rows, "left_out": left_out}
        self.provenance.append(facts | {"format": form.name if form else None})

    def _recognised(self, row: dict[str, Any], place: str) -> Any:
        """The form of a file, by its first row."""
        if (form := recognised(row)) is not None:
            return form
        forms = [(form.name, (form.problem, form.answer, *form.others)) for form in FORMATS]
        forms += [(code.name, code.fields) for code in CODE_FORMATS]
        known = "; ".join(f"{name}: {', '.join(fields)}" for name, fields in forms)
        raise ValueError(
            f"{place}: no known format has the fields {', '.join(sorted(row))}; rename them to one of ({known})"
        )

    def _entry(self, row: dict[str, Any], form: Any, place: str) -> Entry:
        """A row, read."""
        for field in (form.problem, form.answer):
            if field not in row:
                raise ValueError(f"{place}: field {field} is missing; {form.name} rows have it")
        text = row[form.problem]
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{place}: field {form.problem} is {text!r:.60}: it must be the problem's text")
        try:
            gold = form.gold(row[form.answer])
            check_gold(gold)
        except ValueError as error:
            raise ValueError(f"{place}: field {form.answer}: {error}") from None
        meta = {name: row[name] for name in form.details if name in row}
        return Entry(text.strip(), gold, {"format": form.name} | meta)

"""What was chosen for an environment: the task, its problems, the tokenizer and the token limit."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from rlenvs.foundation.checks import one_of, positive_integer
from rlenvs.tasks.base import Task
from rlenvs.tasks.catalog import make_task
from rlenvs.tasks.dataset_files import edition
from rlenvs.tasks.problem import SPLITS
from rlenvs.text.judging import Judge
from rlenvs.text.problems import ProblemBook
from rlenvs.text.tokenizers import CharacterTokenizer, Tokenizer, content_of, make_tokenizer


@dataclass(frozen=True, eq=False)
class Rules:
    """What both views of a task share, and all members of a vector environment.

    Attributes:
        task: The family of problems.
        book: The problems that are played.
        tokenizer: Between text and ids.
        max_tokens: The most tokens of a response, its end included.
        judge: Verdicts on responses.
        fingerprint: Tells these rules from others, in snapshots and of warm-ups; of data files and tokenizers what they
            hold counts, not their path.
    """

    task: Task
    book: ProblemBook
    tokenizer: Tokenizer
    max_tokens: int
    judge: Judge
    fingerprint: bytes


def make_rules(
    task: str | Task = "addition",
    level: int = 1,
    style: str = "compact",
    split: str = "train",
    tokenizer: Any = None,
    max_tokens: int | None = None,
    num_problems: int | None = None,
    max_prompt_tokens: int | None = None,
    more_characters: str = "",
    chat_template: bool = False,
    **options: Any,
) -> Rules:
    """The rules of an environment; equal arguments share them within a process, and so the problems that were made.

    Args:
        task: a family's name (`rlenvs.tasks.catalog.TASKS`), or a ready Task.
        level: how hard, from 1; of a family's name only.
        style: "compact" (for models that know nothing but the task) or "chat" (in words); of a family's name only.
        split: "train", "validation" or "test".
        tokenizer: None for one character a token; the path of a Hugging Face tokenizer, or one; or any
            `tokenizers.Tokenizer`.
        max_tokens: the most tokens of a response, its end included; None for the task's own limit, in characters.
        num_problems: only the first so many problems of the split; None for all, of a split without end 65,536 (a
            million takes megabytes, and a kilobyte for every problem that was met).
        max_prompt_tokens: problems with longer prompts are not played; None for the longest of the first 500 training
            problems.
        more_characters: that the character tokenizer must know beside the task's.
        chat_template: put prompts, and feedback between turns, into the chat template of the Hugging Face tokenizer, as
            the user's words; go with it `style="chat"`.
        **options: fields of the level's configuration, such as `length=6` for "sort"; `unsafe=True` for tasks about
            programs runs them even where the sandbox cannot keep them in.

    Raises:
        SandboxRefusedError: the task's programs cannot be kept in on this machine; the message has the remedy.
        TypeError: an argument of the wrong type.
        ValueError: a bad value.
    """
    limits = (max_tokens, num_problems, max_prompt_tokens)
    arguments = (task, level, style, split, tokenizer, *limits, more_characters, chat_template)
    named = tuple(sorted(options.items()))
    if all(isinstance(value, Hashable) for value in (*arguments, *options.values())):
        return _shared_rules(*arguments, named, edition(task))
    return _rules(*arguments, named)


def _rules(
    task: str | Task,
    level: int,
    style: str,
    split: str,
    tokenizer: Any,
    max_tokens: int | None,
    num_problems: int | None,
    max_prompt_tokens: int | None,
    more_characters: str,
    chat_template: bool,
    options: tuple[tuple[str, Any], ...],
    edition: Hashable = None,
) -> Rules:
    """The rules; `edition` only keeps a data file apart from what stood at its path before."""
    one_of(split, SPLITS, "split")
    made = _task(task, level, style, dict(options))
    made.prepare()
    limit = made.max_tokens if max_tokens is None else positive_integer(max_tokens, "max_tokens")
    alphabet = "".join(sorted(set(made.alphabet + more_characters)))
    codec = make_tokenizer(tokenizer, alphabet, chat_template)
    book = ProblemBook(made, split, codec, num_problems, max_prompt_tokens)
    parts = (made.name, made.level, made.style, made.options, split, limit, book.size, book.max_prompt_tokens)
    told = repr((*parts, *made.sources, type(codec).__name__, codec.vocab_size, more_characters))
    if not (isinstance(codec, CharacterTokenizer) and codec.alphabet == alphabet):  # which the task decides already
        told += content_of(codec)
    return Rules(made, book, codec, limit, Judge(made), hashlib.sha256(told.encode()).digest())


_shared_rules = functools.lru_cache(maxsize=16, typed=True)(_rules)


def _task(task: str | Task, level: int, style: str, options: dict[str, Any]) -> Task:
    if isinstance(task, str):
        return make_task(task, level, style, **options)
    if not isinstance(task, Task):
        raise TypeError(f"task must be the name of a family or a Task, got {task!r}")
    if options or (level, style) != (1, "compact"):
        raise ValueError("task is a ready Task: give level, style and options where it is made")
    return task

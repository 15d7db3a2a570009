"""Which problem an episode begins with: drawn, or chosen by `options["problem"]`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.text.problems import ProblemBook

IntArray = npt.NDArray[np.int64]


def draw_problem(generator: np.random.Generator, book: ProblemBook) -> int:
    """A problem by one uniform number of a generator."""
    return int(book.indices(np.array([generator.random()]))[0])


def chosen_problem(options: dict[str, Any] | None, book: ProblemBook) -> int | None:
    """The problem that the options of a single environment's reset name, None where they name none.

    Raises:
        TypeError: It is no integer.
        ValueError: There is no such problem, or another option.
    """
    options = options or {}
    if unknown := sorted(set(options) - {"problem"}):
        raise ValueError(f"options has unknown keys {unknown}: reset takes only 'problem'")
    return book.check(options["problem"]) if "problem" in options else None


def chosen_problems(options: dict[str, Any], book: ProblemBook, count: int) -> IntArray | None:
    """The same for `count` members or groups, int64 `[count]`: an integer stands for all of them."""
    if "problem" not in options:
        return None
    chosen = options["problem"]
    if isinstance(chosen, (list, tuple, np.ndarray)):
        if len(chosen) != count:
            raise ValueError(f"options['problem'] must list {count}, one a member (or group), got {len(chosen)}")
        return np.array([book.check(index) for index in chosen], np.int64)
    return np.full(count, book.check(chosen), np.int64)

"""Problems about a function of another family: which ones there are, at one level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.list_function import ListFunction
from rlenvs.tasks.programs.loop import Loop
from rlenvs.tasks.programs.recurrence import Recurrence
from rlenvs.tasks.programs.sort_key import SortKey
from rlenvs.tasks.programs.string_function import StringFunction
from rlenvs.tasks.programs.written import WrittenTask

FAMILIES: dict[str, type[WrittenTask]] = {
    family.name: family for family in (ListFunction, StringFunction, Loop, Recurrence, SortKey)
}


@dataclass(frozen=True)
class NestedConfig:
    """The level of the functions, and which families they are of."""

    level: int
    families: tuple[str, ...] = tuple(FAMILIES)

    def __post_init__(self) -> None:
        if not isinstance(self.families, tuple) or not self.families or not set(self.families) <= FAMILIES.keys():
            raise ValueError(f"families must be a tuple of {', '.join(FAMILIES)}, got {self.families!r}")
        for name in self.families:
            if self.level not in FAMILIES[name].levels:
                raise ValueError(f"level must be a level of {name}, got {self.level!r}")


LEVELS = {level: NestedConfig(level) for level in (1, 2, 3)}


def functions(config: NestedConfig) -> dict[str, WrittenTask]:
    """The families by name."""
    return {name: FAMILIES[name](config.level) for name in config.families}


def draw_function(families: dict[str, WrittenTask], draws: Draws) -> tuple[str, Content] | None:
    """A random function: the name of its family and its content; None for a draw that makes none."""
    name = draws.choice(tuple(families))
    content = families[name].draw(draws)
    return None if content is None else (name, content)


def longest_of(families: Iterable[WrittenTask]) -> int:
    """Characters of the longest source."""
    return max(family.longest_answer for family in families)


def shown_call(args: tuple[Any, ...]) -> str:
    """``f([1,2],'a')``."""
    return f"f({','.join(repr(argument).replace(' ', '') for argument in args)})"

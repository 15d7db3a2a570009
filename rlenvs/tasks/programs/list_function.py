"""Functions of lists: ``>3;+2;sum=`` adds 2 to the numbers above 3 and returns their sum.

The definite mistake: the bound of the first test, or its remainder, is off by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlenvs.tasks.checks import integer_within
from rlenvs.tasks.draws import Draws
from rlenvs.tasks.expressions import OPERATIONS, Tree, written
from rlenvs.tasks.problem import Content
from rlenvs.tasks.programs.written import Part, WrittenTask, replaced

TESTS = {
    ">": Part(">{}", "x>{}", "are greater than {}", lambda x, k: x > k),
    "<": Part("<{}", "x<{}", "are less than {}", lambda x, k: x < k),
    "%": Part("%{}={}", "x%{}=={}", "leave {1} when divided by {0}", lambda x, m, r: x % m == r),
}
CHANGES = {"+": "add {} to each", "-": "subtract {} from each", "*": "multiply each by {}"}
ENDS = {
    "list": Part("list", "[{}]", "them as a list", list),
    "sum": Part("sum", "sum({})", "their sum", sum),
    "len": Part("len", "len([{}])", "how many there are", len),
    "max": Part("max", "max([{}],default=0)", "the largest, or 0 if there is none", lambda a: max(a, default=0)),
}
_LARGEST = 20


@dataclass(frozen=True)
class ListFunctionConfig:
    """How many tests and how many changes."""

    tests: int
    changes: int

    def __post_init__(self) -> None:
        integer_within(1, 3, self.tests, "tests")
        integer_within(0, 4, self.changes, "changes")


class ListFunction(WrittenTask):
    """Functions ``tests, changes, end`` of a list of whole numbers."""

    name = "list_function"
    levels = {1: ListFunctionConfig(1, 0), 2: ListFunctionConfig(1, 1), 3: ListFunctionConfig(2, 2)}
    config: ListFunctionConfig

    def draw(self, draws: Draws) -> Content | None:
        """All parts."""
        tests = tuple(_draw_test(draws) for _ in range(self.config.tests))
        changes = tuple(_draw_change(draws) for _ in range(self.config.changes))
        return tests, changes, draws.choice(tuple(ENDS))

    def compact(self, content: Content) -> str:
        """``>3;+2;sum=``."""
        tests, changes, end = content
        parts = [TESTS[sign].compact.format(*numbers) for sign, *numbers in tests]
        return ";".join([*parts, *(f"{sign}{number}" for sign, number in changes), end]) + "="

    def signature(self, content: Content) -> str:
        """A list of whole numbers."""
        return f"(a: list[int]) -> {'list[int]' if content[2] == 'list' else 'int'}"

    def statement(self, content: Content) -> str:
        """In words."""
        tests, changes, end = content
        kept = " and ".join(TESTS[sign].words.format(*numbers) for sign, *numbers in tests)
        done = "".join(f", {CHANGES[sign].format(number)}" for sign, number in changes)
        return f"Take the numbers of a that {kept}{done} and return {ENDS[end].words}."

    def source(self, content: Content) -> str:
        """One comprehension."""
        tests, changes, end = content
        tree: Tree = "x"
        for sign, number in changes:
            tree = (sign, tree, number)
        kept = " and ".join(TESTS[sign].source.format(*numbers) for sign, *numbers in tests)
        return f"def f(a):\n return {ENDS[end].source.format(f'{written(tree)} for x in a if {kept}')}"

    @property
    def longest_answer(self) -> int:
        """A comprehension with all tests and changes."""
        return 51 + 11 * self.config.tests + 4 * self.config.changes

    def draw_args(self, content: Content, draws: Draws) -> tuple[list[int]]:
        """Four to eight numbers, some of them at the bounds."""
        bounds = [test[1] for test in content[0]]
        return ([_draw_number(bounds, draws) for _ in range(draws.between(4, 8))],)

    def run(self, content: Content, a: list[int]) -> int | list[int]:
        """Tests, then changes, then the end."""
        tests, changes, end = content
        results = [x for x in a if all(TESTS[sign].apply(x, *numbers) for sign, *numbers in tests)]
        for sign, number in changes:
            results = [OPERATIONS[sign](x, number) for x in results]
        return ENDS[end].apply(results)

    def wrong(self, content: Content) -> Iterator[Content]:
        """The first test off by one."""
        sign, number, *rest = content[0][0]
        if sign == "%":
            moved: Content = (sign, number, (rest[0] + 1) % number)
        else:
            moved = (sign, number + (-1 if sign == ">" else 1))
        yield replaced(content, 0, replaced(content[0], 0, moved))

    def neighbour(self, content: Content, draws: Draws) -> Content:
        """Another test, change or end."""
        tests, changes, _ = content
        place = draws.below(len(tests) + len(changes) + 1)
        if place < len(tests):
            return replaced(content, 0, replaced(tests, place, _draw_test(draws)))
        if place < len(tests) + len(changes):
            return replaced(content, 1, replaced(changes, place - len(tests), _draw_change(draws)))
        return replaced(content, 2, draws.choice(tuple(ENDS)))


def _draw_test(draws: Draws) -> Content:
    sign = draws.choice(tuple(TESTS))
    if sign == "%":
        divisor = draws.between(2, 9)
        return sign, divisor, draws.below(divisor)
    return sign, draws.between(0, _LARGEST)


def _draw_change(draws: Draws) -> Content:
    sign = draws.choice(tuple(CHANGES))
    return sign, draws.between(2, 9)


def _draw_number(bounds: list[int], draws: Draws) -> int:
    if draws.chance(0.4):
        return draws.choice(bounds) + draws.between(-1, 1)
    return draws.between(-5, _LARGEST + 10)

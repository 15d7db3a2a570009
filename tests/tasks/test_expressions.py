"""The reader of expressions: exact values, the same tree again, and bounds on whatever a model writes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.expressions import (
    MAX_DEPTH,
    MAX_LENGTH,
    OPERATIONS,
    Malformed,
    Tree,
    parse,
    random_tree,
    turned,
    value,
    whole_value,
    written,
)
from rlenvs.tasks.number_games import reachable

LEAVES = st.integers(0, 99)
TREES = st.recursive(LEAVES, lambda parts: st.tuples(st.sampled_from("+-*/"), parts, parts), max_leaves=8)


@given(TREES)
def test_what_is_written_is_read_with_the_same_value(tree: Tree) -> None:
    parsed = parse(written(tree))
    assert value(parsed.tree) == value(tree) or value(tree) is None
    assert sorted(parsed.numbers) == sorted(leaves(tree))
    assert parsed.operators <= set("+-*/")


@given(TREES, st.integers(0, 99))
def test_turned_trees_have_the_same_value(tree: Tree, seed: int) -> None:
    other = turned(tree, Draws(seed))
    assert value(other) == value(tree)
    assert sorted(leaves(other)) == sorted(leaves(tree))


@given(TREES)
def test_whole_values_are_values(tree: Tree) -> None:
    whole = whole_value(tree)
    assert whole is None or value(tree) == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1-2-3", -4), ("8/4/2", 1), ("2+3*4", 14), ("(2+3)*4", 20), (" 8 / ( 3 - 8 / 3 ) ", 24), ("7/2", Fraction(7, 2)),
     ("5", 5), ("((5))", 5), ("6/(3-3)", None), ("0/(1/0)", None)],
)  # fmt: skip
def test_values_follow_precedence_and_are_exact(text: str, expected: Fraction | None) -> None:
    assert value(parse(text).tree) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "+", "1+", "-1", "1 2", "(1", "1)", "()", "2(3)", "1.5", "2**3", "2//3", "1e3", "x", "1+\n2", "0x1",
     "1_000", "\u0661", "1" * 10, "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1), "1" + "+1" * MAX_LENGTH,
     "__import__('os')", "9" * 100_000],
)  # fmt: skip
def test_other_texts_are_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


@settings(max_examples=300)
@given(st.text(alphabet="0123456789+-*/() .x", max_size=40))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        value(parse(text).tree)
    except Malformed:
        pass


@pytest.mark.parametrize("operators", ["+-*", "+-*/"])
def test_all_reachable_values_are_found(operators: str) -> None:
    numbers = (2, 5, 6)
    found = reachable(numbers, operators)
    assert all(value(tree) == number and sorted(leaves(tree)) == [2, 5, 6] for number, tree in found.items())
    draws = Draws("search")
    drawn = {value(random_tree(draws.shuffled(numbers), operators, draws)) for _ in range(5000)} - {None}
    assert drawn == set(found)
    assert set(OPERATIONS) == set("+-*/")


def leaves(tree: Tree) -> list[int]:
    return [tree] if isinstance(tree, int) else leaves(tree[1]) + leaves(tree[2])

"""When answers equal expected values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.sandbox.comparison import Rule, equal, is_true
from rlenvs.sandbox.encoding import encode
from rlenvs.sandbox.showing import show

EXACT, CLOSE, ANY_ORDER, PYTHON = Rule(), Rule(tolerance=1e-3), Rule(unordered=True), Rule(python=True)
CLOSE_ANY_ORDER = Rule(tolerance=1e-3, unordered=True)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.binary()
hashables = st.recursive(scalars, lambda inner: st.tuples(inner, inner), max_leaves=4)
values = st.recursive(
    hashables,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(hashables, inner, max_size=3) | st.frozensets(hashables)
    ),
    max_leaves=12,
)


@given(values, values)
def test_with_python_equality_it_is_pythons(one: object, other: object) -> None:
    assert equal(encode(one), encode(other), PYTHON) == (one == other)
    assert equal(encode(one), encode(one), PYTHON)


@pytest.mark.parametrize(
    ("expected", "answer", "rule", "wanted"),
    [
        ([1, 2], (1, 2), EXACT, True),
        ((1, 2), [1, 2], EXACT, False),
        ([(1, 2)], [[1, 2]], EXACT, False),
        ([1, 2], (1, 2), PYTHON, False),
        (1, 1.0, EXACT, True),
        (1, True, EXACT, False),
        (True, 1, EXACT, False),
        (True, 1, PYTHON, True),
        (2**53 + 1, float(2**53), EXACT, False),
        (10**400, math.inf, EXACT, False),
        (10**400, 10**400, EXACT, True),
        (10**400, 1.0, CLOSE, False),
        (math.inf, math.inf, EXACT, True),
        (math.inf, -math.inf, CLOSE, False),
        (math.nan, math.nan, EXACT, False),
        (math.nan, math.nan, CLOSE, False),
        (177, b"\xb1", EXACT, False),
        (0xB11, b"\x11", EXACT, False),
        ("1", 1, EXACT, False),
        ("N", None, EXACT, False),
        (["a,b"], ["a", "b"], EXACT, False),
        ({1, 2}, frozenset([2, 1]), EXACT, True),
        ([1, 2], {1, 2}, EXACT, False),
        ([2, 1], {1, 2}, ANY_ORDER, True),
        ([[1, 2], [3]], [(3,), (1, 2)], ANY_ORDER, True),
        ([[1, 2]], [[2, 1]], ANY_ORDER, False),
        ([1, 1, 2], [1, 2, 2], ANY_ORDER, False),
        (3, 3, ANY_ORDER, True),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}, EXACT, True),
        ({1: 2}, {"1": 2}, EXACT, False),
        (0.3, 0.1 + 0.2, EXACT, False),
        (0.3, 0.1 + 0.2, CLOSE, True),
        (10_000.0, 10_005.0, CLOSE, True),
        (0.0, 0.002, CLOSE, False),
        ([1.0, [2.0]], (1.0001, (2.0,)), CLOSE, True),
        ([1.0, 2.0], [1.0], CLOSE, False),
        ({"a": 1.0}, {"a": 1.0001}, CLOSE, True),
        ({"a": 1.0}, {"b": 1.0}, CLOSE, False),
        ({1.0}, {1.0001}, CLOSE, True),
        (1j, 1.0001j, CLOSE, True),
        (b"a", b"b", CLOSE, False),
        ("a", "a", CLOSE, True),
        (1.0, True, CLOSE, False),
        (1.0, "1.0", CLOSE, False),
        (None, [], CLOSE, False),
        ([3.0, 1.0], [1.0001, 3.0], CLOSE_ANY_ORDER, True),
        ([3.0, 1.0], [1.1, 3.0], CLOSE_ANY_ORDER, False),
    ],
)
def test_pairs(expected: object, answer: object, rule: Rule, wanted: bool) -> None:
    assert equal(encode(expected), encode(answer), rule) is wanted


FORGED = [
    {},
    {"tuple": 3},
    {"tuple": [1], "list": [1]},
    {"no": []},
    {"int": "zz"},
    {"int": 5},
    {"float": "one"},
    {"float": []},
    {"dict": [1]},
    {"dict": [[1]]},
    {"dict": [[1, 2, 3]]},
    {"set": {"a": 1}},
    {"complex": [1]},
    {"bytes": "0"},
    {"bytes": ["00"]},
]


@pytest.mark.parametrize("answer", FORGED)
@pytest.mark.parametrize("rule", [EXACT, CLOSE, ANY_ORDER, CLOSE_ANY_ORDER, PYTHON])
def test_what_no_encoder_writes_equals_nothing(answer: object, rule: Rule) -> None:
    for expected in ([1], (1,), {1}, {1: 2}, 1, 1j, b"\0", None):
        assert not equal(encode(expected), answer, rule)
        assert not equal(encode([expected]), [answer], rule)
    assert isinstance(is_true(answer), bool) and isinstance(show(answer), str)


def test_depth_is_no_way_to_spend_time_or_to_fail() -> None:
    nest: object = "x" * 10**6
    for _ in range(900):
        nest = {"set": [nest]}
    assert not equal(encode([1]), nest, EXACT) and not equal(encode([1]), [nest], CLOSE)
    assert isinstance(show(nest), str)


@pytest.mark.parametrize(("value", "wanted"), [([], False), ((0,), True), (0.0, False), (0j, False), ("", False)])
def test_truth(value: object, wanted: bool) -> None:
    assert is_true(encode(value)) is wanted


def test_values_are_shown_as_python_writes_them_and_cut() -> None:
    assert show(encode({"a": [1, (2.5, None)], 3: {True}})) == "{'a': [1, (2.5, None)], 3: {True}}"
    assert show(encode(list(range(100)))).endswith("... 88 more]")
    assert len(show(encode("x" * 10**6))) == 200

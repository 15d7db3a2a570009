"""Values survive the way there and back; objects cannot lie about what they are."""

from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict, deque, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.sandbox.encoding import MAX_DEPTH, NotPlainError, decode, encode

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
hashable = st.recursive(plain, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=5)
values = st.recursive(
    hashable | st.complex_numbers(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(hashable, inner, max_size=3)
        | st.tuples(inner)
        | st.sets(hashable, max_size=3)
    ),
    max_leaves=15,
)


@given(values)
def test_there_and_back(value: object) -> None:
    there = json.loads(json.dumps(encode(value), allow_nan=False))
    assert decode(there) == value


def test_types_survive() -> None:
    for value in (frozenset([1]), True, 1, 1.0, "1", b"1", (1,), [1], {1}, {1: 1}, None, 2**200, -(2**63), 2**63):
        assert type(decode(encode(value))) is type(value)
    assert math.isnan(decode(encode(math.nan))) and decode(encode(-math.inf)) == -math.inf
    assert decode(encode("\ud800")) == "\ud800"


class LyingList(list):
    def __iter__(self):
        return iter([1, 2])

    def __len__(self):
        return 2


class LyingInt(int):
    def __int__(self):
        return 3

    def __index__(self):
        return 3

    def __repr__(self):
        return "3"


class LyingClass:
    @property
    def __class__(self):
        return int


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (LyingList([9]), [9]),
        (LyingInt(8), 8),
        (namedtuple("Pair", "a b")(1, 2), {"tuple": [1, 2]}),
        (Counter("aa"), {"dict": [["a", 2]]}),
        (OrderedDict(a=1), {"dict": [["a", 1]]}),
        (deque([1, 2]), [1, 2]),
        (range(3), [0, 1, 2]),
        ({"a": 1}.keys(), ["a"]),
        (np.arange(3), [0, 1, 2]),
        (np.float64(1.5), 1.5),
        (np.bool_(True), True),
        (bytearray(b"a"), {"bytes": "61"}),
    ],
)
def test_what_stands_for_plain_data(value: object, wanted: object) -> None:
    assert encode(value) == wanted


@pytest.mark.parametrize(
    "value",
    [object(), LyingClass(), (n for n in range(3)), int, len, [LyingClass()], {1: object()}, iter([1])],
    ids=["object", "liar", "generator", "type", "function", "inside_list", "inside_dict", "iterator"],
)
def test_everything_else_is_refused(value: object) -> None:
    with pytest.raises(NotPlainError, match="not plain data"):
        encode(value)


def test_size_and_depth_end() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(NotPlainError, match=f"deeper than {MAX_DEPTH}"):
        encode(loop)
    with pytest.raises(NotPlainError, match="too many values"):
        encode([0] * 11, max_nodes=10)
    with pytest.raises(NotPlainError, match="too many values"):
        encode(range(10**12))

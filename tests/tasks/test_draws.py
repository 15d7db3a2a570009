"""Random choices: fixed bits, even shares, and single errors."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlenvs.tasks.draws import Draws
from rlenvs.tasks.seed_words import KEY_WORDS, seed_words
from rlenvs.tasks.slips import slip, swap


def test_bits_are_fixed_beyond_a_block() -> None:
    draws = Draws("fixed", 1)
    numbers = [draws.below(1000) for _ in range(40)]
    assert (numbers[:4], numbers[16:20]) == ([712, 407, 533, 402], [884, 150, 775, 753])
    assert len(set(numbers)) > 30
    again = Draws("fixed", 1)
    assert [again.below(1000) for _ in range(40)] == numbers


def test_numbers_are_even_and_in_range() -> None:
    draws = Draws("even")
    counts = Counter(draws.between(-2, 3) for _ in range(6000))
    assert sorted(counts) == [-2, -1, 0, 1, 2, 3]
    assert all(850 < count < 1150 for count in counts.values())
    assert abs(sum(draws.chance(0.3) for _ in range(4000)) - 1200) < 130
    assert not any(draws.chance(0) for _ in range(100))
    assert all(draws.chance(1) for _ in range(100))


def test_shuffles_are_even_and_keep_all_items() -> None:
    draws = Draws("shuffle")
    orders = Counter("".join(draws.shuffled("abc")) for _ in range(3000))
    assert len(orders) == 6
    assert all(400 < count < 600 for count in orders.values())


def test_a_slip_changes_one_character_and_makes_no_leading_zero() -> None:
    draws = Draws("slip")
    slips = {slip("-12,7", draws) for _ in range(300)}
    assert all(sum(a != b for a, b in zip(found, "-12,7", strict=True)) == 1 for found in slips)
    assert not any(found.startswith("-0") for found in slips)
    assert len(slips) == 8 + 9 + 9
    assert {slip("1", draws, ("01",)) for _ in range(20)} == {"0"}


def test_a_swap_changes_two_places() -> None:
    draws = Draws("swap")
    assert {swap("aab", draws) for _ in range(50)} == {"baa", "aba"}
    assert swap("aaa", draws) == "aaa"


def test_many_streams_are_those_made_one_by_one() -> None:
    parts = [("many", "task", index, attempt) for index in range(20) for attempt in range(2)]
    for together in (parts, parts[:3]):
        for shared, part in zip(Draws.many(together), together, strict=True):
            alone = Draws(*part)
            assert [shared.below(1 << 60) for _ in range(40)] == [alone.below(1 << 60) for _ in range(40)]


@given(keys=arrays(np.uint32, st.tuples(st.integers(1, 5), st.just(KEY_WORDS))))
def test_seed_words_are_numpys(keys: np.ndarray) -> None:
    for key, words in zip(keys, seed_words(keys, 16), strict=True):
        np.testing.assert_array_equal(words, np.random.SeedSequence(key).generate_state(16, np.uint64))

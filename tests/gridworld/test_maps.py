from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.gridworld.maps import check_symbol, format_map, is_symbol, parse_map


def test_a_string_and_a_list_of_rows_are_the_same_map() -> None:
    text = """
        S..
        .#G
    """
    np.testing.assert_array_equal(parse_map(text), parse_map(["S..", ".#G"]))


@given(st.lists(st.text("#.SGHCKD", min_size=5, max_size=5), min_size=1, max_size=6))
def test_formatting_undoes_parsing(rows: list[str]) -> None:
    assert format_map(parse_map(rows)) == rows


def test_further_symbols_are_known_only_when_named() -> None:
    assert is_symbol(parse_map(["SMG"], "M"), "M").tolist() == [[False, True, False]]
    with pytest.raises(ValueError, match="unknown symbol 'M' at row 0, column 1"):
        parse_map(["SMG"])


@pytest.mark.parametrize("rows", [[], "", "  \n ", [""]])
def test_an_empty_map_is_refused(rows: object) -> None:
    with pytest.raises(ValueError, match="map is empty"):
        parse_map(rows)


def test_a_ragged_map_is_refused_with_the_row() -> None:
    with pytest.raises(ValueError, match="map row 1 '..' has 2 symbols, row 0 has 3"):
        parse_map(["S.G", ".."])


@pytest.mark.parametrize("rows", [7, None, [1, 2], b"S.G", {"map": 1}])
def test_other_types_are_refused(rows: object) -> None:
    with pytest.raises(TypeError, match="map must be a string or a list of strings"):
        parse_map(rows)


@pytest.mark.parametrize("symbol", ["#", "", "ab", " ", "é", 3, None, "*"])
def test_only_letters_digits_and_floor_are_symbols(symbol: object) -> None:
    with pytest.raises(ValueError, match="rewards names"):
        check_symbol(symbol, "rewards")

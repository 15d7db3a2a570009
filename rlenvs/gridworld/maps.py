"""ASCII maps: what the symbols mean, and how a map given by a user is read and checked.

A map is a list of rows or one multi-line string. `#` wall, `.` floor, `S` start, `G` goal (terminal), `H`
hole (terminal), `C` cliff (back to the start), `K` key, `D` door (passable with the key), and any further letter
or digit that is given a meaning through `rewards` or `terminals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

WALL, FLOOR, START, GOAL, HOLE, CLIFF, KEY, DOOR = "#.SGHCKD"
KNOWN_SYMBOLS = frozenset("#.SGHCKD")

SymbolArray = npt.NDArray[np.uint8]


def parse_map(rows: str | Sequence[str], further_symbols: Iterable[str] = ()) -> SymbolArray:
    """Read an ASCII map.

    Args:
        rows: one multi-line string (indentation and empty lines around it do not count) or a sequence of rows.
        further_symbols: letters or digits to accept beside the built-in symbols.

    Returns:
        ASCII codes of the symbols, uint8 `[rows, columns]`.

    Raises:
        TypeError: `rows` is neither a string nor a sequence of strings.
        ValueError: the map is empty or ragged, or holds a symbol without a meaning.
    """
    lines = _split_rows(rows)
    if not lines or not lines[0]:
        raise ValueError("map is empty: give at least one row, for example map=['S.G']")
    for number, line in enumerate(lines):
        if len(line) != len(lines[0]):
            raise ValueError(
                f"map row {number} {line!r} has {len(line)} symbols, row 0 has {len(lines[0])}: "
                "make all rows equally long ('#' is wall, '.' is floor)"
            )
        _check_symbols(number, line, KNOWN_SYMBOLS | set(further_symbols))
    return np.array([list(line.encode("ascii")) for line in lines], dtype=np.uint8)


def check_symbol(symbol: object, argument: str) -> str:
    """Return `symbol` if it may stand in a map.

    Raises:
        ValueError: it is not a single ASCII letter or digit, nor a built-in symbol other than the wall.
    """
    if isinstance(symbol, str) and len(symbol) == 1 and symbol.isascii():
        if symbol.isalnum() or symbol == FLOOR:
            return symbol
    raise ValueError(f"{argument} names {symbol!r}: a symbol is one ASCII letter or digit, or '.' for floor")


def is_symbol(maps: SymbolArray, symbols: str) -> npt.NDArray[np.bool_]:
    """Where `maps` (any shape) holds one of `symbols`."""
    return np.isin(maps, np.frombuffer(symbols.encode("ascii"), dtype=np.uint8))


def format_map(symbols: SymbolArray) -> list[str]:
    """The rows of one map `[rows, columns]` as strings; the inverse of `parse_map`."""
    return [row.tobytes().decode("ascii") for row in symbols]


def _split_rows(rows: str | Sequence[str]) -> list[str]:
    if isinstance(rows, str):
        return [line.strip() for line in rows.strip().splitlines()]
    if isinstance(rows, Sequence) and all(isinstance(row, str) for row in rows):
        return [row.strip() for row in rows]
    raise TypeError(f"map must be a string or a list of strings, as in map=['S.G'], got {_shorten(rows)}")


def _check_symbols(number: int, line: str, known: set[str] | frozenset[str]) -> None:
    for column, symbol in enumerate(line):
        if symbol not in known:
            raise ValueError(
                f"map has the unknown symbol {symbol!r} at row {number}, column {column}: use one of "
                f"{''.join(sorted(known))!r} or give it a meaning, as in rewards={{{symbol!r}: -1}}"
            )


def _shorten(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."

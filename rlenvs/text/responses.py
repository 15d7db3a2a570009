"""Checks of whole responses, given as token ids."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


def check_responses(token_ids: Any, lengths: Any, num_envs: int, vocab_size: int) -> tuple[IntArray, IntArray]:
    """Ids and lengths of responses as int64 `[N, T]` and `[N]`.

    Raises:
        TypeError: They are no integers.
        ValueError: Wrong shapes; a length below 0 or above T; an id within a length that does not exist.
    """
    ids = _integers(token_ids, "token_ids", 2)
    counts = _integers(lengths, "lengths", 1)
    if len(ids) != num_envs or len(counts) != num_envs:
        raise ValueError(f"token_ids and lengths must have {num_envs} rows, got {len(ids)} and {len(counts)}")
    if ((counts < 0) | (counts > ids.shape[1])).any():
        raise ValueError(f"lengths must lie in 0 to {ids.shape[1]}, the columns of token_ids, got {counts.tolist()}")
    inside = np.arange(ids.shape[1]) < counts[:, np.newaxis]
    if (wrong := np.argwhere(inside & ((ids < 0) | (ids >= vocab_size)))).size:
        row, column = wrong[0]
        raise ValueError(f"token_ids must lie in 0 to {vocab_size - 1}, got {ids[row, column]} in row {row}")
    return ids, counts


def first_ends(token_ids: IntArray, lengths: IntArray, eos_id: int) -> IntArray:
    """How many ids there are up to the first end token, that included; a number above T where there is none."""
    width = token_ids.shape[1]
    is_end = (token_ids == eos_id) & (np.arange(width) < lengths[:, np.newaxis])
    return np.where(is_end.any(axis=1), is_end.argmax(axis=1) + 1, width + 1)


def _integers(values: Any, name: str, dimensions: int) -> IntArray:
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is a ragged sequence: pad the rows to equal lengths") from None
    if array.ndim != dimensions:
        raise ValueError(f"{name} must have {dimensions} dimensions, got shape {array.shape}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, got dtype {array.dtype}")
    return array.astype(np.int64, copy=False)

"""Environment states as bytes: a header that says what they belong to, a checksum, and raw arrays (no pickle)."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rlenvs.gridworld.world import World

_MAGIC = b"rlenvs.gridworld/1"
_CHECKSUM_BYTES = 4


def pack(kind: str, world: World, arrays: Sequence[npt.NDArray[Any]]) -> bytes:
    """Bytes of `arrays`, to be read by `unpack` with the same kind, world, dtypes and shapes."""
    payload = b"".join(array.tobytes() for array in arrays)
    return _header(kind, world) + zlib.crc32(payload).to_bytes(_CHECKSUM_BYTES, "big") + payload


def unpack(kind: str, world: World, data: bytes, like: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """The arrays in `data`, with the dtypes and shapes of `like`.

    Raises:
        TypeError: `data` is not bytes.
        ValueError: `data` is damaged, or comes from another kind of environment, world, step limit or size.
    """
    if not isinstance(data, bytes):
        raise TypeError(f"restore needs the bytes that state() gave, got {type(data).__name__}")
    if not data.startswith(_MAGIC):
        raise ValueError("restore got bytes that do not come from state() of a gridworld")
    header = _header(kind, world)
    start = len(header) + _CHECKSUM_BYTES
    if not data.startswith(header):
        raise ValueError(f"restore got the state of another environment: make this one ({kind}) with equal arguments")
    if len(data) != start + sum(array.nbytes for array in like) or not _is_intact(data, start):
        raise ValueError("restore got damaged bytes: the length or the checksum is wrong")
    arrays = []
    for array in like:
        arrays.append(np.frombuffer(data, array.dtype, array.size, start).reshape(array.shape).copy())
        start += array.nbytes
    return arrays


def _header(kind: str, world: World) -> bytes:
    return _MAGIC + f"[{kind}]".encode() + world.fingerprint


def _is_intact(data: bytes, start: int) -> bool:
    return zlib.crc32(data[start:]).to_bytes(_CHECKSUM_BYTES, "big") == data[start - _CHECKSUM_BYTES : start]

"""Environment states as bytes: a header that says what they belong to, a checksum, and raw arrays (no pickle)."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_MAGIC = b"rlenvs.state/1"
_CHECKSUM_BYTES = 4


def pack(kind: str, fingerprint: bytes, arrays: Sequence[npt.NDArray[Any]]) -> bytes:
    """Bytes of `arrays`, to be read by `unpack` with the same kind, fingerprint, dtypes and shapes.

    Args:
        kind: what sort of environment it is, in words that an error can show.
        fingerprint: what tells it from others of its kind: a digest of its arguments.
        arrays: the state.
    """
    payload = join(arrays)
    return _header(kind, fingerprint) + zlib.crc32(payload).to_bytes(_CHECKSUM_BYTES, "big") + payload


def unpack(
    kind: str, fingerprint: bytes, data: bytes, like: Sequence[npt.NDArray[Any]]
) -> list[npt.NDArray[Any]]:
    """The arrays in `data`, with the dtypes and shapes of `like`.

    Raises:
        TypeError: `data` is not bytes.
        ValueError: `data` is damaged, or comes from an environment of another kind or with other arguments.
    """
    if not isinstance(data, bytes):
        raise TypeError(f"restore needs the bytes that state() gave, got {type(data).__name__}")
    if not data.startswith(_MAGIC):
        raise ValueError("restore got bytes that do not come from state()")
    header = _header(kind, fingerprint)
    start = len(header) + _CHECKSUM_BYTES
    if not data.startswith(header):
        raise ValueError(f"restore got the state of another environment: make this one ({kind}) with equal arguments")
    if len(data) != start + sum(array.nbytes for array in like) or not _is_intact(data, start):
        raise ValueError("restore got damaged bytes: the length or the checksum is wrong")
    return split(data[start:], like)


def join(arrays: Sequence[npt.NDArray[Any]]) -> bytes:
    """The raw bytes of `arrays`, one after the other."""
    return b"".join(array.tobytes() for array in arrays)


def split(data: bytes, like: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """Undo `join`: fresh arrays with the dtypes and shapes of `like`."""
    arrays, start = [], 0
    for array in like:
        arrays.append(np.frombuffer(data, array.dtype, array.size, start).reshape(array.shape).copy())
        start += array.nbytes
    return arrays


def _header(kind: str, fingerprint: bytes) -> bytes:
    return _MAGIC + f"[{kind}]".encode() + fingerprint


def _is_intact(data: bytes, start: int) -> bool:
    return zlib.crc32(data[start:]).to_bytes(_CHECKSUM_BYTES, "big") == data[start - _CHECKSUM_BYTES : start]

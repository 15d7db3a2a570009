"""Messages between host, zygote and programs: JSON behind four bytes of length.

Never pickle or marshal: what a program sends is read as data.
"""

from __future__ import annotations

import json
import os
import re
import struct
from typing import Any

PREFIX = struct.Struct(">I")
MAX_NODES = 1_200_000
"""Values in one message: as many as `encoding` lets through, with their tags."""

_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Also one that does not end: to look for its end from every quotation mark in it would take forever."""


class BrokenMessageError(ValueError):
    """Bytes that are no message."""


def _refuse_constant(name: str) -> Any:
    raise BrokenMessageError(f"{name} is no JSON")


_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def encode_message(message: Any) -> bytes:
    """A message as bytes; lone surrogates survive, NaN and infinity do not exist."""
    body = _ENCODER.encode(message).encode()
    return PREFIX.pack(len(body)) + body


def decode_answer(body: bytes) -> Any:
    """What a program says.

    Raises:
        BrokenMessageError: It is no JSON, too deep or has too many values.
    """
    if body.count(b",") + body.count(b"[") > MAX_NODES:
        bare = _STRINGS.sub(b"", body)
        if bare.count(b",") + bare.count(b"[") > MAX_NODES:
            raise BrokenMessageError(f"more than {MAX_NODES} values")
    try:
        return decode_message(body)
    except (ValueError, RecursionError) as error:
        raise BrokenMessageError(str(error)) from None


def decode_message(body: bytes) -> Any:
    """What the host or the zygote says."""
    return _DECODER.decode(body.decode("ascii"))


def write_message(descriptor: int, message: Any) -> None:
    """Writes a message to a pipe that blocks."""
    data = memoryview(encode_message(message))
    while data:
        data = data[os.write(descriptor, data) :]


def read_message(descriptor: int) -> Any:
    """Reads a message from a pipe that blocks; None at the end."""
    prefix = _read_exactly(descriptor, PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    return decode_message(_read_exactly(descriptor, PREFIX.unpack(prefix)[0]))


class MessageReader:
    """Cuts a stream of bytes, as they come, into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies of the messages that are now complete."""
        self._buffer += data
        bodies = []
        while len(self._buffer) >= PREFIX.size:
            end = PREFIX.size + PREFIX.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                break
            bodies.append(bytes(self._buffer[PREFIX.size : end]))
            del self._buffer[:end]
        return bodies


def _read_exactly(descriptor: int, size: int) -> bytes:
    parts = []
    while size and (part := os.read(descriptor, min(size, 2**20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

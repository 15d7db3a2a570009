"""Values as JSON and back, exactly, for plain types; used for inputs, answers and expected values alike.

Numbers, strings, None and lists are themselves; everything else is an object with one key that names its type. Types
are told by `type`, not by what an object says about itself; subclasses of plain types are read through the base
class's own methods, so that an object cannot lie about its content. Cycles end at `MAX_DEPTH`.
"""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

MAX_NODES = 400_000
MAX_DEPTH = 150
MAX_NATIVE_INTEGER = 2**63
"""Larger ones are written in hexadecimal, which takes linear time and knows no limit of digits."""


class NotPlainError(TypeError):
    """A value that is not plain data, or too much of it."""


def encode(value: Any, max_nodes: int = MAX_NODES) -> Any:
    """A value as JSON types.

    Tuples, sets, frozen sets, dictionaries, bytes, complex numbers, large integers, infinities and NaN have tags;
    deques, ranges, views of dictionaries, arrays and NumPy values become lists and numbers.

    Raises:
        NotPlainError: It holds an object of another type, more than `max_nodes` values, or is deeper than `MAX_DEPTH`.
    """
    return _Encoder(max_nodes).encode(value, 0)


def decode(wire: Any) -> Any:
    """The value that `encode` was given; subclasses have become their plain types."""
    if type(wire) is list:
        return [decode(item) for item in wire]
    if type(wire) is not dict:
        return wire
    ((tag, content),) = wire.items()
    return _DECODERS[tag](content)


class _Encoder:
    """Counts what it encodes."""

    def __init__(self, max_nodes: int) -> None:
        self.left = max_nodes

    def encode(self, value: Any, depth: int) -> Any:
        if value is None or value is True or value is False:
            return value
        self.left -= 1
        if self.left < 0:
            raise NotPlainError("too many values")
        if depth > MAX_DEPTH:
            raise NotPlainError(f"deeper than {MAX_DEPTH}")
        kind = type(value)
        if kind in _ENCODERS:
            return _ENCODERS[kind](self, value, depth)
        for base, encoder in _ENCODERS.items():
            if issubclass(kind, base):
                return encoder(self, value, depth)
        return self.encode(_converted(value, kind), depth + 1)

    def items(self, base: Any, value: Any, depth: int) -> list[Any]:
        return [self.encode(item, depth + 1) for item in base.__iter__(value)]


def _integer(value: int) -> Any:
    exact = int.__int__(value)
    return exact if -MAX_NATIVE_INTEGER <= exact < MAX_NATIVE_INTEGER else {"int": hex(exact)}


def _real(value: float) -> Any:
    exact = float.__float__(value)
    return exact if math.isfinite(exact) else {"float": repr(exact)}


def _complex(value: complex) -> Any:
    exact = complex.__complex__(value)
    return {"complex": [_real(exact.real), _real(exact.imag)]}


def _mapping(encoder: _Encoder, value: dict[Any, Any], depth: int) -> Any:
    pairs = list(dict.items(value))
    return {"dict": [[encoder.encode(key, depth + 1), encoder.encode(item, depth + 1)] for key, item in pairs]}


_ENCODERS: dict[type, Callable[[_Encoder, Any, int], Any]] = {
    int: lambda encoder, value, depth: _integer(value),
    str: lambda encoder, value, depth: str.__str__(value),
    float: lambda encoder, value, depth: _real(value),
    list: lambda encoder, value, depth: encoder.items(list, value, depth),
    tuple: lambda encoder, value, depth: {"tuple": encoder.items(tuple, value, depth)},
    dict: _mapping,
    set: lambda encoder, value, depth: {"set": encoder.items(set, value, depth)},
    frozenset: lambda encoder, value, depth: {"frozenset": encoder.items(frozenset, value, depth)},
    bytes: lambda encoder, value, depth: {"bytes": bytes.hex(value)},
    bytearray: lambda encoder, value, depth: {"bytes": bytearray.hex(value)},
    complex: lambda encoder, value, depth: _complex(value),
    deque: lambda encoder, value, depth: encoder.items(deque, value, depth),
}
_DECODERS: dict[str, Callable[[Any], Any]] = {
    "int": lambda content: int(content, 16),
    "float": float,
    "complex": lambda content: complex(*map(decode, content)),
    "bytes": bytes.fromhex,
    "tuple": lambda content: tuple(map(decode, content)),
    "set": lambda content: set(map(decode, content)),
    "frozenset": lambda content: frozenset(map(decode, content)),
    "dict": lambda content: {decode(key): decode(item) for key, item in content},
}
_LISTED: tuple[type, ...] = (range, type({}.keys()), type({}.values()), type({}.items()))


def _converted(value: Any, kind: type) -> Any:
    """A plain value for one of the few types that stand for one."""
    if issubclass(kind, _LISTED):
        if len(value) > MAX_NODES:
            raise NotPlainError("too many values")
        return list(value)
    numpy, array = sys.modules.get("numpy"), sys.modules.get("array")
    if numpy is not None and issubclass(kind, numpy.ndarray):
        return numpy.ndarray.tolist(value)
    if numpy is not None and issubclass(kind, numpy.generic):
        return numpy.generic.item(value)
    if array is not None and issubclass(kind, array.array):
        return array.array.tolist(value)
    raise NotPlainError(f"not plain data: {type.__dict__['__name__'].__get__(kind)!s:.80}")

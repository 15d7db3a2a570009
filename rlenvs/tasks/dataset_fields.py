"""Reading the fields of a data file's rows, with errors that name the field."""

from __future__ import annotations

import ast
import base64
import io
import json
import pickle
import zlib
from collections.abc import Mapping
from typing import Any, NoReturn

Row = Mapping[str, Any]


class FieldError(ValueError):
    """A field that cannot be read.

    Args:
        field: Its name.
        reason: What is wrong with it.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"field {field}: {reason}")


def text_field(row: Row, name: str) -> str:
    """A text that is not blank."""
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise FieldError(name, f"it is {value!r:.60}, not a text")
    return value


def python_field(row: Row, name: str) -> str:
    """A text that is Python."""
    source = text_field(row, name)
    try:
        ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise FieldError(name, f"it is no Python ({error})") from None
    return source


def json_field(row: Row, name: str) -> Any:
    """A value that is given as JSON text or as it is; None if it is missing."""
    value = row.get(name)
    return json_value(value, name) if isinstance(value, str) else value


def json_value(text: str, name: str) -> Any:
    """What a JSON text says."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise FieldError(name, f"it is no JSON ({error.msg} at column {error.colno})") from None


def packed_field(row: Row, name: str) -> Any:
    """JSON, or JSON in a pickled string, compressed, in base 64, as LiveCodeBench packs its hidden tests.

    What is no text is taken as it is; a missing field is an empty list.
    """
    packed = row.get(name) or []
    if not isinstance(packed, str):
        return packed
    try:
        return json.loads(packed)
    except json.JSONDecodeError:
        pass
    try:
        return json.loads(_StringsOnly(io.BytesIO(zlib.decompress(base64.b64decode(packed)))).load())
    except (TypeError, ValueError, EOFError, zlib.error, pickle.UnpicklingError) as error:
        raise FieldError(name, f"it is neither JSON nor packed JSON ({error})") from None


def function_name(name: str, field: str) -> str:
    """`name` if a function or a method can have it."""
    if not all(part.isidentifier() for part in name.split(".")):
        raise FieldError(field, f"{name!r:.60} is no function's name")
    return name


class _StringsOnly(pickle.Unpickler):
    """Reads no pickle that names a class or a function, so nothing is run."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it names {module}.{name}")

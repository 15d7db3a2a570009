"""From words to a checked configuration: `--set learning_rate=1e-3` to a field of an agent's Config dataclass."""

from __future__ import annotations

import difflib
import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import Field, asdict, fields
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

ConfigType = TypeVar("ConfigType")
ADDED_LATER = {"added later": True}
"""Metadata of a setting that is left out of specifications at its default, so that older runs keep their identity."""


def parse_assignments(assignments: Sequence[str]) -> dict[str, Any]:
    """`["learning_rate=1e-3", "hidden=[64,64]", "critic=shared"]` to a dictionary; values are JSON or plain words.

    Raises:
        ValueError: an item has no `=`.
    """
    values = {}
    for item in assignments:
        key, equals, text = item.partition("=")
        if not equals or not key:
            raise ValueError(f"{item!r} sets nothing: write KEY=VALUE")
        values[key.strip()] = _parse(text.strip())
    return values


def _parse(text: str) -> Any:
    words = {"none": None, "None": None, "True": True, "False": False}
    if text in words:
        return words[text]
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def make_config(config_class: type[ConfigType], values: Mapping[str, Any]) -> ConfigType:
    """Builds `config_class(**values)` after checking every name and type.

    Raises:
        ValueError: an unknown name (with the nearest known one), a value of another type, or one that the class's
            own `__post_init__` refuses.
    """
    hints = get_type_hints(config_class)
    for name in values:
        if name not in hints:
            near = difflib.get_close_matches(name, hints, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(hints)}"
            raise ValueError(f"config {name}={values[name]!r}: unknown setting; {remedy}")
    checked = {name: _checked(name, value, hints[name]) for name, value in values.items()}
    return config_class(**checked)


def config_values(config: Any) -> dict[str, Any]:
    """The configuration as JSON types, in the order of its fields; without `ADDED_LATER` ones at their defaults."""
    values = asdict(config)
    return {field.name: _plain(values[field.name]) for field in fields(config) if _is_told(field, values[field.name])}


def _is_told(field: Field[Any], value: Any) -> bool:
    return value != field.default or not ADDED_LATER.items() <= field.metadata.items()


def refuse_outside(interval: str, config: Any, *names: str) -> None:
    """Raises ValueError unless each of these settings is None or lies in `interval`, such as ``(0, 1]``.

    Args:
        interval: as mathematicians write it: a round bracket leaves its bound out; bounds may be ``inf``.
        config: what has the settings.
        names: of the settings.
    """
    low, high = map(float, interval[1:-1].split(","))
    for name in names:
        value = getattr(config, name)
        if value is None or low < value < high:
            continue
        if not (value == low and interval[0] == "[") and not (value == high and interval[-1] == "]"):
            optional = ", or none" if type(None) in get_args(get_type_hints(type(config))[name]) else ""
            raise ValueError(f"config {name}={value}: choose a number in {interval}{optional}")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _checked(name: str, value: Any, hint: Any) -> Any:
    """Returns the value in the hinted type; numbers may widen from int to float, lists become tuples."""
    origin = get_origin(hint)
    if origin is Literal:
        if value is None and "none" in get_args(hint):
            return "none"  # `--set critic=none` arrives as None
        if value in get_args(hint):
            return value
    elif origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        return _checked(name, value, next(part for part in get_args(hint) if part is not type(None)))
    elif origin is tuple:
        if isinstance(value, list | tuple):
            return tuple(_checked(name, item, get_args(hint)[0]) for item in value)
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif hint in (int, str, bool) and type(value) is hint:
        return value
    raise ValueError(f"config {name}={value!r}: expected {_describe(hint)}")


def _describe(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(repr(choice) for choice in get_args(hint))
    return getattr(hint, "__name__", str(hint)) if get_origin(hint) is None else str(hint)

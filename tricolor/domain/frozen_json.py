"""Frozen dataclasses of plain values as canonical JSON and back, exactly: what is frozen reads the same for ever, and has one digest."""

import json
import types
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def frozen(value: object) -> str:
    """Canonical JSON: keys in order, no spaces, floats as Python writes them. ValueError for NaN and infinities, TypeError for what is not plain."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def thawed(kind: type[T], text: str) -> T:
    """The value that `frozen` wrote. A field that the text lacks takes its default (an older text); one that the type lacks is left out."""
    value: T = _value(kind, json.loads(text))
    return value


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)  # an enumeration's word
    raise TypeError(f"{type(value).__name__} is no plain value")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, plain: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        if plain is None:
            return None
        (kind,) = (each for each in get_args(kind) if each is not type(None))
        return _value(kind, plain)
    if origin is tuple:
        each, *rest = get_args(kind)
        kinds = [each] * len(plain) if rest == [...] else [each, *rest]
        return tuple(_value(k, p) for k, p in zip(kinds, plain, strict=True))
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        return kind(**{name: _value(hints[name], part) for name, part in plain.items() if name in hints})  # type: ignore[operator]
    return kind(plain) if isinstance(kind, type) and not isinstance(plain, kind) else plain

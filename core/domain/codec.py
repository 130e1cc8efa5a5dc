"""Dataclasses to JSON documents and back, by their type hints: decimals and times as text, absent instead of null."""

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from core.domain.money import plain


def iso(ts: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`: the one text form of a time."""
    return ts.astimezone(UTC).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def from_iso(text: str) -> datetime:
    """Read what `iso` wrote."""
    return datetime.fromisoformat(text)


def _same(value: Any) -> Any:
    return value


def encode(value: object) -> dict[str, Any]:
    """A dataclass instance as a JSON-able document; fields that are None are left out."""
    writers, _ = _compiled(type(value))
    document: dict[str, Any] = {}
    for name, write in writers:
        item = getattr(value, name)
        if item is not None:
            document[name] = write(item)
    return document


def decode(kind: type[Any], document: Mapping[str, Any]) -> Any:
    """Rebuild a dataclass of this type; absent fields take their defaults."""
    _, readers = _compiled(kind)
    return kind(**{name: readers[name](item) for name, item in document.items()})


@cache
def _compiled(kind: type[Any]) -> tuple[tuple[tuple[str, Callable[[Any], Any]], ...], dict[str, Callable[[Any], Any]]]:
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    writers = tuple((name, _converters(hints[name])[0]) for name in names)
    readers = {name: _converters(hints[name])[1] for name in names}
    return writers, readers


def _converters(hint: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """The (write, read) pair of a type hint."""
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        inner = [arg for arg in get_args(hint) if arg is not type(None)]
        return _converters(inner[0])
    if origin is tuple:
        write, read = _converters(get_args(hint)[0])
        return (lambda items: [write(i) for i in items]), (lambda items: tuple(read(i) for i in items))
    if origin is dict:
        write, read = _converters(get_args(hint)[1])
        return (lambda items: {k: write(v) for k, v in items.items()}), (
            lambda items: {k: read(v) for k, v in items.items()}
        )
    if hint is Decimal:
        return plain, Decimal
    if hint is datetime:
        return iso, from_iso
    if hint is date:
        return date.isoformat, date.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return (lambda item: item.value), hint
    if dataclasses.is_dataclass(cast("object", hint)):
        nested = cast("type[Any]", hint)
        return encode, (lambda document: decode(nested, document))
    return _same, _same

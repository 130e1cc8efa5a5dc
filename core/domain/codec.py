"""Dataclasses to JSON documents and back, by their type hints: decimals and times as text, absent instead of null.

Writing is our own, because the text forms are (plain decimals, milliseconds, absent fields); reading is msgspec's,
which is three times faster (docs/adr/0007).
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from core.domain.errors import IntegrityError
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
    document: dict[str, Any] = {}
    for name, write in _writers(type(value)):
        item = getattr(value, name)
        if item is not None:
            document[name] = write(item)
    return document


def decode(kind: type[Any], document: Mapping[str, Any]) -> Any:
    """Rebuild a dataclass of this type; absent fields take their defaults, unknown ones are ignored.

    Raises:
        IntegrityError: a field is missing or is not what its type hint says.
    """
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise IntegrityError(f"This is no {kind.__name__}: {error}.") from error


@cache
def _writers(kind: type[Any]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, _writer(hints[field.name])) for field in dataclasses.fields(kind))


def _writer(hint: Any) -> Callable[[Any], Any]:
    """How a value of this type hint is written."""
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _writer(next(arg for arg in get_args(hint) if arg is not type(None)))
    if origin in {tuple, list}:
        item = _writer(get_args(hint)[0])
        return lambda items: [item(i) for i in items]
    if origin is dict:
        value = _writer(get_args(hint)[1])
        return lambda items: {k: value(v) for k, v in items.items()}
    if hint is Decimal:
        return plain
    if hint is datetime:
        return iso
    if hint is date:
        return date.isoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum_value
    if dataclasses.is_dataclass(cast("object", hint)):
        return encode
    return _same


def _enum_value(item: Enum) -> Any:
    return item.value

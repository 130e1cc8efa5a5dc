"""Dataclasses to JSON documents and back, by their type hints: decimals and times as text, absent instead of null.

Writing is our own, because the text forms are (plain decimals, milliseconds, absent fields); reading is msgspec's,
which is three times faster (docs/adr/0007). `pack` and `unpack` are for what only this program reads again, such as
snapshots: no canonical form, but digits, order and nulls exactly as they are, at msgspec's full speed.
"""

import dataclasses
import hashlib
import types
from collections import deque
from collections.abc import Callable, Iterator, Mapping
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
        return msgspec.convert(document, kind, dec_hook=_read_deque)
    except msgspec.ValidationError as error:
        raise IntegrityError(f"This is no {kind.__name__}: {error}.") from error


def pack(value: object) -> bytes:
    """A dataclass instance as JSON text that `unpack` reads back equal, to the last trailing zero of a decimal."""
    return _PACKER.encode(value)


def unpack(kind: type[Any], text: bytes) -> Any:
    """Rebuild what `pack` wrote.

    Raises:
        IntegrityError: the text is no such dataclass.
    """
    try:
        return _unpacker(kind).decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"This is no {kind.__name__}: {error}.") from error


@cache
def shape(kind: type[Any]) -> str:
    """SHA-256 over the fields and type hints of a dataclass and of all dataclasses inside it.

    What was packed under another shape must not be unpacked: a new field would silently take its default.
    """
    seen: dict[str, list[tuple[str, str]]] = {}
    waiting = [kind]
    while waiting:
        inner = waiting.pop()
        name = f"{inner.__module__}.{inner.__qualname__}"
        if name not in seen:
            hints = get_type_hints(inner)
            seen[name] = [(field.name, repr(hints[field.name])) for field in dataclasses.fields(inner)]
            waiting += [found for hint in hints.values() for found in _dataclasses_in(hint)]
    return hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()


def _dataclasses_in(hint: Any) -> Iterator[type[Any]]:
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        yield hint
    for argument in get_args(hint):
        yield from _dataclasses_in(argument)


def _write_deque(item: Any) -> Any:
    if isinstance(item, deque):
        return list(cast("deque[Any]", item))
    raise NotImplementedError(f"{type(item).__name__} cannot be written")


def _read_deque(kind: Any, items: Any) -> Any:
    if get_origin(kind) is deque:
        (item,) = get_args(kind)
        return deque(msgspec.convert(items, list[item], dec_hook=_read_deque))
    raise NotImplementedError(f"{kind} cannot be read")


_PACKER = msgspec.json.Encoder(enc_hook=_write_deque)


@cache
def _unpacker(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=_read_deque)


@cache
def _writers(kind: type[Any]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, _writer(hints[field.name])) for field in dataclasses.fields(kind))


def _writer(hint: Any) -> Callable[[Any], Any]:
    """How a value of this type hint is written."""
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _writer(next(arg for arg in get_args(hint) if arg is not type(None)))
    if origin in {tuple, list, deque}:
        item = _writer(get_args(hint)[0])
        return lambda items: [item(i) for i in items]
    if origin is dict:
        key, value = (_writer(part) for part in get_args(hint))
        if key is _same:
            return lambda items: {k: value(v) for k, v in items.items()}
        return lambda items: {key(k): value(v) for k, v in items.items()}
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

"""What both backends share: checked documents, checked index scans, cursors and watching by polling."""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from core.domain.errors import InvalidInput
from core.ports import Collection, Document, DocumentStore, Index, Page

Scalar: TypeAlias = str | int | bool

MAX_PAGE = 10_000
"""Documents a single find may return."""

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
"""As JSON; well below the 16 MB of a MongoDB document."""

_WATCH_PAGE = 500


def catalogue(collections: Sequence[Collection]) -> dict[str, Collection]:
    """Collections by name."""
    return {collection.name: collection for collection in collections}


def index_of(collection: Collection, name: str) -> Index:
    """The declared index of that name.

    Raises:
        LookupError: there is none; ad-hoc queries do not exist.
    """
    for index in collection.indexes:
        if index.name == name:
            return index
    raise LookupError(f"{collection.name} has no index {name}")


_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_FAST_JSON = msgspec.json.Encoder()
_PARSER = msgspec.json.Decoder()


def parse(text: str) -> Document:
    """Read a document that `encode` wrote, two and a half times as fast as the standard library does."""
    return _PARSER.decode(text)


def _text(document: Document) -> str:
    """The JSON of a document, in half the time the standard library takes.

    msgspec also writes what is no JSON (NaN as null, a Decimal as text): what does not come back as it was is left
    to the standard library, which refuses it.
    """
    fast = _FAST_JSON.encode(document)
    return fast.decode() if _PARSER.decode(fast) == document else _JSON.encode(document)


def encode(collection: Collection, document: Document) -> str:
    """Compact JSON of a document that both backends can keep.

    Raises:
        ValueError, TypeError: no text `_id`, an indexed field without a scalar value, too large, or a value that
            is not JSON (Decimal, datetime, NaN, a lone surrogate). Such a document is a bug of the caller.
    """
    for name in ("_id", *(field for index in collection.indexes for field in index.fields)):
        if not isinstance(document.get(name), str | int):
            raise ValueError(f"{collection.name}: the indexed field {name} needs text, a whole number or a boolean.")  # noqa: TRY004 - one error for bad documents
    if not isinstance(document["_id"], str):
        raise ValueError(f"{collection.name}: _id must be text.")  # noqa: TRY004 - same
    text = _text(document)
    size = len(text.encode())  # a lone surrogate fails here, in the caller's hands, and not in the writer of all
    if size > MAX_DOCUMENT_BYTES:
        raise ValueError(f"{collection.name}: a document of {size} bytes is above the limit of {MAX_DOCUMENT_BYTES}.")
    return text


@dataclass(frozen=True, slots=True)
class Scan:
    """A checked find. `ranged` is the field after the equality prefix; None when `equals` covers the index.

    `resume` is the (value of `ranged`, `_id`) after which to continue. `tie_free` tells that the index is unique
    up to `ranged`, so that `_id` need not take part in the order.
    """

    fixed: tuple[tuple[str, Scalar], ...]
    ranged: str | None
    after: str | int | None
    until: str | int | None
    descending: bool
    limit: int
    resume: tuple[Scalar | None, str] | None
    tie_free: bool

    def page(self, documents: list[Document]) -> Page:
        """The page from up to `limit + 1` documents: the extra one only tells that there is more."""
        if len(documents) <= self.limit:
            return Page(documents, None)
        last = documents[self.limit - 1]
        position = [None if self.ranged is None else last[self.ranged], last["_id"]]
        return Page(documents[: self.limit], base64.urlsafe_b64encode(json.dumps(position).encode()).decode())


def plan(
    index: Index,
    equals: Sequence[Scalar],
    after: str | int | None,
    until: str | int | None,
    limit: int,
    cursor: str | None,
    *,
    descending: bool,
) -> Scan:
    """Check the arguments of a find.

    Raises:
        ValueError: more equalities than fields, a value that is no scalar, or a limit out of bounds.
        InvalidInput: the cursor is not one of ours.
    """
    if len(equals) > len(index.fields):
        raise ValueError(f"index {index.name} has only {len(index.fields)} fields")
    if not 1 <= limit <= MAX_PAGE:
        raise ValueError(f"limit must be from 1 to {MAX_PAGE}")
    if not all(_is_scalar(value) for value in (*equals, after or "", until or "")):
        raise ValueError("equals and bounds are text, whole numbers or booleans")
    exact = len(equals) == len(index.fields)
    ranged = None if exact else index.fields[len(equals)]
    resume = None if cursor is None else _decode_cursor(cursor, exact=exact)
    fixed = tuple(zip(index.fields, equals, strict=False))
    return Scan(
        fixed=fixed,
        ranged=ranged,
        after=None if exact else after,
        until=None if exact else until,
        descending=descending,
        limit=limit,
        resume=resume,
        tie_free=index.unique and ranged == index.fields[-1],
    )


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int)


def _decode_cursor(cursor: str, *, exact: bool) -> tuple[Scalar | None, str]:
    """A cursor may come back through a client: only scalars are let in, so that no operator can be smuggled."""
    try:
        decoded: Any = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        value, key = decoded
    except (binascii.Error, ValueError, TypeError):
        raise InvalidInput("The cursor is not valid; start again from the first page.") from None
    if not isinstance(key, str) or (value is None) != exact or not isinstance(value, str | int | None):
        raise InvalidInput("The cursor does not belong to this listing; start again from the first page.")
    return value, key


async def poll(
    store: DocumentStore,
    collection: str,
    index: Index,
    equals: Sequence[Scalar],
    after: int,
    interval_secs: float,
) -> AsyncIterator[Document]:
    """Yield documents of an index range in order as they appear, asking again every `interval_secs`."""
    field = index.fields[len(equals)]
    while True:
        page = await store.find(collection, index.name, equals, after=after, limit=_WATCH_PAGE)
        for document in page.documents:
            after = document[field]
            yield document
        if page.cursor is None:
            await asyncio.sleep(interval_secs)

"""A DocumentStore in memory: the same checks as the real backends, none of their durability."""

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import islice
from typing import Any

from core.adapters.store.access import Scan, catalogue, encode, index_of, parse, plan
from core.ports import Collection, Document, DuplicateKey, Index, Insert, Page, Put, StoreUnavailable, VersionConflict

_Entry = tuple[tuple[Any, ...], str]
"""Values of an index's fields, and the document's key."""


class MemoryStore:
    """Implements `core.ports.DocumentStore` over the given collections, for backtests and tests.

    Documents pass through JSON on the way in and out, so that what a real store could not keep fails here too and
    nobody shares one. Set `available` to False to see how callers take a store that is away.
    """

    def __init__(self, collections: Sequence[Collection]) -> None:
        self.available = True
        self._collections = catalogue(collections)
        self._documents: dict[str, dict[str, str]] = {c.name: {} for c in collections}
        self._entries: dict[tuple[str, str], list[_Entry]] = {
            (c.name, i.name): [] for c in collections for i in c.indexes
        }
        self._changed = asyncio.Event()

    async def open(self) -> None:
        """There is nothing to create."""
        self._require_available()

    async def close(self) -> None:
        """Let who watches look once more."""
        self._announce()

    async def insert(self, collection: str, document: Document) -> None:
        """Add a document whose key and unique values are free."""
        await self.write([Insert(collection, document)])

    async def get(self, collection: str, key: str) -> Document | None:
        """The document with this key."""
        self._require_available()
        found = self._documents[collection].get(key)
        return None if found is None else parse(found)

    async def replace(self, collection: str, document: Document, expected_version: int) -> Document:
        """Compare-and-set on the stored version."""
        self._require_available()
        new = document | {"version": expected_version + 1}
        text = encode(self._collections[collection], new)
        stored = self._documents[collection].get(document["_id"])
        if stored is None or parse(stored).get("version") != expected_version:
            raise VersionConflict(f"{collection}: the document is not at version {expected_version} any more.")
        self._put(collection, new, text)
        self._announce()
        return parse(text)

    async def delete(self, collection: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        self._require_available()
        return self._remove(collection, key) is not None

    async def find(
        self,
        collection: str,
        index: str,
        equals: Sequence[str | int | bool],
        *,
        after: str | int | None = None,
        until: str | int | None = None,
        descending: bool = False,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        """Scan an index as the port says."""
        self._require_available()
        declared = index_of(self._collections[collection], index)
        scan = plan(declared, equals, after, until, limit, cursor, descending=descending)
        found = _in_range(self._entries[collection, index], declared, scan)
        documents = self._documents[collection]
        return scan.page([parse(documents[key]) for _, key in islice(found, limit + 1)])

    async def write(self, operations: Sequence[Insert | Put]) -> None:
        """All or nothing."""
        self._require_available()
        undo: list[tuple[str, str, str | None]] = []
        try:
            for operation in operations:
                done = self._apply(operation)
                undo.append(done)
        except Exception:
            for collection, key, before in reversed(undo):
                self._remove(collection, key)
                if before is not None:
                    self._put(collection, parse(before), before)
            raise
        self._announce()

    async def watch(
        self, collection: str, index: str, equals: Sequence[str | int | bool], after: int
    ) -> AsyncIterator[Document]:
        """Documents of an index range as they appear."""
        field = index_of(self._collections[collection], index).fields[len(equals)]
        while True:
            changed = self._changed
            page = await self.find(collection, index, equals, after=after)
            for document in page.documents:
                after = document[field]
                yield document
            if not page.documents:
                await changed.wait()

    def _apply(self, operation: Insert | Put) -> tuple[str, str, str | None]:
        """Do one operation; gives collection, key and what was there before."""
        collection, document = operation.collection, operation.document
        text = encode(self._collections[collection], document)
        before = self._documents[collection].get(document["_id"])
        if isinstance(operation, Insert) and before is not None:
            raise DuplicateKey(collection, "_id")
        self._put(collection, document, text)
        return collection, document["_id"], before

    def _put(self, collection: str, document: Document, text: str) -> None:
        """Store a document and its index entries, or raise DuplicateKey and change nothing."""
        key: str = document["_id"]
        for index in self._collections[collection].indexes:
            if index.unique:
                values, entries = _values(index, document), self._entries[collection, index.name]
                at = bisect_left(entries, (values,))
                if at < len(entries) and entries[at][0] == values and entries[at][1] != key:
                    raise DuplicateKey(collection, index.name)
        self._remove(collection, key)
        self._documents[collection][key] = text
        for index in self._collections[collection].indexes:
            insort(self._entries[collection, index.name], (_values(index, document), key))

    def _remove(self, collection: str, key: str) -> str | None:
        text = self._documents[collection].pop(key, None)
        if text is not None:
            document = parse(text)
            for index in self._collections[collection].indexes:
                entries = self._entries[collection, index.name]
                del entries[bisect_left(entries, (_values(index, document), key))]
        return text

    def _require_available(self) -> None:
        if not self.available:
            raise StoreUnavailable("The store does not answer.")

    def _announce(self) -> None:
        """Wake everybody who watches; each goes on to wait for the next event."""
        self._changed.set()
        self._changed = asyncio.Event()


def _values(index: Index, document: Document) -> tuple[Any, ...]:
    return tuple(document[field] for field in index.fields)


def _in_range(entries: list[_Entry], index: Index, scan: Scan) -> list[_Entry]:
    """What a scan may give, in its order."""
    prefix = tuple(value for _, value in scan.fixed)
    width = len(prefix)
    low = bisect_left(entries, prefix, key=_first(width))
    high = bisect_right(entries, prefix, key=_first(width))
    if scan.after is not None:
        low = bisect_right(entries, (*prefix, scan.after), key=_first(width + 1))
    if scan.until is not None:
        high = bisect_right(entries, (*prefix, scan.until), key=_first(width + 1))

    def place(entry: _Entry) -> tuple[Any, str]:
        return (entry[0][width] if scan.ranged else 0, entry[1])

    found = entries[low:high]
    if width + 1 < len(index.fields):  # the fields behind the ranged one have no part in the order
        found.sort(key=place)
    if scan.descending:
        found.reverse()
    if scan.resume is not None:
        last = (0 if scan.resume[0] is None else scan.resume[0], scan.resume[1])
        found = [entry for entry in found if (place(entry) < last if scan.descending else place(entry) > last)]
    return found


def _first(width: int) -> Callable[[_Entry], tuple[Any, ...]]:
    return lambda entry: entry[0][:width]

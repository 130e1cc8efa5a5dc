"""A DocumentStore in memory, with the semantics of the port and none of its durability."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from core.ports import (
    Collection,
    Document,
    DuplicateKey,
    Index,
    Insert,
    Page,
    Put,
    StoreUnavailable,
    VersionConflict,
)


class MemoryStore:
    """Implements `core.ports.DocumentStore` over the given collections.

    Documents pass through JSON on the way in, so that what a real store could not keep fails here too.
    Set `available` to False to see how callers take a store that is away.
    """

    def __init__(self, collections: Sequence[Collection]) -> None:
        self.available = True
        self._collections = {c.name: c for c in collections}
        self._documents: dict[str, dict[str, Document]] = {c.name: {} for c in collections}
        self._unique: dict[tuple[str, str], dict[tuple[Any, ...], str]] = {
            (c.name, i.name): {} for c in collections for i in c.indexes if i.unique
        }
        self._changed = asyncio.Event()

    async def open(self) -> None:
        self._require_available()

    async def close(self) -> None:
        self._announce()

    async def insert(self, collection: str, document: Document) -> None:
        await self.write([Insert(collection, document)])

    async def get(self, collection: str, key: str) -> Document | None:
        self._require_available()
        found = self._documents[collection].get(key)
        return None if found is None else _copy(found)

    async def replace(self, collection: str, document: Document, expected_version: int) -> Document:
        self._require_available()
        stored = self._documents[collection].get(document["_id"])
        if stored is None or stored.get("version") != expected_version:
            raise VersionConflict(f"{collection}: the document is not at version {expected_version} any more.")
        new = _copy(document) | {"version": expected_version + 1}
        self._put(collection, new)
        self._announce()
        return _copy(new)

    async def delete(self, collection: str, key: str) -> bool:
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
        self._require_available()
        fields = self._index(collection, index).fields
        if len(equals) > len(fields):
            raise ValueError(f"index {index} has {len(fields)} fields, not {len(equals)}")
        ranged = fields[len(equals)] if len(equals) < len(fields) else None
        if ranged is None and (after is not None or until is not None):
            raise ValueError(f"index {index} has no field left for a range")

        def place(document: Document) -> tuple[Any, str]:
            return (document[ranged] if ranged else 0, document["_id"])

        def inside(document: Document) -> bool:
            if any(document.get(field) != value for field, value in zip(fields, equals, strict=False)):
                return False
            if ranged is None:
                return True
            value = document.get(ranged)  # a document without the field is not in the index
            return value is not None and (after is None or value > after) and (until is None or value <= until)

        found = sorted(filter(inside, self._documents[collection].values()), key=place, reverse=descending)
        if cursor is not None:
            last = tuple(json.loads(cursor))
            found = [d for d in found if (place(d) < last if descending else place(d) > last)]
        page = found[:limit]
        more = len(found) > limit
        return Page([_copy(d) for d in page], json.dumps(place(page[-1])) if more and page else None)

    async def write(self, operations: Sequence[Insert | Put]) -> None:
        """All or nothing."""
        self._require_available()
        undo: list[tuple[str, str, Document | None]] = []
        try:
            for operation in operations:
                done = self._apply(operation)
                undo.append(done)
        except Exception:
            for collection, key, before in reversed(undo):
                self._remove(collection, key)
                if before is not None:
                    self._put(collection, before)
            raise
        self._announce()

    async def watch(
        self, collection: str, index: str, equals: Sequence[str | int | bool], after: int
    ) -> AsyncIterator[Document]:
        last = self._index(collection, index).fields[-1]
        while True:
            changed = self._changed
            page = await self.find(collection, index, equals, after=after)
            for document in page.documents:
                after = document[last]
                yield document
            if not page.documents:
                await changed.wait()

    def _index(self, collection: str, name: str) -> Index:
        return next(i for i in self._collections[collection].indexes if i.name == name)

    def _apply(self, operation: Insert | Put) -> tuple[str, str, Document | None]:
        """Do one operation; gives collection, key and what was there before."""
        document = _copy(operation.document)
        before = self._documents[operation.collection].get(document["_id"])
        if isinstance(operation, Insert) and before is not None:
            raise DuplicateKey(operation.collection, "_id")
        self._put(operation.collection, document)
        return operation.collection, document["_id"], before

    def _put(self, collection: str, document: Document) -> None:
        """Store a document and its unique values, or raise DuplicateKey and change nothing."""
        key = document["_id"]
        for name, values in self._unique_values(collection, document):
            if self._unique[collection, name].get(values, key) != key:
                raise DuplicateKey(collection, name)
        self._remove(collection, key)
        self._documents[collection][key] = document
        for name, values in self._unique_values(collection, document):
            self._unique[collection, name][values] = key

    def _remove(self, collection: str, key: str) -> Document | None:
        document = self._documents[collection].pop(key, None)
        if document is not None:
            for name, values in self._unique_values(collection, document):
                del self._unique[collection, name][values]
        return document

    def _unique_values(self, collection: str, document: Document) -> list[tuple[str, tuple[Any, ...]]]:
        """Values under unique indexes; a document that lacks a field is not in the index."""
        indexes = [i for i in self._collections[collection].indexes if i.unique]
        values = [(i.name, tuple(document.get(field) for field in i.fields)) for i in indexes]
        return [(name, value) for name, value in values if None not in value]

    def _require_available(self) -> None:
        if not self.available:
            raise StoreUnavailable("The store does not answer.")

    def _announce(self) -> None:
        """Wake everybody who watches; each goes on to wait for the next event."""
        self._changed.set()
        self._changed = asyncio.Event()


def _copy(document: Document) -> Document:
    return json.loads(json.dumps(document, allow_nan=False))

"""A DocumentStore in memory: the same checks as the real backends, none of their durability."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from core.adapters.store.access import catalogue, encode, index_of, plan
from core.ports import Collection, Document, DuplicateKey, Insert, Page, Put, StoreUnavailable, VersionConflict


class MemoryStore:
    """Implements `core.ports.DocumentStore` over the given collections.

    Documents pass through JSON on the way in, so that what a real store could not keep fails here too.
    Set `available` to False to see how callers take a store that is away.
    """

    def __init__(self, collections: Sequence[Collection]) -> None:
        self.available = True
        self._collections = catalogue(collections)
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
        new = self._checked(collection, document | {"version": expected_version + 1})
        stored = self._documents[collection].get(document["_id"])
        if stored is None or stored.get("version") != expected_version:
            raise VersionConflict(f"{collection}: the document is not at version {expected_version} any more.")
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
        declared = index_of(self._collections[collection], index)
        scan = plan(declared, equals, after, until, limit, cursor, descending=descending)

        def order(document: Document) -> tuple[Any, str]:
            return (document[scan.ranged] if scan.ranged else 0, document["_id"])

        def inside(document: Document) -> bool:
            value, _ = order(document)
            return (
                all(document[field] == wanted for field, wanted in scan.fixed)
                and (scan.after is None or value > scan.after)
                and (scan.until is None or value <= scan.until)
            )

        found = sorted(filter(inside, self._documents[collection].values()), key=order, reverse=descending)
        if scan.resume is not None:
            last = (0 if scan.resume[0] is None else scan.resume[0], scan.resume[1])
            found = [one for one in found if (order(one) < last if descending else order(one) > last)]
        return scan.page([_copy(one) for one in found[: limit + 1]])

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
        field = index_of(self._collections[collection], index).fields[len(equals)]
        while True:
            changed = self._changed
            page = await self.find(collection, index, equals, after=after)
            for document in page.documents:
                after = document[field]
                yield document
            if not page.documents:
                await changed.wait()

    def _checked(self, collection: str, document: Document) -> Document:
        return json.loads(encode(self._collections[collection], document))

    def _apply(self, operation: Insert | Put) -> tuple[str, str, Document | None]:
        """Do one operation; gives collection, key and what was there before."""
        document = self._checked(operation.collection, operation.document)
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
        indexes = [i for i in self._collections[collection].indexes if i.unique]
        return [(i.name, tuple(document[field] for field in i.fields)) for i in indexes]

    def _require_available(self) -> None:
        if not self.available:
            raise StoreUnavailable("The store does not answer.")

    def _announce(self) -> None:
        """Wake everybody who watches; each goes on to wait for the next event."""
        self._changed.set()
        self._changed = asyncio.Event()


def _copy(document: Document) -> Document:
    return json.loads(json.dumps(document))

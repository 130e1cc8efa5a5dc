"""A store whose answers get lost: before a write, after it, or all of them while it is away."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from enum import Enum

from core.ports import Document, DocumentStore, Insert, Page, Put, StoreUnavailable


class Fault(Enum):
    """Where the connection breaks during one insert."""

    BEFORE_WRITE = "before"
    AFTER_WRITE = "after"


class FaultyStore:
    """Implements `DocumentStore` over a real one; `faults` are spent one per insert into `collection`.

    Set `away` to lose every call; `held` inserts wait before they reach the store, so that a test can act meanwhile.
    """

    def __init__(self, inner: DocumentStore, collection: str = "ledger_events") -> None:
        self.inner = inner
        self.away = False
        self.faults: deque[Fault] = deque()
        self.held: asyncio.Event | None = None
        self._collection = collection

    def _require_answer(self) -> None:
        if self.away:
            raise StoreUnavailable("The store does not answer.")

    async def open(self) -> None:
        self._require_answer()
        await self.inner.open()

    async def close(self) -> None:
        await self.inner.close()

    async def insert(self, collection: str, document: Document) -> None:
        self._require_answer()
        fault = self.faults.popleft() if self.faults and collection == self._collection else None
        if fault is Fault.BEFORE_WRITE:
            raise StoreUnavailable("The connection broke.")
        if self.held is not None and collection == self._collection:
            await self.held.wait()
        await self.inner.insert(collection, document)
        if fault is Fault.AFTER_WRITE:
            raise StoreUnavailable("The connection broke.")

    async def get(self, collection: str, key: str) -> Document | None:
        self._require_answer()
        return await self.inner.get(collection, key)

    async def replace(self, collection: str, document: Document, expected_version: int) -> Document:
        self._require_answer()
        return await self.inner.replace(collection, document, expected_version)

    async def delete(self, collection: str, key: str) -> bool:
        self._require_answer()
        return await self.inner.delete(collection, key)

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
        self._require_answer()
        return await self.inner.find(
            collection, index, equals, after=after, until=until, descending=descending, limit=limit, cursor=cursor
        )

    async def write(self, operations: Sequence[Insert | Put]) -> None:
        self._require_answer()
        await self.inner.write(operations)

    def watch(
        self, collection: str, index: str, equals: Sequence[str | int | bool], after: int
    ) -> AsyncIterator[Document]:
        self._require_answer()
        return self.inner.watch(collection, index, equals, after)

"""Inserts of many callers on one MongoDB collection share a round trip and a journal flush."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from core.ports import Document, StoreUnavailable

Send: TypeAlias = Callable[[Sequence[Document]], Awaitable[Sequence[Exception | None]]]
"""Inserts all documents independently of each other; per document None (durable) or what went wrong."""

MAX_BATCH = 200
"""Documents in one round trip; beyond it the server gains nothing and answers later."""


class GatheredInserts:
    """One batch is under way at a time; what is asked for meanwhile goes with the next one.

    A caller is answered only after the server acknowledged its own document. A document whose caller was
    cancelled before its batch left is not sent.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: list[tuple[Document, asyncio.Future[None]]] = []
        self._sender: asyncio.Task[None] | None = None

    async def insert(self, document: Document) -> None:
        """Give the document to the next batch and wait for its outcome."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((document, future))
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all(), name="mongo-inserts")
        await future

    async def close(self) -> None:
        """Send what was accepted."""
        if self._sender is not None:
            await self._sender

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
                wanted = [(document, future) for document, future in taken if not future.done()]
                if wanted:
                    await self._send_batch(wanted)
        finally:
            self._sender = None

    async def _send_batch(self, batch: list[tuple[Document, "asyncio.Future[None]"]]) -> None:
        outcomes: Sequence[Exception | None] = [StoreUnavailable("The store is shutting down.")] * len(batch)
        try:
            outcomes = await self._send([document for document, _ in batch])
        except Exception as error:  # noqa: BLE001 - it belongs to the callers who wait, not to this task
            outcomes = [error] * len(batch)
        finally:  # also when this task is cancelled: nobody may wait for ever
            for (_, future), error in zip(batch, outcomes, strict=True):
                if future.done():
                    continue
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

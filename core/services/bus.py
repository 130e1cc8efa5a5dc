"""What happened, to whoever in this process wants to know: chat pushes, engine, streams."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from core.services.appended import Appended

_BACKLOG = 10_000


class Subscription:
    """A bounded queue of events; the oldest are dropped when its reader is too slow."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Appended] = asyncio.Queue(_BACKLOG)
        self.dropped = 0

    def offer(self, appended: Appended) -> None:
        """Add one event, dropping the oldest when full."""
        if self._queue.full():
            self._queue.get_nowait()
            self.dropped += 1
        self._queue.put_nowait(appended)

    async def next(self) -> Appended:
        """The next event."""
        return await self._queue.get()

    async def batch(self, window_secs: float) -> list[Appended]:
        """The next event and what follows within the window (real time)."""
        batch = [await self._queue.get()]
        await asyncio.sleep(window_secs)
        while not self._queue.empty():
            batch.append(self._queue.get_nowait())
        return batch


class Bus:
    """Fan-out of appended events."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []

    def publish(self, appended: Appended) -> None:
        """Tell everybody; never blocks."""
        for subscription in self._subscriptions:
            subscription.offer(appended)

    @asynccontextmanager
    async def subscribe(self) -> AsyncGenerator[Subscription]:
        """Receive from here on, until the block is left."""
        subscription = Subscription()
        self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.remove(subscription)

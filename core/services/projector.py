"""Projections for queries: written behind the journal in batches, idempotent, rebuildable from it."""

import asyncio
from collections import deque

import structlog

from core.domain.bot_state import Bot
from core.domain.codec import encode, iso
from core.domain.events import Marked, OrderExecuted
from core.domain.money import exact, plain
from core.domain.valuation import effective_status
from core.ports import DocumentStore, Put, StoreUnavailable
from core.services.appended import Appended

HEADS = "projection_heads"

_log = structlog.get_logger(__name__)
_BATCH = 500
_LIMIT = 100_000
_PAUSE_SECS = 0.02
_RETRY_SECS = 1.0
_PATIENCE_SECS = 5.0


class Projector:
    """Turns appended events into documents of `fills_ledger`, `trades`, `bots` and `equity_points`.

    Each user's head is written after the documents it covers. Documents lost in a crash are written
    again when the journal is next folded from its start. When the store is away for so long that the
    queue is full, what is beyond it waits for that too.
    """

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._queue: deque[list[Put]] = deque()
        self._wake = asyncio.Event()
        self._progress = asyncio.Condition()
        self._queued = 0
        self._written = 0
        self._heads: dict[str, int] = {}
        self._lagging: set[str] = set()

    async def load_head(self, user_id: str) -> None:
        """Learn how far this user's projections reach, so that a refold does not write them again."""
        document = await self._store.get(HEADS, user_id)
        self._heads[user_id] = document["seq"] if document else 0

    def on_appended(self, appended: Appended) -> None:
        """Queue what follows from an event."""
        event = appended.event
        if event.seq <= self._heads.get(event.user_id, 0):
            return
        if event.user_id in self._lagging:
            return
        if len(self._queue) >= _LIMIT:
            # From here on this user's head must not move, or the gap would never be filled.
            self._lagging.add(event.user_id)
            _log.warning("projection queue is full; a restart will catch up", user_id=event.user_id)
            return
        self._enqueue(_documents(appended))

    def put(self, document: Put) -> None:
        """Queue a document that no event implies, such as a decision trace; dropped when the queue is full."""
        if len(self._queue) < _LIMIT:
            self._enqueue([document])

    def _enqueue(self, documents: list[Put]) -> None:
        self._queue.append(documents)
        self._queued += 1
        self._wake.set()

    async def run(self) -> None:
        """Write batches until cancelled."""
        while True:
            await self._wake.wait()
            # A short pause lets a burst of events become one write.
            await asyncio.sleep(_PAUSE_SECS)
            await self._write_batch()
            if not self._queue:
                self._wake.clear()

    async def _write_batch(self) -> None:
        batch = [self._queue[i] for i in range(min(_BATCH, len(self._queue)))]
        newest = {(put.collection, put.document["_id"]): put for documents in batch for put in documents}
        # Heads last: they must never run ahead of what they cover. One collection after the other: on MongoDB
        # each run of one collection is a round trip.
        puts = sorted(newest.values(), key=lambda put: (put.collection == HEADS, put.collection))
        try:
            await self._store.write(puts)
        except StoreUnavailable as error:
            _log.warning("projections wait for the store", problem=error.message)
            await asyncio.sleep(_RETRY_SECS)
            return
        for _ in batch:
            self._queue.popleft()
        async with self._progress:
            self._written += len(batch)
            self._progress.notify_all()

    async def caught_up(self) -> None:
        """Wait until everything queued before this call is written.

        Raises:
            StoreUnavailable: it takes too long; reading now would give old figures.
        """
        target = self._queued
        try:
            async with asyncio.timeout(_PATIENCE_SECS), self._progress:
                await self._progress.wait_for(lambda: self._written >= target)
        except TimeoutError:
            raise StoreUnavailable("The latest trades are not written yet. Try again in a moment.") from None


def _documents(appended: Appended) -> list[Put]:
    event, state = appended.event, appended.state
    user = event.user_id
    puts: list[Put] = []
    fact = event.payload
    bot_id = getattr(fact, "bot_id", None)
    touched = [state.bots[bot_id]] if bot_id in state.bots else list(state.bots.values()) if bot_id is None else []
    if not isinstance(fact, Marked):
        puts.extend(Put("bots", _bot(user, bot, halted=state.halted, seq=event.seq)) for bot in touched)
    if isinstance(fact, OrderExecuted):
        puts.extend(
            Put(
                "fills_ledger",
                encode(fill)
                | {
                    "_id": f"{fact.order_id}:{number}",
                    "user_id": user,
                    "bot_id": fact.bot_id,
                    "order_id": fact.order_id,
                    "symbol": fact.symbol,
                    "side": fact.side.value,
                    "ts": iso(event.ts),
                    "seq": event.seq,
                },
            )
            for number, fill in enumerate(fact.fills, start=1)
        )
    if appended.trade is not None:
        trade = encode(appended.trade) | {"_id": appended.trade.order_id, "user_id": user, "seq": event.seq}
        puts.append(Put("trades", trade))
    if getattr(fact, "marks", None) is not None or state.seq == 1:
        with exact():
            equity = plain(state.equity(state.marks))
        point = {"_id": f"{user}:{event.seq}", "user_id": user, "ts": iso(event.ts), "equity": equity}
        puts.append(Put("equity_points", point))
    puts.append(Put(HEADS, {"_id": user, "seq": event.seq}))
    return puts


def _bot(user_id: str, bot: Bot, *, halted: bool, seq: int) -> dict[str, object]:
    return {
        "_id": bot.bot_id,
        "user_id": user_id,
        "name": bot.name,
        "name_key": bot.name.casefold(),
        "status": effective_status(bot, halted=halted),
        "symbol": bot.symbol,
        "strategy": bot.strategy,
        "cash": plain(bot.cash),
        "realized_pnl": plain(bot.book.realized),
        "fees": plain(bot.book.fees),
        "seq": seq,
    }

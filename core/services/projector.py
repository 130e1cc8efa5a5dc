"""Projections for queries: written behind the journal in batches, idempotent, rebuildable from it."""

import asyncio
from collections import deque
from contextlib import suppress

import structlog

from core.domain.account import Account
from core.domain.errors import ProductError
from core.domain.journal import Event
from core.ports import DocumentStore, Put, StoreUnavailable
from core.services.appended import Appended
from core.services.projections import event_documents
from core.services.refold import HEADS, covered, head_put, refold_projections
from core.services.state_documents import StateDocuments

_log = structlog.get_logger(__name__)
_BATCH = 500
_LIMIT = 100_000
_PAUSE_SECS = 0.1
_RETRY_SECS = 1.0
_LONGEST_RETRY_SECS = 60.0
_PATIENCE_SECS = 5.0
_LONGEST_SECS = 30.0


class Projector:
    """Turns appended events into the documents of `core.services.projections`, in the order of each journal.

    Each user's head is written after the documents it covers. What a crash lost is written again when the journal is
    next folded here. A user whose queue overflowed, or whose documents do not reach up to the snapshot that folding
    began from, or are of an older version, *lags*: nothing of them is queued; `run` reads their journal anew and
    writes what is missing, and `caught_up` refuses until that is done.
    """

    def __init__(self, store: DocumentStore, *, limit: int = _LIMIT) -> None:
        self._store = store
        self._limit = limit
        self._queue: deque[list[Put]] = deque()
        self._wake = asyncio.Event()
        self._progress = asyncio.Condition()
        self._queued = 0
        self._written = 0
        self._of_state = StateDocuments()
        self._carried: dict[tuple[str, str], Put] = {}
        self._waiting = 0
        self._hurry = asyncio.Event()
        self._heads: dict[str, int] = {}
        self._lagging: dict[str, int] = {}  # the newest seq that was not queued
        self._mend = asyncio.Event()

    async def begin(self, user_id: str, folded: int) -> None:
        """Learn how far this user's projections reach, before the events after seq `folded` are told."""
        covers = await covered(self._store, user_id)
        if covers < folded:
            self._lag(user_id, folded)
        self._heads[user_id] = covers

    def before(self, state: Account, event: Event) -> None:
        """An event is about to be folded into this state, which is still as the event before left it."""
        try:
            self._of_state.before(state, event)
        except Exception:  # noqa: BLE001 - as below
            self._failed(event)

    def abandon(self, user_id: str, seq: int) -> None:
        """The state told of last was spoilt after event `seq`: nothing more may be taken from it."""
        self._of_state.forget(user_id)
        for puts in self._queue:  # what these heads would cover has just been forgotten
            puts[:] = [put for put in puts if put.collection != HEADS or put.document["_id"] != user_id]
        self._lag(user_id, seq)

    def _failed(self, event: Event) -> None:
        """The event is durable: whoever appended it must not be told otherwise."""
        _log.exception("an event could not be projected", user_id=event.user_id, seq=event.seq)
        self._lag(event.user_id, event.seq)

    def on_appended(self, appended: Appended) -> None:
        """Queue what follows from an event."""
        event = appended.event
        if event.seq <= self._heads.get(event.user_id, 0):
            return
        if event.user_id in self._lagging or len(self._queue) >= self._limit:
            # From here on this user's head must not move by itself, or the gap would never be filled.
            self._lag(event.user_id, event.seq)
            return
        try:
            puts = event_documents(appended)
            self._of_state.note(appended)
        except Exception:  # noqa: BLE001 - whatever it was, the mending says more
            self._failed(event)
            return
        self._enqueue([*puts, head_put(event.user_id, event.seq)])

    def put(self, document: Put) -> None:
        """Queue a document that no event implies, such as a decision trace; dropped when the queue is full."""
        if len(self._queue) < self._limit:
            self._enqueue([document])

    def _lag(self, user_id: str, seq: int) -> None:
        if user_id not in self._lagging:
            _log.warning("projections lag; they are written from the journal again", user_id=user_id, seq=seq)
        self._lagging[user_id] = seq
        self._mend.set()

    def _enqueue(self, puts: list[Put]) -> None:
        self._queue.append(puts)
        self._queued += 1
        self._wake.set()

    async def run(self) -> None:
        """Write batches, and what lags, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_queued())
            tasks.create_task(self._mend_lagging())

    async def _write_queued(self) -> None:
        while True:
            await self._wake.wait()
            # A pause lets a burst of events become one write, unless somebody waits for it.
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE_SECS):
                    await self._hurry.wait()
            await self._write_batch()
            if not self._queue:
                self._wake.clear()

    async def _write_batch(self) -> None:
        batch = [self._queue[i] for i in range(min(_BATCH, len(self._queue)))]
        # Of the state's documents always the newest, with or before the first head that covers them.
        for put in self._of_state.take():
            self._carried[put.collection, put.document["_id"]] = put
        newest = {(put.collection, put.document["_id"]): put for puts in batch for put in puts} | self._carried
        # Heads last: they must never run ahead of what they cover. One collection after the other: on MongoDB
        # each run of one collection is a round trip.
        ordered = sorted(newest.values(), key=lambda put: (put.collection == HEADS, put.collection))
        try:
            await self._store.write(ordered)
        except StoreUnavailable as error:
            _log.warning("projections wait for the store", problem=error.message)
            await asyncio.sleep(_RETRY_SECS)
            return
        self._carried.clear()  # nothing was taken since: only this task does
        for _ in batch:
            self._queue.popleft()
        async with self._progress:
            self._written += len(batch)
            self._progress.notify_all()

    async def _mend_lagging(self) -> None:
        pause = _RETRY_SECS
        while True:
            await self._mend.wait()
            self._mend.clear()
            for user_id in list(self._lagging):
                try:
                    await self._settled(self._queued)  # what is queued of this user is older than what is missing
                    await self._mend_user(user_id)
                except ProductError as error:
                    _log.warning("lagging projections wait", user_id=user_id, problem=error.message)
                except Exception:  # noqa: BLE001 - one broken account must not keep the others from being mended
                    _log.exception("lagging projections could not be written", user_id=user_id)
            # A journal that is broken stays so until somebody mends it, and reading it again costs time.
            pause = min(pause * 2, _LONGEST_RETRY_SECS) if self._lagging else _RETRY_SECS
            if self._lagging:
                self._mend.set()
                await asyncio.sleep(pause)

    async def _mend_user(self, user_id: str) -> None:
        reached = await refold_projections(self._store, user_id, beyond=await covered(self._store, user_id))
        if self._lagging[user_id] <= reached:  # no await since the last look at the journal
            del self._lagging[user_id]
            self._heads[user_id] = reached
            _log.info("projections are complete again", user_id=user_id, seq=reached)
            async with self._progress:
                self._progress.notify_all()

    async def _settled(self, target: int) -> None:
        async with self._progress:
            await self._progress.wait_for(lambda: self._written >= target)

    async def caught_up(self, user_id: str | None = None) -> None:
        """Wait until everything queued before this call is written, and until this user lags no more.

        Raises:
            StoreUnavailable: it takes too long; reading now would give old figures.
        """
        self._waiting += 1
        self._hurry.set()
        try:
            await self._wait(user_id)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._hurry.clear()

    async def _wait(self, user_id: str | None) -> None:
        target, waited, before = self._queued, 0.0, -1
        while waited < _LONGEST_SECS and before != self._written:  # as long as it goes on
            before, waited = self._written, waited + _PATIENCE_SECS
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECS), self._progress:
                    await self._progress.wait_for(lambda: self._written >= target and user_id not in self._lagging)
                    return
        raise StoreUnavailable(
            "The lists of your trades are being written again from the journal. Try again in a moment."
            if user_id in self._lagging
            else "The latest trades are not written yet. Try again in a moment."
        )

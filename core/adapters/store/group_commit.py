"""One writer thread for SQLite: what was asked for meanwhile shares one transaction and one fsync."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from core.ports import StoreUnavailable

Result = TypeVar("Result")
Work: TypeAlias = Callable[[sqlite3.Connection], Any]
_Job: TypeAlias = tuple[Work, "asyncio.Future[Any]"]
_Outcome: TypeAlias = tuple["asyncio.Future[Any]", Any, BaseException | None]

MAX_BATCH = 1_000
"""Operations in one transaction; bounds how long a commit can take."""

_CALLERS_FAULT = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
_MESSAGES = {
    sqlite3.SQLITE_FULL: "The disk is full: nothing can be saved until space is freed.",
    sqlite3.SQLITE_BUSY: "Another process holds the database for too long; try again.",
    sqlite3.SQLITE_LOCKED: "Another process holds the database for too long; try again.",
    sqlite3.SQLITE_READONLY: "The database file may not be written: check its permissions.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened: check that its directory exists and may be written.",
    sqlite3.SQLITE_IOERR: "The disk reported an error while the database was read or written.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged: restore a backup.",
    sqlite3.SQLITE_NOTADB: "The database file is not a database: check DATA_DIR or restore a backup.",
}


def unavailable(error: sqlite3.Error) -> StoreUnavailable:
    """The plain message for an error of the database engine."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
    return StoreUnavailable(_MESSAGES.get(code, f"The database failed ({type(error).__name__})."))


class GroupCommitter:
    """Runs work on the one writing connection; a result is delivered only after its COMMIT.

    Work that raises is undone alone (it must be one statement or use a savepoint); when the transaction
    itself fails, all of its callers get StoreUnavailable. A caller that was cancelled is skipped at delivery.

    Attributes:
        commits: transactions committed, each one fsync of the log.
        operations: pieces of work in them.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.commits = 0
        self.operations = 0
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._gathered: list[_Job] = []
        self._inbox: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._write_until_closed, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do the work in the next transaction and give its result once that is durable."""
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        future = self._loop.create_future()
        if not self._gathered:  # all tasks of this turn of the loop get into one batch
            self._loop.call_soon(self._hand_over)
        self._gathered.append((work, future))
        return await future

    async def close(self) -> None:
        """Commit what was accepted and end the thread."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._inbox.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        if self._gathered:
            self._inbox.put(self._gathered)
            self._gathered = []

    def _write_until_closed(self) -> None:
        batch = self._inbox.get()
        while batch is not None:
            following: list[_Job] | None = []
            with suppress(queue.Empty):
                while following is not None and len(batch) < MAX_BATCH:
                    following = self._inbox.get_nowait()
                    batch.extend(following or ())
            outcomes = self._commit(batch)
            with suppress(RuntimeError):  # the loop is gone: nobody waits any more
                self._loop.call_soon_threadsafe(_deliver, outcomes)
            batch = None if following is None else self._inbox.get()

    def _commit(self, batch: list[_Job]) -> list[_Outcome]:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._attempt(job) for job in batch]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                connection.rollback()
            return [(future, None, unavailable(error)) for _, future in batch]
        self.commits += 1
        self.operations += len(batch)
        return outcomes

    def _attempt(self, job: _Job) -> _Outcome:
        work, future = job
        try:
            return future, work(self._connection), None
        except sqlite3.Error as error:
            if isinstance(error, _CALLERS_FAULT):
                return future, None, error
            raise
        except Exception as error:  # noqa: BLE001 - it belongs to the caller who waits, not to this thread
            return future, None, error


def _deliver(outcomes: list[_Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

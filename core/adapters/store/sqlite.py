"""Embedded document store on SQLite: WAL, `synchronous=FULL`, group commit (design/architecture.md, Store)."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from core.adapters.store import access
from core.adapters.store.group_commit import GroupCommitter, unavailable
from core.adapters.store.schema import COLLECTIONS
from core.adapters.store.sqlite_file import connect, open_writer
from core.ports import Collection, Document, DuplicateKey, Insert, Page, Put, StoreUnavailable, VersionConflict

Result = TypeVar("Result")

_READERS = 3


class SqliteStore:
    """A `DocumentStore` in one file, safe for several processes on one host.

    Each collection is a table `(_id, version, doc)`; an indexed field is a virtual column computed from the
    JSON by SQLite, which measured faster than storing it twice and lets a new index appear without a migration.
    """

    def __init__(
        self, path: Path, *, poll_interval_secs: float = 0.25, collections: Sequence[Collection] = COLLECTIONS
    ) -> None:
        self._path = path
        self._poll_interval_secs = poll_interval_secs
        self._collections = access.catalogue(collections)
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._readers: ThreadPoolExecutor | None = None
        self._writer: GroupCommitter | None = None

    @property
    def commits(self) -> int:
        """Transactions committed since open; each is one fsync."""
        return self._writer.commits if self._writer else 0

    @property
    def operations(self) -> int:
        """Writes committed since open."""
        return self._writer.operations if self._writer else 0

    async def open(self) -> None:
        """Create tables and indexes; refuses data of a newer program (Unavailable)."""
        connection = await asyncio.to_thread(open_writer, self._path, list(self._collections.values()))
        self._connections.append(connection)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-reader")
        self._writer = GroupCommitter(connection)

    async def close(self) -> None:
        """Finish what was accepted and let go of the file."""
        if self._writer is None or self._readers is None:
            return
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        while self._connections:
            self._connections.pop().close()

    async def insert(self, collection: str, document: Document) -> None:
        """See DocumentStore.insert."""
        apply = self._insertion(collection, document)
        await self._write(apply)

    async def get(self, collection: str, key: str) -> Document | None:
        """See DocumentStore.get."""
        statement = f"SELECT doc FROM {self._table(collection)} WHERE _id = ?"  # noqa: S608 - names are ours
        rows = await self._read(statement, (key,))
        return rows[0] if rows else None

    async def replace(self, collection: str, document: Document, expected_version: int) -> Document:
        """See DocumentStore.replace."""
        stored = {**document, "version": expected_version + 1}
        known = self._collections[collection]
        text = access.encode(known, stored)
        values = (expected_version + 1, text, stored["_id"], expected_version)
        statement = f"UPDATE {self._table(collection)} SET version = ?, doc = ? WHERE _id = ? AND version = ?"  # noqa: S608 - names are ours

        def compare_and_set(connection: sqlite3.Connection) -> None:
            if _execute(connection, known, statement, values) == 0:
                raise VersionConflict(f"{collection}: {stored['_id']} is no longer at version {expected_version}.")

        await self._write(compare_and_set)
        return stored

    async def delete(self, collection: str, key: str) -> bool:
        """See DocumentStore.delete."""
        statement = f"DELETE FROM {self._table(collection)} WHERE _id = ?"  # noqa: S608 - names are ours
        return await self._write(lambda connection: connection.execute(statement, (key,)).rowcount > 0)

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
        """See DocumentStore.find."""
        declared = access.index_of(self._collections[collection], index)
        scan = access.plan(declared, equals, after, until, limit, cursor, descending=descending)
        conditions, values = _conditions(scan)
        direction = " DESC" if descending else ""
        ordered_by = [column for column in (scan.ranged, None if scan.tie_free else "_id") if column]
        order = ", ".join(f"{column}{direction}" for column in ordered_by)
        statement = f"SELECT doc FROM {self._table(collection)} WHERE {conditions} ORDER BY {order} LIMIT ?"  # noqa: S608 - names are ours
        documents = await self._read(statement, (*values, limit + 1))
        return scan.page(documents)

    async def write(self, operations: Sequence[Insert | Put]) -> None:
        """See DocumentStore.write: all or nothing."""
        steps = [
            self._insertion(step.collection, step.document, overwrite=isinstance(step, Put)) for step in operations
        ]

        def apply_all(connection: sqlite3.Connection) -> None:
            connection.execute("SAVEPOINT several")
            try:
                for step in steps:
                    step(connection)
            except BaseException:
                if connection.in_transaction:  # a full disk ends the transaction by itself
                    connection.execute("ROLLBACK TO several")
                raise
            finally:
                if connection.in_transaction:
                    connection.execute("RELEASE several")

        await self._write(apply_all)

    def watch(
        self, collection: str, index: str, equals: Sequence[str | int | bool], after: int
    ) -> AsyncIterator[Document]:
        """See DocumentStore.watch: by polling, so that writes of other processes are seen too."""
        declared = access.index_of(self._collections[collection], index)
        return access.poll(self, collection, declared, equals, after, self._poll_interval_secs)

    def _table(self, collection: str) -> str:
        """The table's name; only declared names ever get into a statement."""
        return self._collections[collection].name

    def _insertion(
        self, collection: str, document: Document, *, overwrite: bool = False
    ) -> Callable[[sqlite3.Connection], None]:
        known = self._collections[collection]
        text = access.encode(known, document)
        values = (document["_id"], document.get("version"), text)
        statement = f"INSERT INTO {known.name} (_id, version, doc) VALUES (?, ?, ?)"  # noqa: S608 - names are ours
        if overwrite:
            statement += " ON CONFLICT (_id) DO UPDATE SET version = excluded.version, doc = excluded.doc"

        def apply(connection: sqlite3.Connection) -> None:
            _execute(connection, known, statement, values)

        return apply

    async def _write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._writer is None:
            raise StoreUnavailable("The store is not open.")
        return await self._writer.run(work)

    async def _read(self, statement: str, values: Sequence[str | int | None]) -> list[Document]:
        if self._readers is None:
            raise StoreUnavailable("The store is not open.")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._select, statement, values)
        except sqlite3.Error as error:
            raise unavailable(error) from error
        except RuntimeError as error:  # the pool refuses new work after close
            raise StoreUnavailable("The store is closed.") from error

    def _select(self, statement: str, values: Sequence[str | int | None]) -> list[Document]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path)
            connection.execute("PRAGMA query_only = ON")
            self._connections.append(connection)
        return [access.parse(text) for (text,) in connection.execute(statement, values)]


def _execute(
    connection: sqlite3.Connection, collection: Collection, statement: str, values: Sequence[str | int | None]
) -> int:
    """Run one statement and give the number of rows it changed.

    Raises:
        DuplicateKey: names the declared index (or `_id`) that already holds the value.
    """
    try:
        return connection.execute(statement, values).rowcount
    except sqlite3.IntegrityError as error:
        # "UNIQUE constraint failed: trades.user_id, trades.seq" names columns; the index is told by them.
        columns = tuple(part.rpartition(".")[2] for part in str(error).partition(": ")[2].split(", "))
        names = [index.name for index in collection.indexes if index.unique and index.fields == columns]
        if columns != ("_id",) and not names:
            raise
        raise DuplicateKey(collection.name, names[0] if names else "_id") from error


def _conditions(scan: access.Scan) -> tuple[str, list[str | int | None]]:
    """The WHERE clause of a scan and its values."""
    parts = [f"{field} = ?" for field, _ in scan.fixed]
    values: list[str | int | None] = [value for _, value in scan.fixed]
    if scan.after is not None:
        parts.append(f"{scan.ranged} > ?")
        values.append(scan.after)
    if scan.until is not None:
        parts.append(f"{scan.ranged} <= ?")
        values.append(scan.until)
    if scan.resume is not None:
        beyond = "<" if scan.descending else ">"
        value, key = scan.resume
        parts.append(f"({scan.ranged}, _id) {beyond} (?, ?)" if scan.ranged else f"_id {beyond} ?")
        values.extend((value, key) if scan.ranged else (key,))
    return " AND ".join(parts) or "TRUE", values

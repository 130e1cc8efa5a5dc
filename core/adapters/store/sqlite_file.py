"""The SQLite file: durable connections, tables and indexes made once by whichever process comes first."""

import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from core.adapters.store.group_commit import unavailable
from core.adapters.store.schema import META, SCHEMA_DOCUMENT_ID, SCHEMA_VERSION, refuse_newer
from core.ports import Collection, StoreUnavailable

_BUSY_TIMEOUT_SECS = 10.0
_OPEN_ATTEMPTS = 100
_OPEN_PAUSE_SECS = 0.05


def open_writer(path: Path, collections: Sequence[Collection]) -> sqlite3.Connection:
    """A connection to a file that has all tables; waits while another process prepares it.

    Raises:
        StoreUnavailable: the file cannot be made or is no database.
        Unavailable: its data is of a newer program.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"The directory {path.parent} cannot be made: {error.strerror}.") from error
    for attempt in range(1, _OPEN_ATTEMPTS + 1):
        try:
            return _connect_and_create(path, collections)
        except sqlite3.Error as error:
            # Switching a new file to WAL does not honour the busy timeout.
            if "locked" not in str(error) or attempt == _OPEN_ATTEMPTS:
                raise unavailable(error) from error
            time.sleep(_OPEN_PAUSE_SECS)
    raise AssertionError("unreachable: the last attempt returns or raises")


def connect(path: Path) -> sqlite3.Connection:
    """An autocommit connection whose commits are on the disk when they return."""
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_SECS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -32000")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection, collections: Sequence[Collection]) -> None:
    """Tables, index columns and indexes in one transaction, so that processes starting at once take turns."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for collection in collections:
            _create_table(connection, collection)
        document = json.dumps({"_id": SCHEMA_DOCUMENT_ID, "schema_version": SCHEMA_VERSION})
        connection.execute(
            f"INSERT OR IGNORE INTO {META} (_id, doc) VALUES (?, ?)",  # noqa: S608 - names are ours
            (SCHEMA_DOCUMENT_ID, document),
        )
        row = connection.execute(f"SELECT doc FROM {META} WHERE _id = ?", (SCHEMA_DOCUMENT_ID,)).fetchone()  # noqa: S608 - names are ours
        refuse_newer(json.loads(row[0])["schema_version"])
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create_table(connection: sqlite3.Connection, collection: Collection) -> None:
    name = collection.name
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {name} (_id TEXT PRIMARY KEY NOT NULL, version INT, doc TEXT NOT NULL)"
    )
    present = {row[1] for row in connection.execute(f"PRAGMA table_xinfo({name})")}
    for field in sorted({field for index in collection.indexes for field in index.fields} - present):
        column = f"{field} GENERATED ALWAYS AS (json_extract(doc, '$.{field}')) VIRTUAL"
        connection.execute(f"ALTER TABLE {name} ADD COLUMN {column}")
    for index in collection.indexes:
        unique, columns = ("UNIQUE", index.fields) if index.unique else ("", (*index.fields, "_id"))
        on = f"{name} ({', '.join(columns)})"
        connection.execute(f"CREATE {unique} INDEX IF NOT EXISTS {name}__{index.name} ON {on}")


def _connect_and_create(path: Path, collections: Sequence[Collection]) -> sqlite3.Connection:
    connection = connect(path)
    try:
        _create(connection, collections)
    except BaseException:
        connection.close()
        raise
    return connection

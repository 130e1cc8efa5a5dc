"""Durable journal inserts per second, alone and from 50 tasks, next to bare sqlite3 in the same run."""

import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from pymongo import MongoClient

from bench.table import Table, micros, rate
from core.adapters.store.mongo import MongoStore
from core.adapters.store.sqlite import SqliteStore
from core.ports import Document
from tests.mongo_standin import MongoStandIn, database_url, real_server_url

TASKS = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table; `flushes` are commits (SQLite) or round trips (MongoDB)."""

    name: str
    inserts: int
    seconds: float
    cpu_seconds: float
    flushes: int


def event(user: str, seq: int) -> Document:
    """A journal event of usual size (about 900 bytes as JSON)."""
    fills = [{"fill_id": f"f{n}", "price": "50000.12", "quantity": "0.01234", "fee": "0.0617"} for n in range(3)]
    return {
        "_id": f"{user}:{seq}",
        "user_id": user,
        "seq": seq,
        "type": "order_executed",
        "payload": {"order_id": f"order-{user}-{seq}", "symbol": "BTC/USDT", "side": "buy", "fills": fills},
        "idempotency_key": f"key-{seq}",
        "epoch": 1,
        "ts": "2026-11-24T00:00:00.000Z",
        "recorded_at": "2026-11-24T00:00:00.000Z",
        "prev_hash": "0" * 64,
        "hash": "f" * 64,
    }


async def measure(name: str, store: SqliteStore | MongoStore, tasks: int, each: int) -> Measured:
    """`tasks` users append `each` events, every one waiting for the acknowledgement of the last."""

    def flushes() -> int:
        return store.commits if isinstance(store, SqliteStore) else store.operations

    async def append(user: str) -> None:
        for seq in range(1, each + 1):
            await store.insert("ledger_events", event(user, seq))

    before, started, cpu = flushes(), time.perf_counter(), time.process_time()
    await asyncio.gather(*(append(f"{name}-{number}") for number in range(tasks)))
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    return Measured(name, tasks * each, seconds, cpu_seconds, flushes() - before)


def measure_bare_sqlite(path: Path, count: int, group: int) -> Measured:
    """The floor: one thread, prepared values, the same table shape, `group` inserts per commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (_id TEXT PRIMARY KEY, user_id, seq, key, doc, UNIQUE (user_id, seq))")
    connection.execute("CREATE UNIQUE INDEX k ON t (user_id, key)")
    events = [event(f"u{number % TASKS}", number // TASKS) for number in range(count)]
    rows = [(e["_id"], e["user_id"], e["seq"], e["idempotency_key"], json.dumps(e)) for e in events]
    started, cpu = time.perf_counter(), time.process_time()
    for first in range(0, count, group):
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows[first : first + group])
        connection.execute("COMMIT")
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    connection.close()
    return Measured(f"bare sqlite3, groups of {group}", count, seconds, cpu_seconds, count // group)


@contextmanager
def mongo_url(directory: Path) -> Iterator[str]:
    """A fresh database on the stand-in, or on the server that TEST_MONGO_URL names."""
    server = MongoStandIn(directory / "mongo")
    url = real_server_url()
    if url is None:
        server.start()
        url = server.url
    database = f"bench_{token_hex(8)}"
    try:
        yield database_url(url, database)
        with MongoClient[Document](url) as client:
            client.drop_database(database)
    finally:
        server.stop()


async def run() -> list[Table]:
    """Bare SQLite first, then both backends."""
    results: list[Measured] = []
    with tempfile.TemporaryDirectory() as name, mongo_url(Path(name)) as url:
        for group, count in ((1, 2_000), (TASKS, 20_000)):
            results.append(measure_bare_sqlite(Path(name) / f"bare{group}.db", count, group))
        stores = {"sqlite": SqliteStore(Path(name) / "store.db"), "mongodb": MongoStore(url)}
        for backend, store in stores.items():
            await store.open()
            each = {"sqlite": (2_000, 400), "mongodb": (500, 60)}[backend]
            results.append(await measure(f"{backend}, one task", store, 1, each[0]))
            results.append(await measure(f"{backend}, {TASKS} tasks", store, TASKS, each[1]))
            await store.close()
    table = Table("journal inserts until acknowledged", ("", "inserts", "CPU/insert", "flushes/insert", "of bare"))
    bare = {False: results[0], True: results[1]}
    for one in results:
        peer = bare[str(TASKS) in one.name]
        table.add(
            one.name,
            rate(one.inserts, one.seconds),
            micros(one.cpu_seconds / one.inserts),
            f"{one.flushes / one.inserts:.3f}",
            f"{one.inserts / one.seconds / (peer.inserts / peer.seconds):.2f}",
        )
    return [table]

"""Durable journal inserts per second, alone and from 50 tasks, next to bare sqlite3 in the same run.

Run: `python -m bench.store`. Trust the ratios, not the absolute figures.
"""

import asyncio
import json
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from pymongo import MongoClient

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

    def __str__(self) -> str:
        rate = self.inserts / self.seconds
        cpu_us = self.cpu_seconds / self.inserts * 1e6
        return f"{self.name:<34}{rate:>10,.0f}/s{cpu_us:>10.0f} µs CPU{self.flushes / self.inserts:>10.3f}"


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
    await asyncio.gather(*(append(f"{tasks}-{number}") for number in range(tasks)))
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


async def run(directory: Path, mongo_url: str) -> None:
    """Print the table."""
    print(f"{'':<34}{'inserts':>12}{'per insert':>17}{'flushes':>10}")
    for group, count in ((1, 2_000), (TASKS, 20_000)):
        print(measure_bare_sqlite(directory / f"bare{group}.db", count, group))
    stores = {"sqlite": SqliteStore(directory / "store.db"), "mongodb": MongoStore(mongo_url)}
    for name, store in stores.items():
        await store.open()
        each = {"sqlite": (2_000, 400), "mongodb": (500, 60)}[name]
        print(await measure(f"{name}, one task", store, 1, each[0]))
        print(await measure(f"{name}, {TASKS} tasks", store, TASKS, each[1]))
        await store.close()


def main() -> None:
    """Run on a temporary directory, with the stand-in unless TEST_MONGO_URL names a server."""
    with tempfile.TemporaryDirectory() as directory:
        server = MongoStandIn(Path(directory) / "mongo")
        server_url = real_server_url()
        if server_url is None:
            server.start()
            server_url = server.url
        database = f"bench_{token_hex(8)}"
        try:
            asyncio.run(run(Path(directory), database_url(server_url, database)))
            with MongoClient[Document](server_url) as client:
                client.drop_database(database)
        finally:
            server.stop()


if __name__ == "__main__":
    main()

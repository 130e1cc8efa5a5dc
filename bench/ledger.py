"""The fold of a journal from its stored documents: sequence, links, hashes, decoding, FIFO lots, fees, figures.

The baseline is what any reader of the same documents pays at least: parsing their JSON and one SHA-256 over each.
"""

import hashlib
import json
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bench.table import Table, micros, rate
from bench.trading import Desk, market_states, requests
from core.adapters.store.access import MAX_PAGE
from core.adapters.store.schema import COLLECTIONS
from core.adapters.store.sqlite import SqliteStore
from core.domain.account import Account
from core.domain.evolve import fold
from core.domain.journal import START, canonical, digest, read, verified
from core.ports import Document, Insert
from core.services.verify import refold
from tests.fakes.store_memory import MemoryStore

ORDERS = 15_000
USER = "measured"


async def journal() -> list[Document]:
    """The journal of a user whose one bot bought and sold in turn."""
    store = MemoryStore(COLLECTIONS)
    desk = Desk(store)
    await desk.open_account(USER)
    for request, state in requests(USER, await market_states(ORDERS)):
        await desk.orders.submit(USER, request, state)
    documents: list[Document] = []
    cursor: str | None = None
    while True:
        page = await store.find("ledger_events", "user_seq", (USER,), limit=MAX_PAGE, cursor=cursor)
        documents += page.documents
        cursor = page.cursor
        if cursor is None:
            return documents


def _drop(results: Iterable[object]) -> None:
    """Take all results and keep none, as a fold does."""
    deque(results, maxlen=0)


def _timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


async def run() -> list[Table]:
    """Whole and in parts, one thread, CPU seconds."""
    documents = await journal()
    texts = [json.dumps(document) for document in documents]
    events = list(verified(START, documents))
    floor = _timed(lambda: _drop((json.loads(text), hashlib.sha256(text.encode()).digest()) for text in texts))
    whole = _timed(lambda: fold(Account(USER), verified(START, documents)))
    parts: dict[str, Callable[[], Any]] = {
        "hash of each document": lambda: _drop(map(digest, documents)),
        "  of that the canonical text": lambda: _drop(map(canonical, documents)),
        "decoding into typed events": lambda: _drop(map(read, documents)),
        "fold: lots, fees, figures": lambda: fold(Account(USER), events),
    }
    table = Table(f"verified fold of {len(documents):,} events", ("", "events", "per event", "of the fold"))

    def add(name: str, seconds: float) -> None:
        table.add(name, rate(len(documents), seconds), micros(seconds / len(documents)), f"{seconds / whole:.2f}")

    add("verify and fold", whole)
    for name, work in parts.items():
        add(f"  {name}", _timed(work))
    add("floor: parse the JSON, one SHA-256", floor)
    add("refold from SQLite, all threads", await _from_sqlite(documents))
    fills = sum(len(document["payload"].get("fills", ())) for document in documents)
    table.note(
        f"{fills / len(documents):.2f} fills an event: {rate(fills, whole)[:-2]} fills/s; the goal is 150,000 fills/s"
    )
    return [table]


async def _from_sqlite(documents: list[Document]) -> float:
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore(Path(directory) / "ledger.db")
        await store.open()
        await store.write([Insert("ledger_events", document) for document in documents])
        started = time.process_time()
        await refold(store, USER)
        seconds = time.process_time() - started
        await store.close()
    return seconds

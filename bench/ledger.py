"""The ledger under load: a verified fold of a million fills, what it is spent on, summaries, and deep books.

All figures are CPU seconds of one thread. Documents come as their stored JSON texts, in pieces, so that memory
does not grow with the journal. Peers on the same fills: bench/ledger_peers.py.
"""

import hashlib
import tempfile
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from bench.ledger_peers import against_peers, timed
from bench.made_journal import PIECE, USER, USUAL_LOTS, WALK, JournalMaker
from bench.table import Table, micros, millis, percentile, rate
from core.adapters.store.sqlite import SqliteStore
from core.domain.account import Account
from core.domain.codec import pack, unpack
from core.domain.evolve import fold
from core.domain.integrity import Audit
from core.domain.journal import START, Head, canonical, digest, read, verified
from core.domain.money import ONE
from core.domain.valuation import Mark, value
from core.ports import Document, Insert

BOTS = 200
PARTS_FILLS = 40_000
#: The parser the SQLite store reads with.
_JSON = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: fills of the big user, open lots of the deep book, fills given to the slow peers, reads."""

    fills: int = 1_000_000
    deep_lots: int = 100_000
    peer_fills: int = 4_000
    summaries: int = 200


async def run(sizes: Sizes | None = None) -> list[Table]:
    """The tables, quickest first."""
    sizes = sizes or Sizes()
    fills = min(PARTS_FILLS, sizes.fills)
    tables = [_parts(WALK, fills), _parts((1,), fills // 4)]
    tables[0].add(*await _from_sqlite(fills))
    deep = _deep_book(sizes.deep_lots, fills)
    return [*tables, *against_peers(sizes.peer_fills), deep, *_big_user(sizes)]


def _drop(results: Iterable[object]) -> None:
    """Take all results and keep none, as a fold does."""
    deque(results, maxlen=0)


def _whole(maker: JournalMaker, fills: int) -> list[bytes]:
    return [*maker.opening(), *chain.from_iterable(maker.orders(fills))]


def _parse(texts: Iterable[bytes]) -> list[Document]:
    return [_JSON.decode(text) for text in texts]


def _follow(state: Account, head: Head, documents: list[Document]) -> Head:
    fold(state, verified(head, documents))
    return Head(state.seq, documents[-1]["hash"])


def _open_lots(state: Account) -> int:
    return sum(len(queue.lots) for bot in state.bots.values() for queue in bot.positions.values())


def _parts(walk: Sequence[int], fills: int) -> Table:
    """A fold from documents, whole and in parts, next to what any reader of the same texts pays at least."""
    maker = JournalMaker(BOTS, walk=tuple(walk))
    texts = _whole(maker, fills)
    documents, count = _parse(texts), len(texts)
    events = list(verified(START, documents))
    _, whole = timed(lambda: fold(Account(USER), verified(START, documents)))
    parts: dict[str, Callable[[], Any]] = {
        "  hash of each document": lambda: _drop(map(digest, documents)),
        "    of that the canonical text": lambda: _drop(map(canonical, documents)),
        "  decoding into typed events": lambda: _drop(map(read, documents)),
        "  fold: lots, fees, figures": lambda: fold(Account(USER), events),
        "before it: the JSON of the store": lambda: _parse(texts),
        "floor: that JSON, one SHA-256": lambda: _drop((_JSON.decode(t), hashlib.sha256(t).digest()) for t in texts),
    }
    levels = f"{min(walk)} to {max(walk)} levels" if len(walk) > 1 else "1 level"
    title = f"verified fold of {count:,} events, {maker.fills / count:.2f} fills an event (orders take {levels})"
    table = Table(title, ("", "fills", "events", "per event", "of the fold"))

    def add(name: str, seconds: float) -> None:
        cells = (rate(maker.fills, seconds), rate(count, seconds), micros(seconds / count), f"{seconds / whole:.2f}")
        table.add(name, *cells)

    add("verify and fold documents", whole)
    for name, work in parts.items():
        add(name, timed(work)[1])
    return table


async def _from_sqlite(fills: int) -> tuple[str, ...]:
    maker = JournalMaker(BOTS)
    documents = _parse(_whole(maker, fills))
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore(Path(directory) / "ledger.db")
        await store.open()
        await store.write([Insert("ledger_events", {"_id": str(each["seq"]), **each}) for each in documents])
        started = time.process_time()
        state, head = Account(USER), START
        while page := (await store.find("ledger_events", "user_seq", (USER,), after=head.seq, limit=PIECE)).documents:
            head = _follow(state, head, list(page))
        seconds = time.process_time() - started
        await store.close()
    count = len(documents)
    rates = rate(maker.fills, seconds), rate(count, seconds), micros(seconds / count)
    return "refold from SQLite, all threads", *rates, ""


def _deep_book(lots: int, fills: int) -> Table:
    """One bot that buys and sells with few and with very many lots open, the same kind of orders otherwise."""
    table = Table("folding orders into few and into many open lots", ("", "open lots", "fills", "rate of usual"))
    usual = 0.0
    for name, patience in (("usual", USUAL_LOTS), ("deep", lots)):
        maker = JournalMaker(1, patience=patience)
        state, head = Account(USER), START
        for texts in chain([maker.opening()], maker.gathering(patience)):
            head = _follow(state, head, _parse(texts))
        before = maker.fills
        events = list(verified(head, _parse(chain.from_iterable(maker.orders(fills)))))
        _, seconds = timed(lambda state=state, events=events: fold(state, events))
        per_second = (maker.fills - before) / seconds
        usual = usual or per_second
        table.add(name, f"{_open_lots(state):,}", rate(maker.fills - before, seconds), f"{per_second / usual:.2f}")
    table.note("goal: at least half the rate of usual")
    return table


def _big_user(sizes: Sizes) -> list[Table]:
    """A user of many bots and so many fills, from stored texts: applied, verified by all checks, then read."""
    maker = JournalMaker(BOTS)
    state, head, audit = Account(USER), START, Audit(USER)
    parsing = folding = auditing = 0.0
    for texts in chain([maker.opening()], maker.orders(sizes.fills)):
        started = time.process_time()
        documents = _parse(texts)
        parsed = time.process_time()
        head = _follow(state, head, documents)
        folded = time.process_time()
        audit.feed_all(documents)
        auditing += time.process_time() - folded
        folding += folded - parsed
        parsing += parsed - started
    result, finishing = timed(audit.finish)
    if not result.ok or result.state != state:
        raise ValueError(f"The made journal is not sound: {result.checks}")
    title = f"a user of {BOTS} bots with {maker.fills:,} fills in {state.seq:,} events"
    table = Table(title, ("", "seconds", "fills", "goal"))
    for name, seconds, goal in (
        ("parse the stored JSON", parsing, ""),
        ("verify the chain and fold", folding, "150,000/s"),
        ("  with the JSON", parsing + folding, "150,000/s"),
        ("all checks that need no store", auditing + finishing, ""),
        ("  with the JSON", parsing + auditing + finishing, f"{maker.fills / 100_000:.1f} s"),
    ):
        table.add(name, f"{seconds:.1f} s", rate(maker.fills, seconds), goal)
    return [table, _summaries(state, sizes.summaries)]


def _summaries(state: Account, count: int) -> Table:
    """Reading the portfolio with the state in memory, and with the state read from its snapshot first."""
    prices = {symbol: price + ONE for symbol, price in state.marks.items()}
    marks = {symbol: Mark(symbol, price, None, None, "bench", stale=False) for symbol, price in prices.items()}
    text = pack(state)
    stored = zlib.compress(text, 1)
    warm = [timed(lambda: value(state, marks))[1] for _ in range(count)]
    cold = [timed(lambda: value(unpack(Account, zlib.decompress(stored)), marks))[1] for _ in range(count)]
    title = f"portfolio summary of {len(state.bots)} bots with {_open_lots(state):,} open lots"
    table = Table(title, ("", "p50", "p95", "goal p95"))
    for name, times, goal in (("warm", warm, "5 ms"), ("cold: from the snapshot, no store", cold, "25 ms")):
        table.add(name, millis(percentile(times, 50)), millis(percentile(times, 95)), goal)
    table.note(f"the snapshot is {len(text) / 1e6:.1f} MB, {len(stored) / 1e6:.1f} MB compressed")
    return table

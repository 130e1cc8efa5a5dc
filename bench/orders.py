"""Orders through the whole pipeline: gates, paper exchange, durable append, fold, projections written alongside.

The peer is the bare insert of a journal event into the same store by as many tasks (`bench.store`).
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bench import store as bare
from bench.table import Table, micros, percentile, rate
from bench.trading import SYMBOL, WIDE, Desk, market_states, requests
from core.adapters.store.mongo import MongoStore
from core.adapters.store.schema import COLLECTIONS
from core.adapters.store.sqlite import SqliteStore
from core.domain.commands import CheckBreaker, SubmitOrder
from core.domain.decide import decide
from core.domain.decision import Setting
from core.domain.evolve import evolve
from core.domain.journal import Head, Stamp, read, seal
from core.domain.market import MarketState
from core.ports import DocumentStore
from tests.fakes.store_memory import MemoryStore

USERS = 50
EACH = {"sqlite": (1_000, 100), "mongodb": (150, 20)}  # orders of the one user, and of each of many
ORDERS_IN_MEMORY = 3_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A run of orders; `flushes` are commits (SQLite) or round trips (MongoDB) until all were acknowledged."""

    orders: int
    seconds: float
    cpu_seconds: float
    flushes: int
    bare_rate: float


def _flushes(store: DocumentStore) -> int:
    if isinstance(store, SqliteStore):
        return store.commits
    return store.operations if isinstance(store, MongoStore) else 0


async def measure(
    store: DocumentStore, users: Sequence[str], states: list[MarketState], *, projecting: bool
) -> Measured:
    """Every user submits one order after the other, all users at the same time."""
    desk = Desk(store)
    for user in users:
        await desk.open_account(user)
    projector = asyncio.create_task(desk.projector.run()) if projecting else None

    async def trade(user: str) -> None:
        for request, state in requests(user, states):
            result = await desk.orders.submit(user, request, state)
            if not result.success:
                raise RuntimeError(f"an order was denied: {result.rejection_reason}")

    before, started, cpu = _flushes(store), time.perf_counter(), time.process_time()
    await asyncio.gather(*map(trade, users))
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    flushes = _flushes(store) - before
    if projector is not None:
        await desk.projector.caught_up()
        projector.cancel()
        await asyncio.gather(projector, return_exceptions=True)
    bare_rate = 0.0
    if isinstance(store, SqliteStore | MongoStore):
        inserted = await bare.measure(f"bare-{users[0]}", store, len(users), len(states))
        bare_rate = inserted.inserts / inserted.seconds
    return Measured(len(users) * len(states), seconds, cpu_seconds, flushes, bare_rate)


async def durable() -> Table:
    """Both backends, one user and many, with and without projections."""
    columns = ("store", "users", "projections", "orders", "CPU/order", "flushes/order", "bare inserts", "of bare")
    table = Table("orders through the pipeline until acknowledged", columns)
    with tempfile.TemporaryDirectory() as name, bare.mongo_url(Path(name)) as url:
        stores = {"sqlite": SqliteStore(Path(name) / "orders.db"), "mongodb": MongoStore(url)}
        for backend, store in stores.items():
            async with AsyncExitStack() as stack:
                await store.open()
                stack.push_async_callback(store.close)
                for count, projecting in ((1, False), (1, True), (USERS, True)):
                    users = [f"{count}-{projecting}-{number}" for number in range(count)]
                    states = await market_states(EACH[backend][count > 1])
                    one = await measure(store, users, states, projecting=projecting)
                    table.add(
                        backend,
                        str(count),
                        "on" if projecting else "off",
                        rate(one.orders, one.seconds),
                        micros(one.cpu_seconds / one.orders),
                        f"{one.flushes / one.orders:.3f}",
                        rate(one.bare_rate, 1),
                        f"{one.orders / one.seconds / one.bare_rate:.2f}",
                    )
    table.note("flushes: commits on SQLite, round trips on MongoDB; with projections off, those an order waits for")
    return table


async def cpu() -> Table:
    """CPU of one order without a disk, part by part."""
    states = await market_states(ORDERS_IN_MEMORY)
    table = Table("CPU of an order without a durable store", ("part", "per order", "of the whole"))
    memory = await measure(MemoryStore(COLLECTIONS), ["memory"], states, projecting=False)
    whole = memory.cpu_seconds / memory.orders
    for part, seconds in (await _parts(states)).items():
        table.add(part, micros(seconds), f"{seconds / whole:.2f}")
    table.add("OrderService.submit on a store in memory", micros(whole), "1.00")
    return table


async def _parts(states: list[MarketState]) -> dict[str, float]:
    """Median seconds per order of each pure step."""
    desk = Desk(MemoryStore(COLLECTIONS))
    await desk.open_account("parts")
    state = await desk.writer.account("parts")
    head = Head(state.seq, "0" * 64)
    instrument = desk.feed.instrument(SYMBOL)
    spent: dict[str, list[float]] = {"decide": [], "seal": [], "read back": [], "evolve": [], "breaker check": []}
    for request, market in requests("parts", states):
        marks: dict[str, Decimal] = {}
        setting = Setting(marks, WIDE, market.ts)
        times = [time.perf_counter()]
        decision = decide(state, SubmitOrder(request.client_order_id, request, market, instrument), setting)
        times.append(time.perf_counter())
        if decision.payload is None:
            raise RuntimeError(f"an order was denied: {decision.denied}")
        stamp = Stamp("parts", request.client_order_id, 0, market.ts, market.ts)
        document = seal(head, stamp, decision.payload)
        times.append(time.perf_counter())
        event = read(document)
        times.append(time.perf_counter())
        evolve(state, event)
        head = Head(event.seq, event.hash)
        times.append(time.perf_counter())
        decide(state, CheckBreaker(request.bot_id), setting)
        times.append(time.perf_counter())
        for name, begin, end in zip(spent, times, times[1:], strict=False):
            spent[name].append(end - begin)
    medians = {name: percentile(each, 50) for name, each in spent.items()}
    return medians | {"all of these": sum(medians.values())}


async def run() -> list[Table]:
    """Both tables."""
    return [await cpu(), await durable()]

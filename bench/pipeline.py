"""The order pipeline step by step: what each kind of order and each denial costs, without a store and with one.

Baselines of the same run: a bare walk of the same book by the paper exchange (no gates, no ledger), and bare inserts
of a journal event into the same store by as many tasks.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bench import store as bare
from bench.pipeline_steps import Steps, traded_through
from bench.table import Table, micros, millis, percentile, rate
from bench.trading import Desk, bot_of, enter, market_states, requests
from core.adapters.store.mongo import MongoStore
from core.adapters.store.sqlite import SqliteStore
from core.domain.market import MarketState

STEPS = 1_000
SUBMITTERS = 50
ORDERS = {"sqlite": 1_000, "mongodb": 200}
ORDERS_OF_EACH = {"sqlite": 40, "mongodb": 20}

Store: TypeAlias = SqliteStore | MongoStore
Work: TypeAlias = Iterator[Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Real seconds of each piece of work, of all of it, and CPU seconds and flushes (commits or round trips)."""

    latencies: list[float]
    seconds: float
    cpu_seconds: float
    flushes: int

    @property
    def per_second(self) -> float:
        """Pieces of work per real second."""
        return len(self.latencies) / self.seconds


def _flushes(store: Store) -> int:
    return store.commits if isinstance(store, SqliteStore) else store.operations


async def measure(store: Store, submitters: Sequence[Work]) -> Measured:
    """Every submitter does one thing after the other, all of them at the same time."""
    latencies: list[float] = []

    async def submit(work: Work) -> None:
        for piece in work:
            began = time.perf_counter()
            await piece
            latencies.append(time.perf_counter() - began)

    before, started, cpu = _flushes(store), time.perf_counter(), time.process_time()
    await asyncio.gather(*map(submit, submitters))
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    return Measured(latencies, seconds, cpu_seconds, _flushes(store) - before)


def inserts(store: Store, name: str, count: int) -> Work:
    """The baseline: bare events of usual size."""
    for seq in range(1, count + 1):
        yield store.insert("ledger_events", bare.event(name, seq))


def market_orders(desk: Desk, user: str, states: Sequence[MarketState], bot: int = 0) -> Work:
    """In and out at the market."""

    async def submit(number: int) -> None:
        result = await desk.orders.submit(user, *orders[number])
        if not result.success:
            raise RuntimeError(f"an order was denied: {result.rejection_reason}")

    orders = list(requests(user, list(states), bot))
    for number in range(len(orders)):
        yield submit(number)


def limit_orders(desk: Desk, user: str, states: Sequence[MarketState]) -> Work:
    """A limit order is accepted, fills as a maker at the next state, and what it bought is sold at the market."""
    sales = [order for order, _ in requests(user, list(states))]

    async def trade(number: int) -> None:
        now, later = states[number], traded_through(states[number + 1], states[number].bids[-1].price)
        request = enter(bot_of(user), f"limit:{number}", now, limit_price=now.bids[-1].price)
        placed = await desk.orders.submit(user, request, now)
        if placed.order_id is None:
            raise RuntimeError(f"a limit order was denied: {placed.rejection_reason}")
        if not await desk.orders.fill_resting(user, bot_of(user), placed.order_id, later, None, 0):
            raise RuntimeError("a limit order did not fill")
        await desk.orders.submit(user, sales[number + 1], states[number + 1])

    for number in range(0, len(states) - 1, 2):
        yield trade(number)


async def without_a_store() -> Table:
    """Decide and evolve, and what a gate costs that says no."""
    steps = Steps(await market_states(STEPS))
    walk = steps.bare_walk()
    table = Table("CPU of an order without a store, median", ("order", "decide", "evolve", "both", "of a bare walk"))
    table.add("bare walk of the book", "-", "-", micros(walk), "1.0")
    for name, spent in steps.all().items():
        both = spent.decide + spent.evolve
        evolve = micros(spent.evolve) if spent.evolve else "-"
        table.add(name, micros(spent.decide), evolve, micros(both), f"{both / walk:.1f}")
    table.note("the walk fills the same market order against the same books: no gates, no state, no ledger")
    table.note("denied for cash: an order that eats the whole book, so that its walk is longer")
    return table


@asynccontextmanager
async def _stores() -> AsyncIterator[dict[str, Store]]:
    with tempfile.TemporaryDirectory() as name, bare.mongo_url(Path(name)) as url:
        stores: dict[str, Store] = {"sqlite": SqliteStore(Path(name) / "pipeline.db"), "mongodb": MongoStore(url)}
        for store in stores.values():
            await store.open()
        try:
            yield stores
        finally:
            for store in stores.values():
                await store.close()


async def one_after_the_other(stores: dict[str, Store]) -> Table:
    """One submitter: events, and what it waits for, per order."""
    columns = ("store", "work", "done", "CPU", "flushes", "p50", "of bare")
    table = Table("one submitter, each piece of work until acknowledged", columns)
    for backend, store in stores.items():
        states, desk = await market_states(ORDERS[backend]), Desk(store)
        for user in ("market", "limit"):
            await desk.open_account(user)
        kinds: tuple[tuple[str, Work], ...] = (
            ("bare insert", inserts(store, "one", len(states))),
            ("market order", market_orders(desk, "market", states)),
            ("limit order, its fill, the sale", limit_orders(desk, "limit", states)),
        )
        floor = 0.0
        for name, work in kinds:
            one = await measure(store, [work])
            count, median = len(one.latencies), percentile(one.latencies, 50)
            floor = floor or median
            cells = rate(count, one.seconds), micros(one.cpu_seconds / count), f"{one.flushes / count:.2f}"
            table.add(backend, name, *cells, millis(median), f"{median / floor:.1f}")
    table.note("flushes: commits on SQLite, round trips on MongoDB; three orders' events take at least three")
    return table


async def _crowds(store: Store, states: Sequence[MarketState]) -> dict[str, list[Work]]:
    """Fifty tasks that insert bare events, and the same of fifty users and of fifty bots of one user."""
    desk, numbers = Desk(store), range(SUBMITTERS)
    for number in numbers:
        await desk.open_account(f"user-{number}")
    await desk.open_account("crowd", bots=SUBMITTERS)
    return {
        "bare inserts": [inserts(store, f"bare-{number}", len(states)) for number in numbers],
        "of 50 users": [market_orders(desk, f"user-{number}", states) for number in numbers],
        "of one user's 50 bots": [market_orders(desk, "crowd", states, number) for number in numbers],
    }


async def at_once(stores: dict[str, Store]) -> Table:
    """Fifty submitters, each with one order after the other: of as many users, and all of one user."""
    columns = ("store", "submitters", "done", "CPU", "flushes", "p50", "p99", "max", "p99 of bare")
    table = Table(f"{SUBMITTERS} submitters at once", columns)
    for backend, store in stores.items():
        floor = 0.0
        for name, submitters in (await _crowds(store, await market_states(ORDERS_OF_EACH[backend]))).items():
            one = await measure(store, submitters)
            count, high = len(one.latencies), percentile(one.latencies, 99)
            floor = floor or high
            cells = rate(count, one.seconds), micros(one.cpu_seconds / count), f"{one.flushes / count:.3f}"
            times = (percentile(one.latencies, 50), high, max(one.latencies))
            table.add(backend, name, *cells, *map(millis, times), f"{high / floor:.1f}")
    table.note("one user's orders are appended one after the other: each waits for the 49 before it")
    return table


async def run() -> list[Table]:
    """All tables."""
    tables = [await without_a_store()]
    async with _stores() as stores:
        return [*tables, await one_after_the_other(stores), await at_once(stores)]

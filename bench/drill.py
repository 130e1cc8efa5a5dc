"""The kill drills, on both stores: kill -9 at random points, and count what was lost or doubled.

Run: `python -m bench.drill [kills]`, 20 kills per store unless told otherwise; `--only` and `--store` choose parts.
`trading` kills a process in which bots trade and people place, take back and repeat orders by hand, and settles
everything at the end. `writers` kills one of four processes in which fifty writers compete for the journal of one
user or of fifty users, and holds every answer against the journal. `frozen` stops the process that runs the bots
beyond its lease, so that another takes over, and thaws it, which must be fenced; a fifth as many times, for each takes
some ten seconds. `cost` is what an order costs in fsyncs (SQLite)
and round trips (MongoDB).
"""

import argparse
import asyncio
import logging
import random  # noqa: TID251 - seeded kill times
import statistics
import tempfile
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Any

import structlog
from pymongo import MongoClient

from bench.table import Table
from core.adapters.store.mongo import MongoStore
from core.adapters.store.sqlite import SqliteStore
from core.domain.events import OrderCanceled, OrderExpired, OrderFilled
from core.ports import Document
from tests.integration.desk import buy, desk, sell
from tests.integration.fencing_drill import FencingDrill
from tests.integration.kill_drill import KillDrill
from tests.integration.writers import PROCESSES, Writers
from tests.integration.writing_plan import WRITERS, Plan
from tests.mongo_standin import MongoStandIn, database_url, real_server_url
from tests.store_location import Location

KILLS = 20
DRILLS = "trading", "writers", "frozen", "cost"
STORES = "sqlite", "mongo"
SEED = 20261124
_PAIRS = 100
_USERS = 1, 50
_COMMANDS_A_KILL = 3
_KILLS_A_FREEZE = 5
_NO_LIMITS: dict[str, Any] = {
    "burst_limit_orders_per_exchange": 1_000,
    "max_trades_per_bot_daily": 1_000,
    "max_trades_per_user_daily": 1_000,
    "max_consecutive_losses": 1_000,
}


async def drill(location: Location, kills: int) -> Table:
    """What a trading process that is killed again and again leaves behind, and how soon its bots run again."""
    killing = KillDrill(location, random.Random(SEED))
    for _ in range(kills):
        await killing.round()
        print(".", end="", flush=True)
    await killing.settle()
    print()
    secs = killing.recovery_secs
    table = Table(f"a trading process killed again and again, {location.backend}", ("what", "count"))
    table.add("kills", str(killing.rounds))
    table.add("of them while the bots ran", str(len(secs)))
    table.add("orders acknowledged", f"{len(killing.orders):,}")
    table.add("of them by people", f"{len(killing.orders) - killing.orders_of_bots:,}")
    table.add("fills of resting orders acknowledged", f"{killing.count(OrderFilled):,}")
    ends = killing.count(OrderCanceled) + killing.count(OrderExpired)
    table.add("cancels and expiries acknowledged", f"{ends:,}")
    table.add("asked by people, again after a kill", str(killing.repeated))
    table.add("lost", str(killing.lost))
    table.add("doubled", str(killing.doubled))
    table.add("pending: unsettled, or listed otherwise", str(killing.pending))
    table.add("recovery p50", f"{statistics.median(secs):.1f} s")
    table.add("recovery max", f"{max(secs):.1f} s")
    return table


async def frozen_drill(location: Location, freezes: int) -> Table:
    """What two processes leave behind of which the one that runs the bots is frozen, again and again."""
    freezing = FencingDrill(location)
    try:
        await freezing.open()
        for _ in range(freezes):
            await freezing.round()
            print(".", end="", flush=True)
    finally:
        await freezing.close()
    print()
    secs = freezing.takeover_secs
    table = Table(f"the owner of the bots frozen beyond its lease, {location.backend}", ("what", "count"))
    table.add("freezes", str(freezing.rounds))
    table.add("orders in the journals", f"{freezing.orders:,}")
    table.add("orders doubled", str(freezing.doubled))
    table.add("orders of a process that had lost the bots", str(freezing.late))
    table.add("late orders denied as such", str(freezing.denied))
    table.add("late orders let through", str(freezing.let_through))
    table.add("frozen anew, because inside a write of the file", str(freezing.locked))
    table.add("bots run elsewhere after, p50", f"{statistics.median(secs):.1f} s")
    table.add("bots run elsewhere after, max", f"{max(secs):.1f} s")
    return table


async def writers_drill(location: Location, users: int, kills: int) -> str:
    """One line of the table of the second drill."""
    writers = Writers(location, Plan(SEED, users, _COMMANDS_A_KILL * kills, "everything"), funds=Decimal(10_000))
    await writers.open_accounts()
    await writers.in_processes(kills)
    found = await writers.findings()
    for problem in found.problems:
        print(problem)
    return (
        f"{location.backend:<10}{users:>8}{writers.kills:>8}{found.acknowledged:>14}{found.lost:>8}{found.doubled:>9}"
        f"{found.untold:>9}{found.refused:>10}{found.collisions:>13}{len(found.problems):>12}"
    )


def _flushes(store: SqliteStore | MongoStore) -> int:
    return store.commits if isinstance(store, SqliteStore) else store.operations


async def cost_of_an_order(location: Location) -> str:
    """Flushes per order before its acknowledgement, and with the projections that are written behind it."""
    figures: list[float] = []
    for number, projected in enumerate((False, True)):
        store = location.make()
        async with desk(store, trade=projected, **_NO_LIMITS) as shop:
            user = await shop.user(f"cost{number}@example.com")
            bot = await shop.bot(user)
            before = _flushes(store)
            for pair in range(_PAIRS):
                await shop.submit(user, buy(bot, f"in{pair}"), 2 * pair)
                await shop.submit(user, sell(bot, f"out{pair}"), 2 * pair + 1)
            figures.append((_flushes(store) - before) / (2 * _PAIRS))
    unit = "fsyncs" if location.backend == "sqlite" else "round trips"
    return f"{location.backend:<10}{figures[0]:>8.2f} {unit} an order; {figures[1]:.2f} with all that is written behind"


async def _writers(places: list[Location], kills: int) -> None:
    print(f"{WRITERS} writers in {PROCESSES} processes; every answer held against the journal:")
    print(
        f"{'store':<10}{'users':>8}{'kills':>8}{'acknowledged':>14}{'lost':>8}{'doubled':>9}"
        f"{'untold':>9}{'refused':>10}{'collisions':>13}{'untrue':>12}"
    )
    for users, location in zip(_USERS * (len(places) // len(_USERS)), places, strict=True):
        print(await writers_drill(location, users, kills), flush=True)
    print()


async def run(directory: Path, server_url: str, database: str, chosen: argparse.Namespace) -> None:
    """Print the tables that were asked for."""

    def place(store: str, name: str) -> Location:
        if store == "sqlite":
            return Location("sqlite", str(directory / f"{name}.db"))
        return Location("mongo", database_url(server_url, f"{database}_{name}"))

    if "trading" in chosen.only:
        for store in chosen.store:
            print(await drill(place(store, "trading"), chosen.kills), flush=True)
    if "writers" in chosen.only:
        await _writers([place(store, f"writers_{users}") for store in chosen.store for users in _USERS], chosen.kills)
    if "frozen" in chosen.only:
        for store in chosen.store:
            print(await frozen_drill(place(store, "frozen"), max(1, chosen.kills // _KILLS_A_FREEZE)), flush=True)
    if "cost" in chosen.only:
        for store in chosen.store:
            print(await cost_of_an_order(place(store, "cost")))


def main() -> None:
    """Run on a temporary directory, with the stand-in unless TEST_MONGO_URL names a server."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    parser = argparse.ArgumentParser(prog="python -m bench.drill", description="Kill -9, and what it leaves behind.")
    parser.add_argument("kills", nargs="?", type=int, default=KILLS, help=f"kills per drill and store ({KILLS})")
    parser.add_argument("--only", nargs="+", choices=DRILLS, default=DRILLS, help="drills to run")
    parser.add_argument("--store", nargs="+", choices=STORES, default=STORES, help="stores to run them on")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        server = MongoStandIn(Path(directory) / "mongo")
        server_url = real_server_url()
        if server_url is None:
            server.start()
            server_url = server.url
        database = f"drill_{token_hex(8)}"
        try:
            asyncio.run(run(Path(directory), server_url, database, chosen))
            with MongoClient[Document](server_url) as client:
                for name in client.list_database_names():
                    if name.startswith(database):
                        client.drop_database(name)
        finally:
            server.stop()


if __name__ == "__main__":
    main()

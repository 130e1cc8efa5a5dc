"""The kill drills, on both stores: kill -9 at random points, and count what was lost or doubled.

Run: `python -m bench.drill [rounds]`, 20 rounds per store unless told otherwise. The first drill kills a trading
process. The second kills one of four processes in which fifty writers compete for the journal of one user or of
fifty users, and holds every answer against the journal. Then: what an order costs in fsyncs (SQLite) and round
trips (MongoDB).
"""

import asyncio
import logging
import random  # noqa: TID251 - seeded kill times
import statistics
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Any

import structlog
from pymongo import MongoClient

from core.adapters.store.mongo import MongoStore
from core.adapters.store.sqlite import SqliteStore
from core.ports import Document
from tests.integration.desk import buy, desk, sell
from tests.integration.kill_drill import KillDrill
from tests.integration.writers import PROCESSES, Writers
from tests.integration.writing_plan import WRITERS, Plan
from tests.mongo_standin import MongoStandIn, database_url, real_server_url
from tests.store_location import Location

ROUNDS = 20
SEED = 20261124
_PAIRS = 100
_USERS = 1, 50
_COMMANDS_A_KILL = 3
_NO_LIMITS: dict[str, Any] = {
    "burst_limit_orders_per_exchange": 1_000,
    "max_trades_per_bot_daily": 1_000,
    "max_trades_per_user_daily": 1_000,
    "max_consecutive_losses": 1_000,
}


async def drill(location: Location, rounds: int) -> str:
    """One line of the table."""
    killing = KillDrill(location, random.Random(SEED))
    for _ in range(rounds):
        await killing.round()
        print(".", end="", flush=True)
    print()
    secs = killing.recovery_secs
    return (
        f"{location.backend:<10}{killing.rounds:>8}{len(killing.acknowledged):>14}{killing.lost:>8}"
        f"{killing.doubled:>9}{statistics.median(secs):>12.1f}{max(secs):>10.1f}"
    )


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


async def run(directory: Path, server_url: str, database: str, rounds: int) -> None:
    """Print all tables."""

    def places(name: str) -> list[Location]:
        mongo = database_url(server_url, f"{database}_{name}")
        return [Location("sqlite", str(directory / f"{name}.db")), Location("mongo", mongo)]

    lines = [await drill(location, rounds) for location in places("trading")]
    print(f"{'store':<10}{'rounds':>8}{'acknowledged':>14}{'lost':>8}{'doubled':>9}{'p50 secs':>12}{'max secs':>10}")
    print("\n".join(lines))
    print(f"\n{WRITERS} writers in {PROCESSES} processes; every answer held against the journal:")
    print(
        f"{'store':<10}{'users':>8}{'kills':>8}{'acknowledged':>14}{'lost':>8}{'doubled':>9}"
        f"{'untold':>9}{'refused':>10}{'collisions':>13}{'untrue':>12}"
    )
    for users in _USERS:
        for location in places(f"writers_{users}"):
            print(await writers_drill(location, users, rounds), flush=True)
    print()
    for location in places("cost"):
        print(await cost_of_an_order(location))


def main() -> None:
    """Run on a temporary directory, with the stand-in unless TEST_MONGO_URL names a server."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as directory:
        server = MongoStandIn(Path(directory) / "mongo")
        server_url = real_server_url()
        if server_url is None:
            server.start()
            server_url = server.url
        database = f"drill_{token_hex(8)}"
        try:
            asyncio.run(run(Path(directory), server_url, database, rounds))
            with MongoClient[Document](server_url) as client:
                for name in client.list_database_names():
                    if name.startswith(database):
                        client.drop_database(name)
        finally:
            server.stop()


if __name__ == "__main__":
    main()

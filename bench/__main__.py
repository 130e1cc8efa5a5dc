"""Runs the benchmarks and prints their tables.

Run: `python -m bench` for all of them, `python -m bench NAME…` for some, `python -m bench --list` for the names.
Trust the ratios, not the absolute figures: each table holds a peer or a baseline measured in the same run.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module

from bench.table import Table
from core.settings import WebSettings
from web.logs import configure_logging

#: Name -> what it measures; each is a module of this package with `async def run() -> list[Table]`.
BENCHMARKS = {
    "orders": "orders per second through gates, paper exchange and journal, next to bare inserts",
    "pipeline": "CPU of each kind of order and denial, orders per second, p99 under 50 submitters",
    "ledger": "events per second of a verified fold from stored documents, and where the time goes",
    "engine": "market states per second with up to 1,000 bots on one symbol, and 5,000 on 50",
    "backtest": "bars per second of a backtest, next to backtesting.py and vectorbt with the same result",
    "sweep": "bars per second of a parameter sweep, next to vectorbt with the same results",
    "adaptive": "net return of adaptive and of its members on 50 markets of each kind, and on recorded ones",
    "live_feed": "recorded exchange frames per second through ccxt's client and the live feed, delay to a state",
    "first_fill": "real seconds from creating the greeting's bot to its first gated fill, 20 markets",
    "offline_router": "time to understand a message without a model",
    "model_router": "what the model router adds to a bare HTTP loop",
    "chat_roundtrip": "message to answer over the chat's socket, 1 and 10 people",
    "cold_start": "seconds from process start to the first answer, and memory",
    "store": "durable inserts per second, next to bare sqlite3",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks; all of them without a name.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    chosen = parser.parse_args(arguments)
    if unknown := [name for name in chosen.names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    if chosen.list:
        for name, what in BENCHMARKS.items():
            print(f"{name:<16}{what}")
        return
    configure_logging(WebSettings(log_level="ERROR"))
    for name in chosen.names or BENCHMARKS:
        started = time.perf_counter()
        run: Callable[[], Awaitable[list[Table]]] = import_module(f"bench.{name}").run
        print(f"== {name}: {BENCHMARKS[name]}\n", flush=True)
        for table in asyncio.run(_tables(run)):
            print(table, flush=True)
        print(f"({name} took {time.perf_counter() - started:.0f} s)\n", flush=True)


async def _tables(run: Callable[[], Awaitable[list[Table]]]) -> list[Table]:
    return await run()


if __name__ == "__main__":
    main()

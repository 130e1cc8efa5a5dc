"""Market states through the engine of one symbol, with real indicators, strategies, orders and gates.

The store is in memory, so that nothing but the program's own work is measured. Each bot sees every state: bots times
states is the count that the performance goals are about. Zero bots are the baseline.
"""

import time
from decimal import Decimal

from bench.table import Table, micros, rate
from bench.trading import SYMBOL, Desk, market_states
from core.adapters.indicators import TalibIndicators
from core.adapters.store.schema import COLLECTIONS
from core.domain.commands import CreateBot, Fund, StartBot
from core.domain.instrument import Exchange
from core.domain.market import MarketState, Timeframe
from core.services.symbol_engine import SymbolEngine
from tests.fakes.store_memory import MemoryStore

BOTS = (0, 1, 100, 1_000)
STATES = 1_800  # two and a half hours of the market
BOTS_PER_USER = 50


async def _open(desk: Desk, engine: SymbolEngine, bots: int) -> None:
    """Running bots, alternately of both strategies, each with some capital."""
    for first in range(0, bots, BOTS_PER_USER):
        user = f"user-{first}"
        now = desk.feed.now()
        await desk.writer.execute(user, Fund(Decimal(1_000_000), "USDT"), now=now, key="opening")
        for number in range(first, min(bots, first + BOTS_PER_USER)):
            bot_id = f"bot-{number}"
            create = CreateBot(
                bot_id=bot_id,
                name=bot_id,
                exchange=Exchange.BINANCE,
                symbol=SYMBOL,
                strategy=("ema_cross", "rsi_reversion")[number % 2],
                parameters={},
                timeframe=Timeframe.M1,
                risk_mode="balanced",
                capital=Decimal(1_000),
                actor="bench",
            )
            await desk.writer.execute(user, create, now=now, key=f"create:{bot_id}")
            await desk.writer.execute(user, StartBot(bot_id, desk.feed.source, "bench"), now=now, key=f"start:{bot_id}")
            await engine.sync(user, desk.writer.known(user).bot(bot_id))


async def _measure(bots: int, states: list[MarketState]) -> tuple[float, float, int]:
    """CPU seconds of all states, of the slowest tenth of them, and orders that filled."""
    desk = Desk(MemoryStore(COLLECTIONS))
    engine = SymbolEngine(
        symbol=SYMBOL,
        feed=desk.feed,
        indicators=TalibIndicators,
        writer=desk.writer,
        orders=desk.orders,
        traces=desk.traces,
        epoch=0,
    )
    await _open(desk, engine, bots)
    spent: list[float] = []
    for state in states:
        started = time.process_time()
        await engine.on_state(state)
        spent.append(time.process_time() - started)
    users = range(0, bots, BOTS_PER_USER)
    orders = sum(desk.writer.known(f"user-{first}").orders_today for first in users)
    quiet = sorted(spent)[: len(spent) * 9 // 10]
    return sum(spent), sum(quiet) / len(quiet), orders


async def run() -> list[Table]:
    """A row per number of bots."""
    states = await market_states(STATES)
    columns = ("bots", "states", "per state", "quiet state", "bot-states", "orders filled")
    table = Table(f"{STATES} states of one symbol, CPU time", columns)
    for bots in BOTS:
        total, quiet, orders = await _measure(bots, states)
        table.add(
            f"{bots:,}",
            rate(STATES, total),
            micros(total / STATES),
            micros(quiet),
            rate(bots * STATES, total) if bots else "-",
            f"{orders:,}",
        )
    table.note("quiet: mean of the nine tenths of states that cost least; on the others a bar closes or orders run")
    table.note("goal: 1,000,000 bot-states/s with 5,000 bots on 50 symbols")
    return [table]

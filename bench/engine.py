"""Market states through the engines of symbols, with real indicators, strategies, orders and gates.

The store is in memory, so that nothing but the program's own work is measured. Each bot sees every state: bots times
states is the count that the performance goals are about. Zero bots are the baseline.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

from bench.table import Table, micros, rate
from bench.trading import SYMBOL, Desk, market_states
from core.adapters.clock import SystemClock
from core.adapters.feeds.simulated import SimulatedFeed
from core.adapters.ids import RandomIds
from core.adapters.indicators import TalibIndicators
from core.adapters.store.schema import COLLECTIONS
from core.domain.commands import CreateBot, Fund, StartBot
from core.domain.instrument import Exchange, Instrument
from core.domain.market import Bar, MarketState, Timeframe
from core.domain.strategies.catalog import STRATEGIES
from core.services.market_hub import MarketHub
from core.services.orders import OrderService
from core.services.symbol_engine import SymbolEngine
from core.services.system_modes import SystemModes
from tests.fakes.store_memory import MemoryStore

STATES = 1_800  # two and a half hours of the market

#: Bots, symbols, states of each symbol.
FLOORS = ((0, 1, STATES), (1, 1, STATES), (100, 1, STATES), (1_000, 1, STATES), (5_000, 50, 720))
BOTS_PER_USER = 50


class Copies:
    """Implements the MarketFeed port: one market under many names."""

    def __init__(self, feed: SimulatedFeed, symbols: int) -> None:
        self._feed = feed
        self.source = feed.source
        self.symbols = (SYMBOL, *(f"C{number}/USDT" for number in range(1, symbols)))
        self.now = feed.now
        self.status = feed.status
        self.close = feed.close

    def instrument(self, symbol: str) -> Instrument:
        """The market's own rules."""
        return replace(self._feed.instrument(SYMBOL), symbol=symbol)

    async def history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Bar]:
        """The market's own bars."""
        return [replace(bar, symbol=symbol) for bar in await self._feed.history(SYMBOL, timeframe, count)]

    async def states(self, symbol: str) -> AsyncIterator[MarketState]:
        """The market's own states."""
        async for state in self._feed.states(SYMBOL):
            yield replace(state, symbol=symbol)


class Floor:
    """Engines of some symbols and their bots, all strategies mixed."""

    def __init__(self, symbols: int) -> None:
        store = MemoryStore(COLLECTIONS)
        self._desk = Desk(store)
        self._feed = Copies(self._desk.feed, symbols)
        hub, modes = MarketHub(self._feed), SystemModes(store, SystemClock())
        self._orders = OrderService(self._desk.writer, hub, RandomIds(), self._desk.traces, modes)
        self._users: set[str] = set()
        self.engines = {symbol: self._engine(symbol) for symbol in self._feed.symbols}

    def _engine(self, symbol: str) -> SymbolEngine:
        desk = self._desk
        return SymbolEngine(
            symbol=symbol,
            feed=self._feed,
            indicators=TalibIndicators,
            writer=desk.writer,
            orders=self._orders,
            traces=desk.traces,
            epoch=0,
        )

    async def open(self, bots: int) -> None:
        """Running bots with some capital, the same number on each symbol."""
        names, strategies = list(self.engines), list(STRATEGIES)
        for number in range(bots):
            symbol = names[number % len(names)]
            # Divided by the symbols, so that each of them has bots of all strategies.
            strategy = strategies[number // len(names) % len(strategies)]
            await self._open_bot(f"user-{number // BOTS_PER_USER}", f"bot-{number}", symbol, strategy)

    async def _open_bot(self, user: str, bot_id: str, symbol: str, strategy: str) -> None:
        writer, now = self._desk.writer, self._desk.feed.now()
        if user not in self._users:
            self._users.add(user)
            await writer.execute(user, Fund(Decimal(1_000_000), "USDT"), now=now, key="opening")
        create = CreateBot(
            bot_id=bot_id,
            name=bot_id,
            exchange=Exchange.BINANCE,
            symbol=symbol,
            strategy=strategy,
            parameters={},
            timeframe=Timeframe.M1,
            risk_mode="balanced",
            capital=Decimal(1_000),
            actor="bench",
        )
        await writer.execute(user, create, now=now, key=f"create:{bot_id}")
        await writer.execute(user, StartBot(bot_id, self._desk.feed.source, "bench"), now=now, key=f"start:{bot_id}")
        await self.engines[symbol].sync(user, writer.known(user).bot(bot_id))

    def orders(self) -> int:
        """Orders that filled."""
        return sum(self._desk.writer.known(user).orders_today for user in self._users)


async def _measure(bots: int, symbols: int, states: list[MarketState]) -> tuple[float, float, int]:
    """CPU seconds of all states, of a quiet one, and orders that filled."""
    floor = Floor(symbols)
    await floor.open(bots)
    spent: list[float] = []
    for state in states:
        for symbol, engine in floor.engines.items():
            own = replace(state, symbol=symbol)
            started = time.process_time()
            await engine.on_state(own)
            spent.append(time.process_time() - started)
    quiet = sorted(spent)[: len(spent) * 9 // 10]
    return sum(spent), sum(quiet) / len(quiet), floor.orders()


async def run() -> list[Table]:
    """A row per number of bots and symbols."""
    states = await market_states(STATES)
    columns = ("bots", "symbols", "states", "per state", "quiet state", "bot-states", "orders filled")
    table = Table("States of each symbol five seconds apart, all strategies mixed, CPU time", columns)
    for bots, symbols, count in FLOORS:
        total, quiet, orders = await _measure(bots, symbols, states[:count])
        shown = count * symbols
        table.add(
            f"{bots:,}",
            f"{symbols:,}",
            rate(shown, total),
            micros(total / shown),
            micros(quiet),
            rate(bots * count, total) if bots else "-",
            f"{orders:,}",
        )
    table.note("bot-states: each bot counts with the states of its own symbol")
    table.note("quiet: mean of the nine tenths of states that cost least; on the others a bar closes or orders run")
    table.note("goal: 1,000,000 bot-states/s with 5,000 bots on 50 symbols")
    return [table]

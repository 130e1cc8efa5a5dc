"""The same bars twice: through the whole product, fed by the replay as fast as it goes, and through a backtest."""

import asyncio
import random  # noqa: TID251 - seeded markets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.adapters.feeds.ohlcv_file import OhlcvFile
from core.adapters.feeds.pacing import Pacer
from core.adapters.feeds.replay import ReplayFeed
from core.adapters.indicators import TalibBatch, TalibIndicators
from core.adapters.store.memory import MemoryStore
from core.adapters.store.schema import COLLECTIONS
from core.domain.backtest import BacktestPlan, BacktestReport
from core.domain.instrument import Instrument
from core.domain.journal import Event
from core.domain.market import Bar, Timeframe
from core.domain.rules import TradingRules
from core.ports import Document
from core.services.backtest_desk import BacktestParts
from core.services.backtest_run import BacktestHistory, run_backtest
from tests.integration.desk import BTC, desk, journal, until

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
WARM = 240
INSTRUMENT = Instrument(BTC, Decimal("0.01"), Decimal("0.00001"), Decimal(5))
CAPITAL = Decimal(10_000)

#: Fields of an order's event that name it or its owner, or depend on those names.
_NAMES = ("order_id", "client_order_id", "request_sha256", "bot_id", "writer_epoch")


def market(seed: int, bars: int, *, timeframe: Timeframe = Timeframe.M1, gaps: bool = True) -> list[Bar]:
    """A made-up market: trends, ranges and jumps, at times so thin that orders fill in part, with bars missing."""
    noise = random.Random(seed)  # noqa: S311 - a made-up market
    price, drift, made = 100.0, 0.0, list[Bar]()
    for number in range(bars):
        if number % 90 == 0:
            drift = noise.choice((-0.0006, 0.0, 0.0, 0.0006))
        opened = price * (1 + noise.choice((0, 0, 0, 0, 0.002, -0.002)) * noise.random())
        close = opened * (1 + drift + noise.gauss(0, 0.0015))
        high, low = max(opened, close) * (1 + abs(noise.gauss(0, 0.0008))), min(opened, close) * 0.9994
        price = close
        volume = noise.choice((0.0, 3.0, 40.0, 4_000.0, 4_000.0, 4_000.0))
        if gaps and noise.random() < 0.01 and number > WARM:
            continue
        cells = [Decimal(f"{value:.2f}") for value in (opened, high, low, close)]
        made.append(Bar(BTC, timeframe, FIRST + timeframe.span * number, *cells, Decimal(f"{volume:.3f}")))
    return made


@dataclass(frozen=True, slots=True)
class Lived:
    """A run's events; of a backtest also its report, and its journal as it is stored."""

    events: list[Event]
    report: BacktestReport | None = None
    documents: tuple[Document, ...] = ()

    @property
    def traded(self) -> list[tuple[str, datetime, dict[str, Any]]]:
        """What the market brought about: orders, marks, trips, errors, without the names of the two installations."""
        kinds = {"OrderExecuted", "OrderAccepted", "OrderFilled", "Marked", "BreakerTripped", "BotErred"}
        return [
            (type(e.payload).__name__, e.ts, _nameless(e.payload))
            for e in self.events
            if type(e.payload).__name__ in kinds
        ]


def _nameless(payload: object) -> dict[str, Any]:
    fields = {name: getattr(payload, name) for name in type(payload).__dataclass_fields__}
    return {name: value for name, value in fields.items() if name not in _NAMES}


def plan_of(strategy: str, timeframe: Timeframe = Timeframe.M1, **changes: Any) -> BacktestPlan:  # noqa: ANN401 - fields of BacktestPlan
    return replace(BacktestPlan(strategy, BTC, timeframe, CAPITAL), **changes)


async def live(bars: Sequence[Bar], plan: BacktestPlan, **trading: Any) -> Lived:  # noqa: ANN401 - fields of TradingSettings
    """Through the product: a bot that runs, and then the market; the first bars are history."""
    opened = asyncio.Event()

    async def sleep(_: float) -> None:
        await opened.wait()
        await asyncio.sleep(0)

    data = OhlcvFile("twin", INSTRUMENT, bars[0].timeframe, tuple(bars), 0)
    feed = ReplayFeed(data, Pacer(0, sleep, lambda: 0.0), None, WARM)
    async with desk(MemoryStore(COLLECTIONS), feed=feed, starting_balance=plan.capital, **trading) as shop:
        user = await shop.user()
        parameters = dict(plan.parameters or {})
        bot = await shop.bot(
            user,
            strategy=plan.strategy,
            timeframe=plan.timeframe,
            risk_mode=plan.risk_mode,
            capital=plan.capital,
            parameters=parameters,
        )
        await shop.warm(bot)
        opened.set()
        await until(lambda: feed.status().finished)
        return Lived(await journal(shop.store, user))


async def backtested(bars: Sequence[Bar], plan: BacktestPlan, rules: TradingRules | None = None) -> Lived:
    """Through a backtest."""
    stores: list[MemoryStore] = []

    def store() -> MemoryStore:
        stores.append(MemoryStore(COLLECTIONS))
        return stores[-1]

    parts = BacktestParts(store, TalibIndicators, TalibBatch())
    report = await run_backtest(plan, BacktestHistory(bars, INSTRUMENT, "replay:twin"), parts, rules)
    page = await stores[0].find("ledger_events", "user_seq", ("backtest",), limit=10_000)
    return Lived(await journal(stores[0], "backtest"), report, tuple(page.documents))

"""A backtest takes the finest bars its source has for the whole period, and asks for no more than it may (bots.md)."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.backtest import BacktestPlan
from core.domain.errors import InvalidInput
from core.domain.market import Bar, Timeframe
from core.services.backtest_history import MAX_BARS, MAX_LIVE_BARS, feed_history
from tests.fakes.market import BTC, START, ScriptedFeed


@dataclass
class Shelf(ScriptedFeed):
    """A market that is asked for bars; it has none shorter than `finest`, and remembers what was asked."""

    named: str
    finest: Timeframe = Timeframe.M1
    asked: list[tuple[Timeframe, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        ScriptedFeed.__init__(self, source=self.named)

    async def history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Bar]:
        if timeframe.secs < self.finest.secs:
            raise InvalidInput(f"There are only {self.finest} bars.")
        self.asked.append((timeframe, count))
        return [Bar(symbol, timeframe, START - timeframe.span, *[Decimal(100)] * 4, volume=Decimal(1))]


def plan(timeframe: Timeframe, days: int | None = None) -> BacktestPlan:
    start = None if days is None else START - timedelta(days=days)
    return BacktestPlan("dca", BTC.symbol, timeframe, Decimal(1000), start=start)


async def test_minutes_are_taken_where_there_are_some_with_those_that_warm_the_strategy():
    feed = Shelf("simulated")
    found = await feed_history(feed, plan(Timeframe.H1, days=2))
    assert feed.asked == [(Timeframe.M1, (2 * 24 + 1_000) * 60)]
    assert (found.source, found.instrument.symbol) == ("simulated", "BTC/USDT")


async def test_a_recording_of_longer_bars_gives_those():
    feed = Shelf("replay:x", finest=Timeframe.M5)
    await feed_history(feed, plan(Timeframe.M15))
    assert feed.asked == [(Timeframe.M5, MAX_BARS)]
    with pytest.raises(InvalidInput, match="only 5m bars"):
        await feed_history(feed, plan(Timeframe.M1))


async def test_an_exchange_is_asked_for_bars_of_a_number_it_can_be_asked_for():
    feed = Shelf("live:binance")
    await feed_history(feed, plan(Timeframe.M5, days=1))  # 1 day and 1,000 bars of 5 minutes: 6,440 minutes
    await feed_history(feed, plan(Timeframe.M5, days=30))
    await feed_history(feed, plan(Timeframe.H1))
    assert feed.asked == [(Timeframe.M1, 6_440), (Timeframe.M5, 9_640), (Timeframe.H1, MAX_LIVE_BARS)]
    with pytest.raises(InvalidInput, match="at most 20,000 are asked for at a time"):
        await feed_history(feed, plan(Timeframe.M1, days=300))

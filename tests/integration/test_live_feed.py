"""ccxt's real client against a loopback exchange: what arrives is what was sent, whatever breaks (spec/bots.md).

The frames are those that Binance sent on 2024-08-08; the bars they are compared with are computed here by hand.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from core.adapters.feeds.live import LiveFeed
from core.adapters.feeds.live_stream import Pace
from core.adapters.indicators import TalibIndicators
from core.domain.errors import NotFound, Unavailable
from core.domain.market import Bar, MarketState, Sampling, Timeframe
from core.services.bar_source import BarSource
from tests.fakes.clock import FakeClock
from tests.integration.loopback_exchange import (
    BTC_FRAMES,
    ETH_FRAMES,
    Loopback,
    Recording,
    listening,
    loopback,
    streams,
    until,
)

BTC, ETH = "BTC/USDT", "ETH/USDT"
FRAMES = 13_000  # 98 seconds: two minutes' ends

pytestmark = pytest.mark.skipif(
    not (BTC_FRAMES.exists() and ETH_FRAMES.exists()),
    reason=f"RECORDED DATA IS MISSING: {BTC_FRAMES} and {ETH_FRAMES}; nothing of the live feed is tested",
)


def hurried() -> Pace:
    """Real time, in which waits are cut to a twentieth."""

    async def sleep(secs: float) -> None:
        await asyncio.sleep(secs / 20)

    return Pace(sleep, asyncio.get_running_loop().time, lambda least, _: least)


@dataclass
class Watching:
    """A feed on the loopback exchange, and what it gave of one pair."""

    exchange: Loopback
    feed: LiveFeed
    states: list[MarketState] = field(default_factory=list)
    closed: list[Bar] = field(default_factory=list)

    async def settled(self) -> None:
        """Everything that was sent has arrived: the newest trade is in a state, or waits for its minute."""
        newest = self.exchange.recording.trades(self.exchange.at)[-1]
        price = Decimal(newest["p"])
        await until(lambda: any(t.price == price for s in self.states[-40:] for t in s.trades))

    @property
    def volume(self) -> Decimal:
        return sum((state.volume for state in self.states), Decimal(0))

    def recorded_volume(self, first: int = 0, last: int | None = None) -> Decimal:
        trades = self.exchange.recording.trades(last)[len(self.exchange.recording.trades(first)) if first else 0 :]
        return sum((Decimal(trade["q"]) for trade in trades), Decimal(0))


@asynccontextmanager
async def watching(frames: int = FRAMES, wrong_by: float = 0.0) -> AsyncIterator[Watching]:
    """Follow BTC/USDT on the loopback exchange, with a clock of ours that is wrong by so many seconds."""
    async with loopback(Recording.read(BTC_FRAMES, frames)) as exchange:
        clock = FakeClock(datetime.fromtimestamp(exchange.clock_ms / 1000, UTC) + timedelta(seconds=wrong_by))
        feed = await LiveFeed.open("binance", clock, hurried(), None, exchange.address)
        assert await feed.reached(20)
        watched = Watching(exchange, feed)
        source = BarSource(feed, TalibIndicators, BTC, Timeframe.M1)
        await source.open()

        async def take() -> None:
            async for state in feed.states(BTC):
                watched.states.append(state)
                watched.closed += [bar for bar, _ in await source.on_state(state)]

        taking = asyncio.create_task(take())
        await listening(exchange, streams("btcusdt"))
        try:
            yield watched
        finally:
            await feed.close()
            await taking


def bars_by_hand(recording: Recording, until_frame: int | None = None) -> list[Bar]:
    """One-minute bars of the recorded trades, by trade time; the last one is still being made."""
    minutes: dict[int, list[dict[str, Any]]] = {}
    for trade in recording.trades(until_frame):
        minutes.setdefault(trade["T"] // 60_000, []).append(trade)
    bars: list[Bar] = []
    for minute, trades in minutes.items():
        prices = [Decimal(trade["p"]) for trade in trades]
        volume = sum((Decimal(trade["q"]) for trade in trades), Decimal(0))
        opened = datetime.fromtimestamp(minute * 60, UTC)
        bars.append(Bar(BTC, Timeframe.M1, opened, prices[0], max(prices), min(prices), prices[-1], volume))
    return bars


async def test_trades_best_prices_and_book_arrive_and_bars_are_those_of_the_frames():
    async with watching() as live:
        await live.exchange.play()
        by_hand = bars_by_hand(live.exchange.recording)
        await until(lambda: len(live.closed) == 2)
        await live.settled()
        assert live.closed == by_hand[:-1]
        assert len(by_hand) == 3
        assert live.volume == live.recorded_volume()
        tickers = [m["data"] for _, m in live.exchange.recording.frames if m["stream"].endswith("bookTicker")]
        best = (Decimal(tickers[-1]["b"]), Decimal(tickers[-1]["a"]))
        await until(lambda: (live.states[-1].bid, live.states[-1].ask) == best)
        newest = live.states[-1]
        assert newest.sampling is Sampling.BOOK
        assert min(len(newest.bids), len(newest.asks)) >= 10
        assert all(b.ts > a.ts for a, b in pairwise(live.states))
        counts = live.feed.status().counts
        assert (counts.refused, counts.late, counts.gaps, counts.reconnects) == (0, 0, 0, 0)


async def test_two_pairs_are_followed_over_one_connection():
    async with watching(100) as live:
        following = asyncio.create_task(anext(live.feed.states(ETH)))
        await listening(live.exchange, streams("btcusdt", "ethusdt"))
        for text, message in Recording.read(ETH_FRAMES, 20).frames:
            if "trade" not in message["stream"]:
                await live.exchange.send(text)
        assert (await following).symbol == ETH
        assert set(live.feed.status().running_symbols) >= {BTC}
        assert live.feed.symbols == (BTC, ETH)


async def test_trading_rules_are_the_exchanges_own_to_the_last_digit():
    async with watching(100) as live:
        btc, eth = live.feed.instrument(BTC), live.feed.instrument(ETH)
        assert (btc.tick_size, btc.lot_size, btc.min_notional) == (Decimal("0.01"), Decimal("0.00001"), 5)
        assert eth.lot_size == Decimal("0.0001")
        with pytest.raises(NotFound, match="binance has no DOGE/USDT; among its 2 pairs are BTC/USDT, ETH/USDT"):
            live.feed.instrument("DOGE/USDT")


async def test_a_cut_connection_is_opened_again_and_what_was_traded_meanwhile_is_fetched():
    async with watching() as live:
        await live.exchange.play(2_000)
        await live.settled()
        await live.exchange.drop()
        live.exchange.miss(500)  # within the minute
        await listening(live.exchange, streams("btcusdt"))
        await live.exchange.play(100)
        await until(lambda: "trades" in live.exchange.asked)
        await live.settled()
        await live.exchange.play()
        await until(lambda: len(live.closed) == 2)
        await live.settled()
        counts = live.feed.status().counts
        assert counts.reconnects == 1
        assert counts.failures >= 1
        assert (live.closed, live.volume) == (bars_by_hand(live.exchange.recording)[:-1], live.recorded_volume())
        assert counts.gaps == 0


async def test_a_connection_cut_over_a_minutes_end_takes_the_bar_from_the_exchanges_history():
    async with watching() as live:
        await live.exchange.play(3_000)
        await live.settled()
        await live.exchange.drop()
        live.exchange.miss(5_000)  # more trades than the exchange tells of, over the first minute's end
        await listening(live.exchange, streams("btcusdt"))
        await live.exchange.play()
        await until(lambda: len(live.closed) == 2)
        assert live.closed == bars_by_hand(live.exchange.recording)[:-1]
        assert "klines" in live.exchange.asked


GARBAGE = (
    "not json at all",
    "{broken",
    '{"stream":"btcusdt@trade","data":{"e":"trade","E":null,"s":"BTCUSDT","t":1,"p":"NaN","q":"1","T":1723161256000}}',
    '{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":2,"p":"-5","q":"0","T":1723161256000}}',
    '{"stream":"btcusdt@bookTicker","data":{"u":99999999999,"s":"BTCUSDT","b":"9","B":"1","a":"8","A":"1"}}',
    '{"stream":"btcusdt@bookTicker","data":{"u":99999999999,"s":"BTCUSDT","b":"0","B":"1","a":"0","A":"1"}}',
)


async def test_garbage_frames_and_impossible_prices_are_refused_counted_and_survived():
    async with watching() as live:
        await live.exchange.play(200)
        for text in GARBAGE:
            before = live.feed.status().dropped
            await live.exchange.send(text)
            await until(lambda before=before: live.feed.status().dropped > before)
        await live.exchange.play()
        await until(lambda: len(live.closed) == 2)
        assert live.closed == bars_by_hand(live.exchange.recording)[:-1]
        assert live.feed.status().counts.refused == len(GARBAGE)
        assert min(state.bid for state in live.states) > 60_000


async def test_a_request_that_is_refused_or_fails_is_tried_again():
    """429 with Retry-After and 5xx, for the start and for the book's snapshot, without which there is no book."""
    async with loopback(Recording.read(BTC_FRAMES, 4_000)) as exchange:
        exchange.fail("exchangeInfo", 503, 1)
        exchange.fail("exchangeInfo", 429, 1, **{"Retry-After": "1"})
        exchange.fail("time", 500, 1)
        exchange.fail("depth", 429, 2)
        exchange.fail("depth", 502, 1, body="<html>bad gateway</html>")
        clock = FakeClock(datetime.fromtimestamp(exchange.clock_ms / 1000, UTC))
        feed = await LiveFeed.open("binance", clock, hurried(), None, exchange.address)
        assert await feed.reached(20)
        assert feed.status().counts.failures == 3
        states: list[MarketState] = []
        taking = asyncio.create_task(_collect(feed, states))
        await listening(exchange, streams("btcusdt"))
        playing = asyncio.create_task(_play_slowly(exchange))
        await until(lambda: any(len(state.bids) == 20 for state in states))
        assert (exchange.asked.count("depth"), feed.status().counts.failures) == (4, 4)  # ccxt itself asks three times
        assert states[0].sampling is Sampling.QUOTE  # best prices came meanwhile
        playing.cancel()
        await feed.close()
        await asyncio.gather(taking, playing, return_exceptions=True)


async def _collect(feed: LiveFeed, states: list[MarketState]) -> None:
    async for state in feed.states(BTC):
        states.append(state)  # noqa: PERF401 - they are looked at while they come


async def _play_slowly(exchange: Loopback) -> None:
    while exchange.at < len(exchange.recording.frames):
        await exchange.play(10)
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("wrong_by", [5.0, -5.0])
async def test_a_clock_of_ours_that_is_five_seconds_wrong_changes_nothing(wrong_by: float):
    async with watching(wrong_by=wrong_by) as live:
        began = datetime.fromtimestamp(live.exchange.clock_ms / 1000, UTC)
        assert live.feed.now() == began
        await live.exchange.play()
        await until(lambda: len(live.closed) == 2)
        await live.settled()
        assert live.closed == bars_by_hand(live.exchange.recording)[:-1]
        assert live.feed.now() == live.states[-1].ts
        assert live.feed.status().dropped == 0


async def test_history_is_fetched_in_pages_and_holds_closed_bars_alone():
    async with watching() as live:
        await live.exchange.play()
        await until(lambda: len(live.closed) == 2)
        by_hand = bars_by_hand(live.exchange.recording)
        assert await live.feed.history(BTC, Timeframe.M1, 5_000) == by_hand[:-1]
        assert await live.feed.history(BTC, Timeframe.M1, 1) == [by_hand[-2]]
        assert await live.feed.history(BTC, Timeframe.M1, 0) == []


async def test_history_that_cannot_be_fetched_or_read_is_an_error_and_not_an_empty_past():
    async with watching(100) as live:
        live.exchange.fail("klines", 500)
        with pytest.raises(Unavailable, match="binance"):
            await live.feed.history(BTC, Timeframe.M1, 5)
        live.exchange.fail("klines", 200, body='[[1723161240000,"1","0","2","x","1"]]')
        refused = live.feed.status().counts.refused
        assert await live.feed.history(BTC, Timeframe.M1, 5) == []
        assert live.feed.status().counts.refused == refused + 1


async def test_closing_ends_every_task_and_connection():
    before = asyncio.all_tasks()
    async with watching(500) as live:
        await live.exchange.play()
        await live.settled()
    await _ended(lambda: asyncio.all_tasks() <= before)


async def _ended(holds: Callable[[], bool]) -> None:
    await until(holds)


async def test_pairs_followed_before_are_known_before_the_exchange_answers():
    async with watching(100) as live:
        position = live.feed.status().position
    nobody = await LiveFeed.open("binance", FakeClock(), hurried(), position, "127.0.0.1:1")
    assert not await nobody.reached(0.05)
    assert (nobody.symbols, nobody.instrument(BTC).tick_size) == ((BTC,), Decimal("0.01"))
    with pytest.raises(Unavailable, match="not reached yet"):
        nobody.instrument(ETH)
    with pytest.raises(Unavailable, match="not reached yet"):
        await nobody.history(BTC, Timeframe.M1, 1)
    waiting: Awaitable[MarketState] = anext(nobody.states(BTC))
    ended = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    await nobody.close()
    with pytest.raises(StopAsyncIteration):
        await ended


async def test_an_exchange_that_refuses_is_not_waited_for():
    nobody = await LiveFeed.open("binance", FakeClock(), hurried(), None, "127.0.0.1:1")
    async with asyncio.timeout(60):
        assert not await nobody.reached(3_600)
    await nobody.close()

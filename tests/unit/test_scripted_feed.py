"""The scripted market mirrors the MarketFeed port, so that what passes with it means something."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import Conflict, NotFound
from core.domain.market import Bar, MarketState, Timeframe
from core.ports import MarketFeed
from tests.fakes.market import BTC, START, ScriptedFeed, state

FIRST = state("BTC/USDT", START + timedelta(seconds=5), "99", "101")
SECOND = state("BTC/USDT", START + timedelta(seconds=10), "100", "102")


async def test_a_push_returns_when_the_consumer_has_dealt_with_the_state():
    scripted = ScriptedFeed({"BTC/USDT": [FIRST]})
    feed: MarketFeed = scripted
    seen: list[MarketState] = []

    async def consume() -> None:
        async for one in feed.states("BTC/USDT"):
            await asyncio.sleep(0)
            seen.append(one)

    consumer = asyncio.create_task(consume())
    await scripted.drained("BTC/USDT")
    assert (seen, feed.now()) == ([FIRST], FIRST.ts)
    await scripted.push(SECOND)
    assert (seen, feed.now()) == ([FIRST, SECOND], SECOND.ts)
    with pytest.raises(Conflict):
        await anext(aiter(feed.states("BTC/USDT")))
    scripted.finish()
    await consumer
    assert feed.status().finished
    assert feed.status().running_symbols == ()


async def test_history_and_instruments_are_what_the_test_gave():
    bars = [
        Bar("BTC/USDT", Timeframe.M1, START + timedelta(minutes=m), *[Decimal(100)] * 4, volume=Decimal(1))
        for m in range(-7, 1)
    ]
    feed: MarketFeed = ScriptedFeed(history={"BTC/USDT": bars})
    assert await feed.history("BTC/USDT", Timeframe.M1, 3) == bars[4:7]
    assert len(await feed.history("BTC/USDT", Timeframe.M5, 3)) == 1
    assert feed.instrument("BTC/USDT") is BTC
    with pytest.raises(NotFound, match="BTC/USDT, ETH/USDT"):
        feed.instrument("DOGE/USDT")

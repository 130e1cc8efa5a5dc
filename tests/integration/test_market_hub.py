"""The market hub hands every state on, whatever its readers do, and says how old a price is (spec/bots.md)."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from core.domain import events as ev
from core.domain.account import Account
from core.domain.errors import NotFound, Unavailable
from core.domain.market import MarketState
from core.domain.order import Side
from core.services.market_hub import MarketHub
from tests.builders import BOT, Chain, bot_created, executed, funded
from tests.fakes.market import ScriptedFeed
from tests.integration.desk import BTC, at, quote, scripted_market


@pytest.fixture
async def hub() -> AsyncIterator[MarketHub]:
    opened = MarketHub(scripted_market())
    opened.follow(BTC)
    await asyncio.sleep(0)
    yield opened
    await opened.close()


def feed(hub: MarketHub) -> ScriptedFeed:
    assert isinstance(hub.feed, ScriptedFeed)
    return hub.feed


async def test_every_reader_gets_every_state_in_order_even_while_one_of_them_fails(hub: MarketHub):
    seen: list[MarketState] = []

    async def failing(_: MarketState) -> None:
        raise Unavailable("The store is away.")

    async def reading(state: MarketState) -> None:
        seen.append(state)

    hub.subscribe(failing)
    hub.subscribe(reading)
    states = [quote(secs, "100") for secs in range(1, 6)]
    for state in states:
        await feed(hub).push(state)
    assert seen == states
    assert (hub.latest(BTC), hub.mids_for(Account("nobody")), hub.failed()) == (states[-1], {BTC: Decimal(100)}, [])
    hub.unsubscribe(reading)
    await feed(hub).push(quote(6, "100"))
    assert seen == states


async def test_a_bug_in_a_reader_is_counted_and_prices_go_on(hub: MarketHub):
    async def broken(_: MarketState) -> None:
        raise KeyError("a bug")

    hub.subscribe(broken)
    for secs in (1, 2):
        await feed(hub).push(quote(secs, "100"))
    assert (hub.reader_errors, hub.failed()) == (2, [])
    assert hub.latest(BTC) == quote(2, "100")


async def test_waiting_for_a_state_gives_the_first_one_at_or_after_the_moment(hub: MarketHub):
    waiting = asyncio.create_task(hub.state_from(BTC, at(2), 60))
    for secs in (1, 1.999, 2):
        await asyncio.sleep(0)
        await feed(hub).push(quote(secs, "100"))
    assert await waiting == quote(2, "100")


async def test_waiting_for_a_state_ends_without_one_when_time_is_up_or_the_data_ends(hub: MarketHub):
    await feed(hub).push(quote(1, "100"))
    assert await hub.state_from(BTC, at(2), 0.01) is None
    waiting = asyncio.create_task(hub.state_from(BTC, at(2), 60))
    await asyncio.sleep(0)
    feed(hub).finish()
    assert await waiting is None


async def test_a_symbol_that_is_not_served_is_refused_by_name(hub: MarketHub):
    with pytest.raises(NotFound, match="DOGE"):
        hub.follow("DOGE/USDT")


def holder(source: str) -> Account:
    """An account whose bot, started on this market, bought BTC at 99."""
    chain = Chain()
    chain.add(funded())
    chain.add(bot_created())
    chain.add(ev.BotStarted(BOT, 1, source, "test"))
    chain.add(executed(Side.BUY, [("1", "99", "0")], mark="99"), at(0))
    return chain.state


async def test_a_mark_is_the_present_mid_and_goes_stale_with_the_other_symbols_clock(hub: MarketHub):
    account = holder(hub.feed.source)
    recorded = hub.marks(account, 60)[BTC]
    assert (recorded.price, recorded.stale, recorded.source) == (Decimal(99), True, "recorded")
    await feed(hub).push(quote(1, "100"))
    hub.follow("ETH/USDT")
    await asyncio.sleep(0)
    for secs, stale in ((61, False), (61.001, True)):
        eth = quote(secs, "10")
        await feed(hub).push(MarketState("ETH/USDT", eth.ts, eth.bids, eth.asks, eth.volume, eth.source))
        mark = hub.marks(account, 60)[BTC]
        assert (mark.price, mark.age_secs, mark.stale) == (Decimal(100), Decimal(str(secs)) - 1, stale)


async def test_a_position_from_another_market_is_not_valued_at_this_markets_prices(hub: MarketHub):
    account = holder("simulated")
    await feed(hub).push(quote(1, "100"))
    mark = hub.marks(account, 60)[BTC]
    assert (mark.price, mark.stale, mark.source) == (Decimal(99), True, "recorded")
    assert hub.mids_for(account) == {}

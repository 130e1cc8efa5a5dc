"""Each strategy trades through engine, gates, paper exchange and ledger on a market that suits it (spec/bots.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import pi, sin

import pytest

from core.adapters.store.schema import COLLECTIONS
from core.domain.events import OrderExecuted
from core.domain.lots import Lot, LotQueue
from core.domain.market import Bar, Timeframe
from core.domain.order import ExitReason, Side
from core.domain.strategies.catalog import RISK_PROFILES
from tests.fakes.market import START, ScriptedFeed
from tests.fakes.store_memory import MemoryStore
from tests.integration.desk import BTC, Desk, at, audited, desk, orders_of

CAPITAL = Decimal(1000)
SLIPPED = Decimal("1.0005")
"""What a fill may cost more than the ask it was decided at."""


def swings(minutes: int, size: float, period: int) -> list[Decimal]:
    """Prices that swing around 100."""
    return [Decimal(f"{100 * (1 + size * sin(2 * pi * m / period)):.2f}") for m in range(minutes)]


def slopes(*parts: tuple[int, float]) -> list[Decimal]:
    """Prices from 100 on that change by so much a minute for so many minutes."""
    price, prices = 100.0, list[Decimal]()
    for minutes, change in parts:
        for _ in range(minutes):
            price *= 1 + change
            prices.append(Decimal(f"{price:.2f}"))
    return prices


@dataclass(frozen=True)
class Market:
    """A strategy, and prices minute by minute that suit it."""

    strategy: str
    parameters: dict[str, int]
    prices: list[Decimal]


SUITABLE = [
    Market(
        "ema_cross", {"fast": 3, "slow": 8}, slopes((30, -0.0005), (30, 0.001), (30, -0.001), (30, 0.001), (20, -0.001))
    ),
    Market("rsi_reversion", {"period": 5}, swings(200, 0.012, 40)),
    Market("bollinger", {"period": 20, "width": 15}, swings(240, 0.012, 60)),
    Market(
        "breakout",
        {"entry": 10, "exit": 5, "stop": 20},
        slopes((20, 0.0), (25, 0.0008), (20, -0.0008), (25, 0.0008), (20, -0.001)),
    ),
    Market("grid", {"period": 50, "step": 60, "levels": 3}, swings(300, 0.02, 50)),
    Market(
        "dca", {"interval": 5, "slices": 4, "target": 100}, slopes((25, -0.001), (40, 0.001), (20, -0.001), (40, 0.001))
    ),
]


def flat_history() -> ScriptedFeed:
    """An hour at 100."""
    bars = [
        Bar(BTC, Timeframe.M1, START - timedelta(minutes=m), *[Decimal(100)] * 4, volume=Decimal(5))
        for m in range(60, 0, -1)
    ]
    return ScriptedFeed(history={BTC: bars})


async def live(shop: Desk, prices: Sequence[Decimal], first: int = 0) -> None:
    """Minutes of which each stands at its price."""
    for minute, price in enumerate(prices, first):
        await shop.tick(minute * 60 + 1, str(price))
        await shop.tick(minute * 60 + 30, str(price))
    await shop.tick((first + len(prices)) * 60 + 1, str(prices[-1]))


def keeps_to_its_risk_mode(orders: Sequence[OrderExecuted], mode: str) -> bool:
    """Whether, told from the fills alone, no entry made the position cost more than the mode allows."""
    cash, queue, fraction = CAPITAL, LotQueue(), RISK_PROFILES[mode].position_fraction
    for order in orders:
        allowed = (cash + queue.cost) * fraction
        for fill in order.fills:
            notional = fill.quantity * fill.price
            if order.side is Side.BUY:
                queue.buy(Lot(fill.quantity, fill.price, START, fill.fee))
                cash -= notional + fill.fee
            else:
                queue.sell(fill.quantity)
                cash += notional - fill.fee
        if order.side is Side.BUY and queue.cost > allowed * SLIPPED:
            return False
    return True


@pytest.mark.parametrize("mode", ["safe", "aggressive"])
@pytest.mark.parametrize("market", SUITABLE, ids=lambda market: market.strategy)
async def test_it_enters_and_leaves_within_its_risk_mode_and_the_ledger_verifies(market: Market, mode: str):
    async with desk(MemoryStore(COLLECTIONS), feed=flat_history()) as shop:
        user = await shop.user()
        bot = await shop.bot(user, strategy=market.strategy, parameters=market.parameters, risk_mode=mode)
        await shop.warm(bot)
        await live(shop, market.prices)
        orders = await orders_of(shop.store, user)
        entries = [o for o in orders if o.side is Side.BUY and o.fills]
        exits = [o for o in orders if o.side is Side.SELL and o.fills]
        assert len(entries) >= 2
        assert exits
        assert keeps_to_its_risk_mode(orders, mode)
        assert await shop.account(user) == await audited(shop.store, user)


async def _trade(market: Market) -> tuple[list[OrderExecuted], list[str]]:
    async with desk(MemoryStore(COLLECTIONS), feed=flat_history()) as shop:
        user = await shop.user()
        bot = await shop.bot(user, strategy=market.strategy, parameters=market.parameters)
        await shop.warm(bot)
        await live(shop, market.prices)
        traces = [trace.text for trace in await shop.services.traces.newest(bot, 500)]
        return await orders_of(shop.store, user), traces


async def test_a_grid_buys_several_slices_and_sells_them_in_parts():
    orders, traces = await _trade(SUITABLE[4])
    held = most = Decimal(0)
    partial = 0
    for order in orders:
        filled = sum((fill.quantity for fill in order.fills), Decimal(0))
        partial += order.side is Side.SELL and filled < held
        held += filled if order.side is Side.BUY else -filled
        most = max(most, held)
    assert [o.side for o in orders[:2]] == [Side.BUY, Side.BUY]
    assert partial > 0
    assert any("one of" in text for text in traces)
    for order in orders:
        if order.side is Side.BUY:  # every slice aims at the average, at least a step away
            assert order.take_profit is not None
            assert order.take_profit > order.decided_mid * Decimal("1.005")


async def test_averaging_in_lowers_its_average_and_sells_all_at_a_gain():
    orders, _ = await _trade(SUITABLE[5])
    entries = [o for o in orders if o.side is Side.BUY]
    targets = [o.take_profit for o in entries[:4]]
    assert len(entries) >= 4
    assert targets == sorted(targets, key=lambda target: target or Decimal(0), reverse=True)
    (first, *_) = [o for o in orders if o.side is Side.SELL]
    bought = orders[: orders.index(first)]
    spent = sum((f.quantity * f.price + f.fee for o in bought for f in o.fills), Decimal(0))
    got = sum((f.quantity * f.price - f.fee for f in first.fills), Decimal(0))
    assert got > spent
    assert first.exit_reason in {ExitReason.TAKE_PROFIT, ExitReason.SIGNAL}


async def test_averaging_in_goes_on_after_a_restart_where_it_stopped():
    """Time since the last entry is in the ledger; the second process buys no sooner than the first would have."""
    market, store = SUITABLE[5], MemoryStore(COLLECTIONS)
    without, _ = await _trade(market)
    feed = flat_history()
    async with desk(store, feed=feed) as shop:
        user = await shop.user()
        bot = await shop.bot(user, strategy=market.strategy, parameters=market.parameters)
        await shop.warm(bot)
        await live(shop, market.prices[:12])
    first = len(await orders_of(store, user))
    async with desk(store, feed=ScriptedFeed(history=history_of(market.prices[:12]), start=at(12 * 60 + 1))) as shop:
        await shop.warm(bot)
        await live(shop, market.prices[12:], first=12)
        orders = await orders_of(store, user)
    assert 0 < first < len(orders)
    assert [(o.side, o.decided_mid) for o in orders] == [(o.side, o.decided_mid) for o in without]


def history_of(prices: Sequence[Decimal]) -> dict[str, list[Bar]]:
    """Closed minutes from the start on."""
    return {
        BTC: [
            Bar(BTC, Timeframe.M1, START + timedelta(minutes=m), *[price] * 4, volume=Decimal(5))
            for m, price in enumerate(prices)
        ]
    }


async def _grid_holding_a_slice(shop: Desk) -> tuple[str, str]:
    """A grid bot that holds one slice of three, bought near 99.3 with its stop near 97.6, a minute ago."""
    user = await shop.user()
    bot = await shop.bot(user, strategy="grid", parameters={"period": 50, "step": 60, "levels": 3})
    await shop.warm(bot)
    await live(shop, [Decimal("99.3")])
    await shop.tick(62, "99.3")
    (entry,) = await orders_of(shop.store, user)
    assert entry.side is Side.BUY
    return user, bot


async def test_a_stop_that_is_touched_while_a_further_slice_waits_sells_all():
    """The entry was decided before; after the touch it must not be bought, nor the stop be forgotten."""
    async with desk(MemoryStore(COLLECTIONS), feed=flat_history()) as shop:
        user, _ = await _grid_holding_a_slice(shop)
        await shop.tick(110, "98.5")
        await shop.tick(121, "98.5")  # closes the minute: a second slice is wanted
        await shop.tick(121.02, "97")  # before it can act the stop is touched
        await shop.tick(122, "98.5")
        await shop.tick(123, "98.5")
        orders = await orders_of(shop.store, user)
        assert [o.exit_reason for o in orders] == [None, ExitReason.STOP_LOSS]
        assert await shop.account(user) == await audited(shop.store, user)


async def test_a_target_that_is_touched_while_a_part_is_being_sold_sells_the_rest_too():
    async with desk(MemoryStore(COLLECTIONS), feed=flat_history()) as shop:
        user, bot = await _grid_holding_a_slice(shop)
        await shop.tick(110, "98.5")
        await shop.tick(121, "98.5")
        await shop.tick(122, "98.5")
        await shop.tick(175, "99.6")
        await shop.tick(181, "99.6")  # closes the minute: one of two slices is to be sold
        await shop.tick(181.02, "100.5")  # above the target of all
        await shop.tick(182, "99.6")
        await shop.tick(183, "99.6")
        orders = await orders_of(shop.store, user)
        assert [o.exit_reason for o in orders[2:]] == [ExitReason.TAKE_PROFIT]
        assert (await shop.account(user)).bot(bot).flat

"""A strategy that fails counts towards its bot's breaker; a denial or an outage of our own store does not (gate 4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest

from core.adapters.indicators import TalibIndicators
from core.domain.bot import BotStatus
from core.domain.events import BotErred, BreakerTripped, Metric
from core.domain.market import Bar
from core.domain.strategies.base import IndicatorSpec
from core.ports import StoreUnavailable
from core.services.engine import Engine, EngineParts
from core.services.ownership import EngineRole, Ownership
from tests.fakes.faulty_store import Fault, FaultyStore
from tests.integration.desk import BTC, Desk, buy, desk, journal, until
from tests.store_location import Location

HISTORY = 60
"""Bars of the script's history, from which bots start."""


class BrokenLater:
    """Indicators as they are as long as bars come from history, then values that no strategy can use."""

    def __init__(self) -> None:
        self._inner = TalibIndicators()
        self._bars = 0

    def require(self, spec: IndicatorSpec) -> None:
        self._inner.require(spec)

    def update(self, bar: Bar) -> Mapping[IndicatorSpec, float]:
        self._bars += 1
        values = self._inner.update(bar)
        return values if self._bars <= HISTORY else dict.fromkeys(values, cast("float", object()))


def broken_engine(shop: Desk, broken: type[BrokenLater] = BrokenLater) -> Engine:
    """An engine whose bots' strategies raise on every new bar, or with other indicators sooner."""
    s = shop.services
    parts = EngineParts(shop.store, s.accounts, s.writer, s.orders, s.manual, s.traces, s.hub, s.bus, broken)
    return Engine(parts, Ownership(shop.store, "broken"), "broken")


async def errors(shop: Desk, user: str) -> list[str]:
    return [e.payload.message for e in await journal(shop.store, user) if isinstance(e.payload, BotErred)]


async def test_a_strategy_that_raises_trips_its_bot_at_the_limit_and_leaves_others_alone(location: Location):
    async with desk(location.make(), trade=False, max_errors_per_hour=2) as shop:
        ann, bob = await shop.user(), await shop.user("bob@example.com")
        failing, slow = await shop.bot(ann), await shop.bot(bob, parameters={"fast": 50, "slow": 100})
        engine = broken_engine(shop)
        engine.start()
        try:
            await until(lambda: engine.role is EngineRole.OWNER)
            await until(lambda: bool(engine.warmth(BTC, failing) and engine.warmth(BTC, slow)))
            await shop.rise(0)
            assert (await shop.account(ann)).bot(failing).status is BotStatus.RUNNING
            await shop.rise(1)
            await shop.rise(2)
        finally:
            await engine.stop()
        assert await errors(shop, ann) == ["The strategy failed: TypeError."] * 2
        tripped = [e.payload for e in await journal(shop.store, ann) if isinstance(e.payload, BreakerTripped)]
        assert [(trip.metric, trip.value, trip.bot_id) for trip in tripped] == [
            (Metric.ERRORS_PER_HOUR, 2, failing),
            (Metric.ERRORS_PER_HOUR, 2, None),
        ]
        assert (await shop.account(ann)).bot(failing).status is BotStatus.CIRCUIT_TRIPPED
        assert (await shop.account(bob)).bot(slow).status is BotStatus.RUNNING


async def test_denials_are_no_errors(location: Location):
    async with desk(location.make(), trade=False, max_errors_per_hour=1) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        request = buy(bot, "k", 1, take_profit_bps=None)
        for number in range(3):
            denied = await shop.submit(user, replace(request, client_order_id=f"k{number}"), 1)
            assert denied.gate_failed == "fee_coverage"
        assert not (await shop.services.orders.submit(user, request, None)).success
        await shop.services.orders.check_breakers(user, bot, shop.feed.now())
        account = await shop.account(user)
        assert (list(account.errors), account.bot(bot).status) == ([], BotStatus.RUNNING)


async def test_an_outage_of_our_own_store_is_no_error_of_a_bot(location: Location):
    store = FaultyStore(location.make())
    async with desk(store, trade=False, max_errors_per_hour=1) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        for fault in (Fault.BEFORE_WRITE, Fault.AFTER_WRITE):
            store.faults.append(fault)
            with pytest.raises(StoreUnavailable):
                await shop.submit(user, buy(bot, fault.value, 1), 1)
        store.away = True
        with pytest.raises(StoreUnavailable):
            await shop.submit(user, buy(bot, "away", 1), 1)
        store.away = False
        await shop.services.orders.check_breakers(user, bot, shop.feed.now())
        account = await shop.account(user)
        assert (list(account.errors), account.tripped, account.bot(bot).status) == ([], None, BotStatus.RUNNING)
        assert await errors(shop, user) == []


class BrokenAlways(BrokenLater):
    """Indicators that no strategy can use, from the first bar of history on."""

    def update(self, bar: Bar) -> Mapping[IndicatorSpec, float]:
        return dict.fromkeys(super().update(bar), cast("float", object()))


async def test_a_strategy_that_raises_while_it_warms_up_keeps_no_other_bot_from_warming(location: Location):
    async with desk(location.make(), trade=False, max_errors_per_hour=2) as shop:
        user, other = await shop.user(), await shop.user("bob@example.com")
        failing = await shop.bot(user)
        slow = await shop.bot(user, "Slow", parameters={"fast": 50, "slow": 100})  # too slow to be warm, so unharmed
        also = await shop.bot(other, parameters={"fast": 50, "slow": 100})
        engine = broken_engine(shop, BrokenAlways)
        engine.start()
        try:
            await until(lambda: bool(engine.warmth(BTC, slow) and engine.warmth(BTC, also)))
            await until(lambda: shop.services.writer.known(user).bot(failing).status is BotStatus.CIRCUIT_TRIPPED)
            assert engine.role is EngineRole.OWNER
        finally:
            await engine.stop()
        assert await errors(shop, user) == ["The strategy failed: TypeError."] * 2

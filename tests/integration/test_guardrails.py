"""Limits, their use and circuit breakers are told as the gates decide on them (spec/pipeline.md, gates 3 and 4)."""

from collections.abc import AsyncIterator
from dataclasses import fields
from decimal import Decimal

import pytest

from core.domain.events import LimitsChanged, Metric
from core.domain.journal import Head, Stamp, seal
from core.domain.order import OrderRequest, TimeInForce
from core.domain.rules import TradingRules
from core.ports import DuplicateKey
from core.services.guard_reports import BreakerChange, BreakerEvent, LimitSource
from core.services.refold import rebuild
from tests.integration.desk import ACTOR, Desk, at, buy, desk, documents, journal, sell
from tests.store_location import Location


@pytest.fixture
async def shop(location: Location) -> AsyncIterator[Desk]:
    async with desk(location.make(), max_trades_per_bot_daily=2, max_consecutive_losses=2) as opened:
        yield opened


async def own_limits(shop: Desk, user: str, **limits: str) -> None:
    """The account's own limits, as an admin's command would record them."""
    fact = LimitsChanged({name: Decimal(limit) for name, limit in limits.items()}, ACTOR)
    while True:
        newest = (await journal(shop.store, user))[-1]
        stamp = Stamp(user, "limits", newest.epoch, newest.ts, newest.recorded_at)
        try:
            await shop.store.insert("ledger_events", seal(Head(newest.seq, newest.hash), stamp, fact))
        except DuplicateKey:
            continue  # the engine took the account over at the same moment
        return


def rest(bot: str, key: str, secs: float) -> OrderRequest:
    """An entry below the market."""
    return buy(bot, key, secs, limit_price=Decimal(99), time_in_force=TimeInForce.GTC)


async def lose(shop: Desk, user: str, bot: str, key: str, secs: float) -> None:
    """A round trip that loses its fees."""
    assert (await shop.submit(user, buy(bot, f"{key}-in", secs), secs)).success
    assert (await shop.submit(user, sell(bot, f"{key}-out", secs), secs)).success


async def test_every_limit_is_told_with_who_set_it(shop: Desk):
    user = await shop.user()
    report = await shop.services.guardrails.limits(user)
    assert {limit.name for limit in report.limits} == {field.name for field in fields(TradingRules)}
    assert report.value("max_trades_per_bot_daily") == 2
    assert {limit.source for limit in report.limits} == {LimitSource.INSTALLATION}
    await own_limits(shop, user, max_trades_per_bot_daily="7", max_drawdown="0.05")
    report = await shop.services.guardrails.limits(user)
    own = {limit.name: limit.value for limit in report.limits if limit.source is LimitSource.ACCOUNT}
    assert own == {"max_trades_per_bot_daily": 7, "max_drawdown": Decimal("0.05")}


async def test_the_use_of_the_daily_limits_is_what_the_gate_denies_on(shop: Desk):
    user = await shop.user()
    first, second = await shop.bot(user, "A"), await shop.bot(user, "B")
    await shop.tick(1, "100")
    await lose(shop, user, first, "one", 1)
    assert (await shop.submit(user, rest(second, "rests", 1), 1)).success
    report = await shop.services.guardrails.usage(user)
    assert [(one.bot, one.filled, one.waiting, one.limit) for one in report.bots] == [("A", 2, 0, 2), ("B", 0, 1, 2)]
    assert (report.user.filled, report.user.waiting, report.user.used, report.user.limit) == (2, 1, 3, 500)
    denied = await shop.submit(user, buy(first, "k", 1), 1)
    assert (denied.code, denied.value, denied.limit) == ("daily_limit", "2", "2")
    assert denied.clears_at == report.user.clears_at == report.bots[0].clears_at
    await shop.tick(86_400, "100")  # a new day has begun, though no event says so yet
    assert [one.filled for one in (await shop.services.guardrails.usage(user)).bots] == [0, 0]


async def test_the_burst_window_and_the_cooldown_clear_when_the_gate_says_so(location: Location):
    async with desk(location.make(), trade=False, burst_limit_orders_per_exchange=2) as shop:
        user = await shop.user()
        first, second, third = [await shop.bot(user, name) for name in "ABC"]
        await shop.services.bots.set_cooldown(user, first, 30, actor=ACTOR, key="cooldown")
        assert [one.clears_at for one in (await shop.services.guardrails.usage(user)).bursts] == [None]
        assert (await shop.submit(user, buy(first, "in", 1), 1)).success
        assert (await shop.submit(user, rest(second, "rests", 2), 2)).success
        await shop.tick(3, "100")
        report = await shop.services.guardrails.usage(user)
        (burst,), (cooldown,), (working,) = report.bursts, report.cooldowns, report.working
        denied = await shop.submit(user, buy(third, "k", 3), 3)
        assert (denied.code, denied.clears_at, denied.value) == ("burst_limit", burst.clears_at, str(burst.used))
        assert (burst.exchange, burst.used, burst.limit, burst.window_secs) == ("binance", 2, 2, 10)
        assert (cooldown.bot, cooldown.minutes, cooldown.last_entry_at) == ("A", 30, at(1))
        assert (working.bot, working.symbol, working.working, working.allowed) == ("B", "BTC/USDT", 1, 1)
        await shop.tick(60, "100")
        assert (await shop.submit(user, sell(first, "out", 60), 60)).success
        denied = await shop.submit(user, buy(first, "again", 60), 60)
        assert (denied.code, denied.clears_at) == ("cooldown", cooldown.clears_at)
        await shop.tick(1_801, "100")
        assert (await shop.services.guardrails.usage(user)).cooldowns[0].clears_at is None


async def test_a_breakers_measures_are_told_before_and_after_it_trips(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    await shop.tick(1, "100")
    await own_limits(shop, user, max_trades_per_bot_daily="9")
    await lose(shop, user, bot, "one", 1)
    report = await shop.services.guardrails.breaker(user)
    assert (report.user.open, report.user.tripped_by, report.bots[0].open) == (False, None, False)
    for scope in (report.user, *report.bots):
        measured = {one.metric: (one.value, one.threshold, one.reached) for one in scope.measures}
        assert list(measured) == list(Metric)
        assert measured[Metric.CONSECUTIVE_LOSSES] == (1, 2, False)
        assert measured[Metric.ERRORS_PER_HOUR] == (0, 10, False)
        assert 0 < measured[Metric.DRAWDOWN][0] == measured[Metric.DAILY_LOSS][0] < Decimal("0.01")
    await lose(shop, user, bot, "two", 20)
    report = await shop.services.guardrails.breaker(user)
    for scope in (report.user, *report.bots):
        assert (scope.open, scope.tripped_by) == (True, Metric.CONSECUTIVE_LOSSES)
        assert [one.metric for one in scope.measures if one.reached] == [Metric.CONSECUTIVE_LOSSES]


async def test_trips_and_resets_stay_in_the_history_and_tripped_bots_are_the_quarantined_ones(shop: Desk):
    user = await shop.user()
    other, bot = await shop.bot(user, "Other"), await shop.bot(user)
    rails = shop.services.guardrails
    assert (await rails.history(user, 10), await rails.quarantined(user)) == ([], [])
    await own_limits(shop, user, max_trades_per_bot_daily="9")
    await lose(shop, user, bot, "one", 1)
    await lose(shop, user, bot, "two", 20)
    held = {one.bot: one for one in await rails.quarantined(user)}
    assert {name: one.by_account for name, one in held.items()} == {"Other": True, "Alpha": False}
    assert (held["Other"].metric, held["Other"].value, held["Other"].threshold) == (Metric.CONSECUTIVE_LOSSES, 2, 2)
    assert held["Other"].since == at(20)
    await shop.services.bots.reset_breaker(user, None, actor=ACTOR, reason="fees only", key="r1")
    assert [one.bot_id for one in await rails.quarantined(user)] == [bot]
    await shop.services.bots.reset_breaker(user, bot, actor=ACTOR, reason="seen", key="r2")
    assert await rails.quarantined(user) == []
    assert {b.status.value for b in (await shop.account(user)).bots.values()} == {"paused"}
    told = await rails.history(user, 10)
    assert [(e.change, e.bot_id, e.reason) for e in told] == [
        (BreakerChange.RESET, bot, "seen"),
        (BreakerChange.RESET, None, "fees only"),
        (BreakerChange.TRIPPED, None, None),
        (BreakerChange.TRIPPED, bot, None),
    ]
    assert [(e.metric, e.value, e.threshold, e.bot) for e in told[2:]] == [
        (Metric.CONSECUTIVE_LOSSES, 2, 2, None),
        (Metric.CONSECUTIVE_LOSSES, 2, 2, "Alpha"),
    ]
    assert await rails.history(user, 1) == told[:1]
    assert other != bot


async def _history(shop: Desk, user: str) -> list[BreakerEvent]:
    return await shop.services.guardrails.history(user, 100)


async def test_the_history_is_written_again_from_the_journal(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    await own_limits(shop, user, max_trades_per_bot_daily="9")
    await lose(shop, user, bot, "one", 1)
    await lose(shop, user, bot, "two", 20)
    before = await _history(shop, user)
    stored = await documents(shop.store, "circuit_breaker_history", "user_seq", user)
    for key in stored:
        await shop.store.delete("circuit_breaker_history", key)
    assert await _history(shop, user) == []
    await rebuild(shop.store, user)
    assert await _history(shop, user) == before
    assert await documents(shop.store, "circuit_breaker_history", "user_seq", user) == stored

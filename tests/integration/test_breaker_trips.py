"""A trip is told once, stops what is on its way, and does not come back after a reset (spec/pipeline.md, gate 4)."""

import asyncio
import itertools
from decimal import Decimal
from typing import Any

import pytest

from core.domain.bot import BotStatus
from core.domain.errors import Conflict
from core.domain.events import BreakerReset, BreakerTripped, Metric, OrderExecuted
from core.domain.journal import Event
from core.ports import Document
from core.services.snapshots import Snapshots
from tests.integration.desk import ACTOR, Desk, audited, buy, desk, documents, journal, sell, until
from tests.store_location import Location

LOSES_TWICE: dict[str, Any] = {
    "max_consecutive_losses": 2,
    "burst_limit_orders_per_exchange": 1_000_000,
    "max_trades_per_user_daily": 1_000_000,
    "max_trades_per_bot_daily": 1_000_000,
}


async def trips(shop: Desk, user: str) -> list[Event]:
    return [event for event in await journal(shop.store, user) if isinstance(event.payload, BreakerTripped)]


async def alerts(shop: Desk, user: str) -> list[Document]:
    return list((await documents(shop.store, "alerts", "user", user)).values())


async def lose_twice(shop: Desk, user: str, bot: str, secs: float = 1) -> None:
    """Two round trips that lose their fees: the bot's breaker opens, and its owner's."""
    for number in range(2):
        assert (await shop.submit(user, buy(bot, f"in {number} {secs}", secs), secs)).success
        assert (await shop.submit(user, sell(bot, f"out {number} {secs}", secs), secs)).success


async def has_alerts(shop: Desk, user: str, count: int) -> list[Document]:
    """The alerts of a user, once there are so many."""
    async with asyncio.timeout(20):
        while len(found := await alerts(shop, user)) < count:  # noqa: ASYNC110 - the store is asked, it does not tell
            await asyncio.sleep(0.01)
    return found


async def test_each_trip_raises_one_alert_in_any_number_of_processes(location: Location):
    async with desk(location.make(), **LOSES_TWICE) as one:
        user = await one.user()
        bot = await one.bot(user)
        await lose_twice(one, user, bot)
        found = await has_alerts(one, user, 2)
        assert [alert["kind"] for alert in found] == ["breaker_trip"] * 2
        assert {(alert["severity"], alert["count"], alert["acknowledged"]) for alert in found} == {
            ("critical", 1, False)
        }
        assert sorted(alert["message"].partition(" opened: ")[0] for alert in found) == [
            "The circuit breaker of Alpha",
            "The circuit breaker of your account",
        ]
        assert all("consecutive losses 2, limit 2." in alert["message"] for alert in found)
    async with desk(location.make(), **LOSES_TWICE) as again, desk(location.make(), trade=False) as other:
        assert await again.app.breaker_alarm.catch_up()
        await again.services.guardrails.history(user, 1)
        assert await alerts(other, user) == found


async def test_a_trip_that_a_crash_left_untold_is_told_at_the_next_start(location: Location):
    async with desk(location.make(), trade=False, **LOSES_TWICE) as crashing:  # nothing runs behind the journal
        user = await crashing.user()
        await lose_twice(crashing, user, await crashing.bot(user))
        assert await alerts(crashing, user) == []
        tripped = await trips(crashing, user)
    async with desk(location.make(), **LOSES_TWICE) as again:
        found = await has_alerts(again, user, 2)
        assert {alert["_id"] for alert in found} == {f"{user}:breaker_trip:{event.seq}" for event in tripped}


async def test_a_trip_in_one_process_is_told_by_the_one_that_runs_the_bots(location: Location):
    async with desk(location.make(), **LOSES_TWICE) as engine, desk(location.make(), trade=False, **LOSES_TWICE) as web:
        user = await web.user()
        bot = await web.bot(user)
        await until(lambda: engine.services.writer.known(user).seq > 0)
        await lose_twice(web, user, bot)
        assert len(await has_alerts(engine, user, 2)) == 2


async def test_a_trip_of_the_account_stops_every_running_bot_and_entries_on_their_way(location: Location):
    async with (
        desk(location.make(), trade=False, **LOSES_TWICE) as one,
        desk(location.make(), trade=False, **LOSES_TWICE) as two,
    ):
        user = await one.user()
        bots = [await one.bot(user, f"Bot {n}") for n in range(5)]
        idle = await one.bot(user, "Idle", start=False)
        shops = itertools.cycle((one, two))

        async def trade(bot: str, shop: Desk) -> str | None:
            """Enter once, then again and again until a gate says no."""
            for number in itertools.count():
                answer = await shop.submit(user, buy(bot, f"in {number} {bot}", 1), 1)
                if not answer.success:
                    return answer.gate_failed
                assert (await shop.submit(user, sell(bot, f"out {number} {bot}", 1), 1)).success
            raise AssertionError

        async with asyncio.timeout(60):
            denied = await asyncio.gather(*(trade(bot, shop) for bot, shop in zip(bots, shops, strict=False)))
        assert denied == ["circuit_breaker"] * len(bots)
        events = await journal(one.store, user)
        of_account = next(e for e in events if isinstance(e.payload, BreakerTripped) and e.payload.bot_id is None)
        entries = [e.seq for e in events if isinstance(e.payload, OrderExecuted) and not e.payload.reduce_only]
        assert max(entries) < of_account.seq
        account = await one.account(user)
        assert {account.bot(bot).status for bot in bots} == {BotStatus.CIRCUIT_TRIPPED}
        assert account.bot(idle).status is BotStatus.CREATED
        assert account == await audited(one.store, user)


async def test_after_a_reset_and_a_rebuild_from_the_journal_nothing_trips_again_at_once(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user, capital=Decimal(10_000))
        assert (await shop.submit(user, buy(bot, "in", 1, "90"), 1)).success
        await shop.tick(2, "77")
        await shop.services.orders.check_breakers(user, bot, shop.feed.now())
        tripped = [event.payload for event in await trips(shop, user)]
        assert [(trip.metric, trip.bot_id) for trip in tripped if isinstance(trip, BreakerTripped)] == [
            (Metric.DRAWDOWN, bot),
            (Metric.DRAWDOWN, None),
        ]
        for number, scope in enumerate((bot, None)):
            await shop.services.bots.reset_breaker(user, scope, actor=ACTOR, reason="seen", key=f"reset{number}")
        assert (await shop.account(user)).bot(bot).status is BotStatus.PAUSED
    async with desk(location.make(), trade=False) as again:
        await Snapshots(again.store).drop(user)
        before = await again.account(user)
        await again.tick(3, "77")
        await again.services.orders.check_breakers(user, bot, again.feed.now())
        report = await again.services.guardrails.breaker(user)
        assert [m.value for scope in (report.user, *report.bots) for m in scope.measures] == [0] * 8
        assert (await again.account(user)).seq == before.seq
        await again.services.bots.resume(user, bot, actor=ACTOR, key="go on")
        await again.tick(4, "70")  # a tenth below the new beginning, far below the old peak
        await again.services.orders.check_breakers(user, bot, again.feed.now())
        assert len(await trips(again, user)) == 2
        await again.tick(5, "60")
        await again.services.orders.check_breakers(user, bot, again.feed.now())
        assert len(await trips(again, user)) == 4


async def test_a_process_that_never_saw_an_account_can_find_and_reset_its_bots_breaker(location: Location):
    async with desk(location.make(), **LOSES_TWICE) as one, desk(location.make(), trade=False, **LOSES_TWICE) as web:
        user = await one.user()
        bot = await one.bot(user)
        await lose_twice(one, user, bot)
        await one.services.guardrails.history(user, 1)  # waits for the projections
        assert await web.services.bots.owner("no such bot") is None
        assert await web.services.bots.owner(bot) == user
        reset = web.services.bots.reset_breaker
        for _ in range(2):
            await reset(user, bot, actor="admin@example.com", reason="fees only", key="r")
        with pytest.raises(Conflict, match="not open"):
            await reset(user, bot, actor="admin@example.com", reason="fees only", key="another")
        facts = [e.payload for e in await journal(web.store, user) if isinstance(e.payload, BreakerReset)]
        assert [(fact.actor, fact.reason, fact.bot_id) for fact in facts] == [("admin@example.com", "fees only", bot)]
        await until(lambda: one.services.writer.known(user).bot(bot).tripped is None)
        assert one.services.writer.known(user).tripped is Metric.CONSECUTIVE_LOSSES  # the account's is another

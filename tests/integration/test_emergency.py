"""The emergency stop is one event, whatever the number of bots, and it stays (spec/pipeline.md, Halt)."""

import asyncio
from decimal import Decimal

import pytest

from core.domain.bot import BotStatus
from core.domain.errors import Conflict
from core.domain.events import TradingHalted, TradingResumed
from core.domain.order import ExitReason
from core.ports import StoreUnavailable
from tests.integration.desk import (
    ACTOR,
    Desk,
    audited,
    buy,
    desk,
    documents,
    journal,
    orders_of,
)
from tests.store_location import Location

BOTS = 1_000


async def halts(shop: Desk, user: str) -> int:
    return sum(isinstance(e.payload, TradingHalted) for e in await journal(shop.store, user))


async def test_one_event_halts_a_thousand_bots_and_survives_a_restart(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        for number in range(BOTS):
            await shop.bot(user, f"Bot {number}", capital=Decimal(10))
        before = (await shop.account(user)).seq
        report = await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        assert (report.halted_bots, report.already_halted, report.open_positions) == (BOTS, False, ())
        assert [type(e.payload) for e in (await journal(shop.store, user))[before:]] == [TradingHalted]
        summary = await shop.services.portfolio.summary(user)
        assert {bot.status for bot in summary.by_bot} == {"halted"}
    async with desk(location.make()) as again:
        summary = await again.services.portfolio.summary(user)
        assert (summary.halted, {bot.status for bot in summary.by_bot}) == (True, {"halted"})
        await written(again, user)
        projected = await documents(again.store, "bots", "user", user)
        assert (len(projected), {bot["status"] for bot in projected.values()}) == (BOTS, {"halted"})
        first = summary.by_bot[0].bot_id
        assert (await again.submit(user, buy(first, "k", quantity="0.06"), 1)).gate_failed == "mode"
        await again.services.bots.pause(user, first, actor=ACTOR, key="pause")
        with pytest.raises(Conflict, match="halted"):
            await again.services.bots.resume(user, first, actor=ACTOR, key="resume")


async def written(shop: Desk, user: str) -> None:
    """Wait for the projections as a person would: told that they are not written yet, ask again."""
    async with asyncio.timeout(60):
        while True:
            try:
                await shop.services.portfolio.trades(user, None, 1)
            except StoreUnavailable:
                continue
            return


async def holding(shop: Desk, user: str, count: int) -> list[str]:
    bots = [await shop.bot(user, f"Bot {n}") for n in range(count)]
    await shop.tick(1, "100")
    for number, bot in enumerate(bots):
        assert (await shop.submit(user, buy(bot, f"in{number}"), 1)).success
    return bots


async def test_flattening_sells_every_position_although_trading_is_halted(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bots = await holding(shop, user, 3)
        stopping = asyncio.create_task(shop.services.emergency.stop(user, actor=ACTOR, flatten=True, key="stop"))
        while await halts(shop, user) == 0:  # noqa: ASYNC110 - the store is asked, it does not tell
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        await shop.tick(2, "101")
        report = await stopping
        assert (len(report.sold), report.open_positions) == (3, ())
        account = await shop.account(user)
        assert all(account.bot(bot).flat for bot in bots)
        leaving = [order for order in await orders_of(shop.store, user) if order.reduce_only]
        assert {order.exit_reason for order in leaving} == {ExitReason.FLATTEN}
        halted_at = next(e.seq for e in await journal(shop.store, user) if isinstance(e.payload, TradingHalted))
        assert account.seq > halted_at
        assert account == await audited(shop.store, user)


async def test_a_stop_without_selling_names_what_stays_open(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        await holding(shop, user, 2)
        report = await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        assert [(p.bot, p.quantity, p.currency) for p in report.open_positions] == [
            ("Bot 0", Decimal(1), "BTC"),
            ("Bot 1", Decimal(1), "BTC"),
        ]


async def test_many_stops_at_once_halt_once_and_all_report_it(location: Location):
    async with desk(location.make(), trade=False) as one, desk(location.make(), trade=False) as two:
        user = await one.user()
        await one.bot(user)
        stops = [
            (one, two)[n % 2].services.emergency.stop(user, actor=ACTOR, flatten=False, key=f"stop{n}")
            for n in range(20)
        ]
        reports = await asyncio.gather(*stops)
        assert await halts(one, user) == 1
        assert all(report.halted_bots == 1 for report in reports)
        again = await one.services.emergency.stop(user, actor=ACTOR, flatten=False, key="once more")
        assert again.already_halted


async def test_the_halt_of_one_user_does_not_touch_another(location: Location):
    async with desk(location.make(), trade=False) as shop:
        ann, bob = await shop.user(), await shop.user("bob@example.com")
        theirs = await shop.bot(bob)
        await shop.services.emergency.stop(ann, actor=ACTOR, flatten=False, key="stop")
        assert (await shop.submit(bob, buy(theirs, "k"), 1)).success


async def test_resuming_leaves_running_bots_paused_until_their_owner_says_otherwise(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        running, created = await shop.bot(user, "A"), await shop.bot(user, "B", start=False)
        await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        assert await shop.services.emergency.resume(user, actor=ACTOR, key="resume") == 1
        account = await shop.account(user)
        assert [account.bot(b).status for b in (running, created)] == [BotStatus.PAUSED, BotStatus.CREATED]
        assert (await shop.submit(user, buy(running, "k"), 1)).gate_failed == "life_cycle"
        await shop.services.emergency.resume(user, actor=ACTOR, key="resume")  # the same request again
        with pytest.raises(Conflict, match="not halted"):
            await shop.services.emergency.resume(user, actor=ACTOR, key="another")
        assert sum(isinstance(e.payload, TradingResumed) for e in await journal(shop.store, user)) == 1

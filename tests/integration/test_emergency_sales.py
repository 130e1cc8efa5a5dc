"""What an emergency stop takes back and sells, wherever it is interrupted (spec/pipeline.md, Halt; spec/chat.md)."""

import asyncio
import itertools
from collections.abc import Coroutine
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from core.domain.account import Account
from core.domain.commands import HaltTrading
from core.domain.order import OrderRequest, Side, TimeInForce
from core.services.emergency import StopReport
from core.services.manual_orders import ManualOrder
from tests.fakes.market import state as market_state
from tests.integration.desk import (
    ACTOR,
    BTC,
    Desk,
    at,
    audited,
    buy,
    desk,
    journal,
    sell,
    until,
)
from tests.store_location import Location

ETH = "ETH/USDT"


async def holding(shop: Desk, user: str, count: int) -> list[str]:
    bots = [await shop.bot(user, f"Bot {n}") for n in range(count)]
    await shop.tick(1, "100")
    for number, bot in enumerate(bots):
        assert (await shop.submit(user, buy(bot, f"in{number}"), 1)).success
    return bots


def ask(bot: str, key: str, quantity: str, price: str = "110") -> OrderRequest:
    """A sale that rests far above the market."""
    return replace(sell(bot, key, 1, quantity), limit_price=Decimal(price), time_in_force=TimeInForce.GTC)


async def kinds(shop: Desk, user: str, after: int) -> list[str]:
    return [type(e.payload).__name__ for e in (await journal(shop.store, user))[after:]]


Answer = TypeVar("Answer")


async def moving(shop: Desk, work: Coroutine[Any, Any, Answer], secs: float = 2, *, eth: bool = False) -> Answer:
    """Do this while the market moves, from this second on, until it is done."""
    task = asyncio.create_task(work)
    for number in itertools.count():
        await asyncio.sleep(0.01)
        if task.done():
            break
        await shop.tick(secs + number, "101")
        if eth:
            await shop.feed.push(market_state(ETH, at(secs + number), "9.99", "10.01", "1000"))
    return await task


def selling(shop: Desk, user: str) -> Coroutine[Any, Any, StopReport]:
    return shop.services.emergency.stop(user, actor=ACTOR, flatten=True, key="stop")


async def test_sales_that_rest_are_taken_back_and_entries_end_with_the_halt(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bots = await holding(shop, user, 2)
        waiting = await shop.bot(user, "Waits")
        for bot in bots:
            assert (await shop.submit(user, ask(bot, f"ask {bot}", "0.4"), 1)).success
        below = buy(waiting, "bid", 1, limit_price=Decimal(99), time_in_force=TimeInForce.GTC)
        assert (await shop.submit(user, below, 1)).success
        resting = set((await shop.account(user)).working)
        before = (await shop.account(user)).seq
        report = await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        assert await kinds(shop, user, before) == ["TradingHalted"]
        assert (report.ended_entries, len(report.canceled), report.pending) == (1, 2, ())
        assert set(report.canceled) < resting
        account = await shop.account(user)
        assert account.working == {}
        assert [p.selling for p in report.open_positions] == [0, 0]
        assert account == await audited(shop.store, user)


async def test_a_sale_that_has_sold_a_part_is_canceled_by_an_event_of_its_own(location: Location):
    """What it sold is a trade, so that it does not end without a word."""
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bots = await holding(shop, user, 2)
        answers = [await shop.submit(user, ask(bot, f"ask {bot}", "0.4"), 1) for bot in bots]
        part = answers[0].order_id or ""
        above = market_state(BTC, at(2), "99.99", "100.01", "1000", trades=[("1000", "0.1")])
        assert await shop.services.orders.fill_resting(user, bots[0], part, above, None, 0)
        before = (await shop.account(user)).seq
        report = await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        assert await kinds(shop, user, before) == ["TradingHalted", "OrderCanceled"]
        assert set(report.canceled) == {answer.order_id for answer in answers}
        account = await shop.account(user)
        assert (account.bot(bots[0]).book.trades, account.bot(bots[0]).held(BTC)) == (1, Decimal("0.9"))
        assert account == await audited(shop.store, user)


async def test_what_a_bot_holds_in_several_symbols_is_sold_whole(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        shop.services.hub.follow(ETH)
        for number, symbol in enumerate((BTC, ETH)):
            order = ManualOrder(symbol, Side.BUY, notional=Decimal(50), take_profit=Decimal(200), stop_loss=Decimal(5))
            placing = shop.services.manual.place(user, order, actor=ACTOR, key=symbol)
            assert (await moving(shop, placing, 1_000 * number, eth=True)).success
        report = await moving(shop, selling(shop, user), 5_000, eth=True)
        assert {order.symbol for order in report.sold if order.filled_qty} == {BTC, ETH}
        assert (report.open_positions, report.halted_bots) == ((), 0)  # nobody's bot but that of manual orders


async def test_a_sale_without_a_price_stays_pending_over_a_restart_until_it_is_filled(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        await holding(shop, user, 2)
        report = await shop.services.emergency.stop(user, actor=ACTOR, flatten=True, key="stop")  # nothing moves
        assert len(report.pending) == 2
        assert [(p.quantity, p.selling) for p in report.open_positions] == [(1, 1), (1, 1)]
        assert all(order.success and not order.filled_qty for order in report.sold)
    async with desk(location.make()) as again:

        async def sold() -> Account:
            await again.account(user)
            await until(lambda: not again.services.writer.known(user).holding)
            return await again.account(user)

        after = await moving(again, sold(), 5)
        assert (after.working, after.user_halted) == ({}, True)
        assert after == await audited(again.store, user)


async def test_what_the_book_cannot_take_goes_on_selling_by_itself(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        await holding(shop, user, 3)
        stopping = asyncio.create_task(shop.services.emergency.stop(user, actor=ACTOR, flatten=True, key="stop"))
        await until(lambda: shop.services.writer.known(user).user_halted)
        await asyncio.sleep(0.3)
        await shop.tick(2, "100.5", "2")  # two of the three that are held
        report = await stopping
        assert (sum(order.filled_qty for order in report.sold), len(report.pending)) == (2, 1)
        await shop.tick(3, "100.6", "2")
        await until(lambda: not shop.services.writer.known(user).holding)
        assert (await shop.account(user)).working == {}


async def test_a_stop_that_is_repeated_after_a_crash_goes_on_where_it_ended(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bots = await holding(shop, user, 2)
        assert (await shop.submit(user, ask(bots[0], "ask", "0.4"), 1)).success
        await shop.services.writer.execute(user, HaltTrading(ACTOR, "emergency stop"), now=at(1), key="stop")
    async with desk(location.make(), trade=False) as again:
        first = await moving(again, selling(again, user))
        assert (first.already_halted, len(first.canceled), len(first.sold), first.open_positions) == (False, 1, 2, ())
        before = (await again.account(user)).seq
        second = await again.services.emergency.stop(user, actor=ACTOR, flatten=True, key="stop")
        assert (second.already_halted, second.canceled, second.sold) == (False, (), ())
        assert (await again.account(user)).seq == before


async def test_a_late_repetition_undoes_nothing_that_came_after_the_halt_was_lifted(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        (bot,) = await holding(shop, user, 1)
        await moving(shop, selling(shop, user))
        await shop.services.emergency.resume(user, actor=ACTOR, key="resume")
        await shop.services.bots.resume(user, bot, actor=ACTOR, key="go on")
        assert (await shop.submit(user, buy(bot, "again", 20), 20)).success
        assert (await shop.submit(user, ask(bot, "ask", "0.4"), 20)).success
        before = (await shop.account(user)).seq
        await shop.services.emergency.stop(user, actor=ACTOR, flatten=True, key="stop")
        account = await shop.account(user)
        assert (account.seq, account.halted, len(account.working)) == (before, False, 1)


async def test_a_stop_meanwhile_sold_elsewhere_leaves_the_halt_and_says_what_happened(location: Location):
    async with desk(location.make(), trade=False) as one, desk(location.make(), trade=False) as two:
        user = await one.user()
        bots = await holding(one, user, 3)
        await two.account(user)
        stopping = asyncio.create_task(selling(one, user))
        await until(lambda: one.services.writer.known(user).user_halted)
        assert (await two.submit(user, sell(bots[0], "own", 1), 1)).success
        report = await moving(one, asyncio.wait_for(stopping, 20))
        assert (report.open_positions, sum(order.filled_qty for order in report.sold)) == ((), 2)
        assert await audited(one.store, user) == await one.account(user)

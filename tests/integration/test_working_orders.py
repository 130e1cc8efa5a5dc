"""Orders of people work until they fill, expire or are taken back, also over a restart (spec/pipeline.md)."""

import asyncio
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

import pytest

from core.domain.bot import BotStatus
from core.domain.errors import Conflict, NotFound
from core.domain.events import OrderAccepted, OrderCanceled, OrderExecuted, OrderExpired, OrderFilled, Released
from core.domain.market import Sampling
from core.domain.order import ExitReason, Side, TimeInForce
from core.domain.order_status import OrderStatus
from core.services.manual_orders import ManualOrder
from core.services.order_result import OrderResult
from tests.fakes.market import ETH, ScriptedFeed, state
from tests.integration.desk import (
    ACTOR,
    BTC,
    Desk,
    at,
    audited,
    buy,
    desk,
    journal,
    quote,
    scripted_market,
    until,
    while_it_moves,
)
from tests.store_location import Location

D = Decimal


@pytest.fixture
async def shop(location: Location) -> AsyncGenerator[Desk]:
    async with desk(location.make()) as shop:
        await shop.tick(0, "100")
        yield shop


def limit_buy(price: str = "99", **changes: Any) -> ManualOrder:  # noqa: ANN401 - fields of ManualOrder
    fields: dict[str, Any] = {"quantity": D(2), "limit_price": D(price), "take_profit": D(110)}
    return ManualOrder(BTC, Side.BUY, **{**fields, **changes})


async def place(shop: Desk, user: str, order: ManualOrder, secs: float, key: str = "mine") -> OrderResult:
    """Place an order and let the market give it a state to act on, at a price of 100."""
    placing = shop.services.manual.place(user, order, actor=ACTOR, key=key)
    return await while_it_moves(placing, lambda now: shop.tick(now, "100"), secs)


async def trade(shop: Desk, secs: float, price: str, quantity: str, mid: str = "100") -> None:
    """A state that brings one trade, once the engine knows every order that rests."""
    await settled()
    middle = D(mid)
    await shop.feed.push(
        state(BTC, at(secs), middle - D("0.01"), middle + D("0.01"), "1000", trades=[(price, quantity)])
    )
    await settled()


async def settled() -> None:
    """Give the engine's bus follower time to hear of everything that was appended."""
    for _ in range(20):
        await asyncio.sleep(0.005)


def kinds(events: list[Any], *wanted: type) -> list[Any]:
    return [event.payload for event in events if isinstance(event.payload, wanted)]


async def test_a_limit_buy_rests_fills_as_trades_go_through_it_and_is_protected(shop: Desk):
    user = await shop.user()
    placed = await place(shop, user, limit_buy(), 1)
    assert (placed.success, placed.status, placed.filled_qty) == (True, OrderStatus.ACCEPTED, 0)
    (working,) = await shop.services.order_reader.pending(user)
    assert (working.bot, working.limit_price, working.reserved) == ("Manual", 99, D("198.198"))
    assert (await shop.account(user)).free_cash["USDT"] == D("9801.802")
    await trade(shop, 10, "99.01", "50")
    assert (await shop.services.order_reader.pending(user))[0].status is OrderStatus.ACCEPTED
    await trade(shop, 11, "98.99", "0.5")
    assert (await shop.services.order_reader.pending(user))[0].filled_qty == D("0.5")
    await trade(shop, 12, "98.5", "7")
    assert await shop.services.order_reader.pending(user) == []
    done = await shop.services.order_reader.status(user, placed.order_id or "")
    assert (done.status, done.filled_qty, done.reserved) == (OrderStatus.FILLED, 2, 0)
    fills = kinds(await journal(shop.store, user), OrderFilled)
    assert [[(f.price, f.quantity) for f in fact.fills] for fact in fills] == [[(99, D("0.5"))], [(99, D("1.5"))]]
    bot = (await audited(shop.store, user)).manual_bot("USDT")
    assert bot is not None
    assert bot.protections[BTC].take_profit == 110
    assert bot.free_cash == 0  # nothing idle stays with it


async def test_a_resting_order_is_taken_up_again_after_a_restart(location: Location):
    async with desk(location.make()) as first:
        await first.tick(0, "100")
        user = await first.user()
        placed = await place(first, user, limit_buy(), 1)
    async with desk(location.make()) as second:
        await second.tick(100, "100")
        await until(lambda: second.services.engine.role == "owner")
        await trade(second, 101, "98", "5")
        order = await second.services.order_reader.status(user, placed.order_id or "")
        assert (order.status, order.filled_qty) == (OrderStatus.FILLED, 2)
        await audited(second.store, user)


async def test_an_order_good_for_a_while_expires_and_frees_its_cash(shop: Desk):
    user = await shop.user()
    await place(shop, user, limit_buy(good_for_minutes=1), 1)
    await trade(shop, 30, "99.5", "1")
    assert len(await shop.services.order_reader.pending(user)) == 1
    await trade(shop, 90, "99.5", "1")
    assert await shop.services.order_reader.pending(user) == []
    assert len(kinds(await journal(shop.store, user), OrderExpired)) == 1
    await until(lambda: shop.services.writer.known(user).free_cash["USDT"] == 10_000)


async def test_a_canceled_order_frees_its_cash_and_cannot_be_canceled_again(shop: Desk):
    user, other = await shop.user(), await shop.user("bob@example.com")
    placed = await place(shop, user, limit_buy(), 1)
    order_id = placed.order_id or ""
    with pytest.raises(NotFound):
        await shop.services.order_reader.status(other, order_id)
    with pytest.raises(Conflict):
        await shop.services.orders.cancel(other, order_id, actor="bob", reason="not his")
    await shop.services.orders.cancel(user, order_id, actor=ACTOR, reason="changed my mind")
    assert (await shop.services.order_reader.status(user, order_id)).status is OrderStatus.CANCELED
    with pytest.raises(Conflict):
        await shop.services.orders.cancel(user, order_id, actor=ACTOR, reason="again")
    await until(lambda: shop.services.writer.known(user).free_cash["USDT"] == 10_000)
    await trade(shop, 20, "90", "50")
    assert kinds(await journal(shop.store, user), OrderFilled) == []


async def test_pausing_a_bot_takes_its_entries_back_with_the_same_event(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    placed = await place(shop, user, limit_buy(bot_id=bot), 1)
    await shop.services.bots.pause(user, bot, actor=ACTOR, key="pause")
    state_ = await shop.account(user)
    assert (state_.working, state_.bot(bot).free_cash) == ({}, 1000)
    assert (await shop.services.order_reader.status(user, placed.order_id or "")).status is OrderStatus.CANCELED
    await audited(shop.store, user)


async def test_a_manual_buy_draws_free_cash_and_a_sale_gives_it_back(shop: Desk):
    user = await shop.user()
    bought = await place(shop, user, ManualOrder(BTC, Side.BUY, notional=D(500), expected_edge_bps=D(300)), 1)
    assert (bought.status, bought.filled_qty) == (OrderStatus.FILLED, D("4.99950"))
    state_ = await shop.account(user)
    assert state_.free_cash["USDT"] == 10_000 - sum(f.price * f.quantity + f.fee for f in bought.fills)
    sold = await place(shop, user, ManualOrder(BTC, Side.SELL), 10, "out")
    assert sold.status is OrderStatus.FILLED
    state_ = await audited(shop.store, user)
    manual = state_.manual_bot("USDT")
    assert manual is not None
    assert (manual.cash, manual.flat) == (0, True)
    assert state_.free_cash["USDT"] == state_.cash_total["USDT"]
    assert len(kinds(await journal(shop.store, user), Released)) == 1


async def test_a_preview_says_what_an_order_would_do_and_records_nothing(shop: Desk):
    user = await shop.user()
    before = len(await journal(shop.store, user))
    good = await shop.services.manual.preview(user, limit_buy())
    bad = await shop.services.manual.preview(user, limit_buy(take_profit=None))
    assert (good.success, good.status, good.limit_price) == (True, OrderStatus.ACCEPTED, 99)
    assert (bad.success, bad.gate_failed, bad.code) == (False, "fee_coverage", "edge_not_stated")
    assert len(await journal(shop.store, user)) == before


async def test_the_same_key_gives_the_same_answer_and_another_order_is_a_conflict(shop: Desk):
    user = await shop.user()
    first = await place(shop, user, limit_buy(), 1)
    again = await place(shop, user, limit_buy(), 10)
    assert (first.cached, again.cached) == (False, True)
    assert (again.order_id, again.timestamp, again.status) == (first.order_id, first.timestamp, first.status)
    with pytest.raises(Conflict):
        await place(shop, user, limit_buy("98"), 20)


async def test_a_stop_loss_comes_before_a_resting_sale(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    await shop.submit(user, buy(bot, "in", 1), 1)
    await settled()
    sale = ManualOrder(BTC, Side.SELL, quantity=D(1), limit_price=D(120), bot_id=bot)
    resting = await place(shop, user, sale, 2, "target")
    assert resting.status is OrderStatus.ACCEPTED
    await settled()
    await shop.tick(30, "98")  # the stop is at 98.5
    await shop.tick(31, "97")
    state_ = await audited(shop.store, user)
    assert (state_.bot(bot).flat, state_.working) == (True, {})
    (stopped,) = [o for o in kinds(await journal(shop.store, user), OrderExecuted) if o.side is Side.SELL]
    assert stopped.exit_reason is ExitReason.STOP_LOSS
    assert len(kinds(await journal(shop.store, user), OrderCanceled)) == 1


async def test_a_flatten_without_enough_depth_goes_on_until_all_is_sold(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    await shop.submit(user, buy(bot, "in", 1, "3"), 1)
    await settled()
    flattening = shop.services.exits.flatten(user, bot, actor=ACTOR, key="flat")
    (answer,) = await while_it_moves(flattening, lambda now: shop.tick(now, "100", size="1"), 5)
    assert (answer.status, answer.filled_qty) == (OrderStatus.PARTIALLY_FILLED, 1)
    await settled()
    await shop.tick(600, "100.1", size="1")
    await settled()
    await shop.tick(601, "100.2", size="9")
    await settled()
    state_ = await audited(shop.store, user)
    assert (state_.bot(bot).flat, state_.working) == (True, {})
    with pytest.raises(Conflict):
        await shop.services.exits.flatten(user, bot, actor=ACTOR, key="again")


async def test_an_exit_without_a_price_waits_and_is_filled_at_the_first_one(location: Location):
    async with desk(location.make()) as first:
        await first.tick(0, "100")
        user = await first.user()
        bot = await first.bot(user)
        await first.submit(user, buy(bot, "in", 1), 1)
        request = buy(bot, "out", 2, None, side=Side.SELL, reduce_only=True, take_profit_bps=None, stop_loss_bps=None)
        waiting = await first.services.orders.submit(user, request, None)
        assert (waiting.success, waiting.status, waiting.filled_qty) == (True, OrderStatus.ACCEPTED, 0)
        assert kinds(await journal(first.store, user), OrderAccepted)[0].market is None
    async with desk(location.make()) as second:
        await until(lambda: second.services.engine.role == "owner")
        await settled()
        await second.tick(50, "101")
        state_ = await audited(second.store, user)
        assert (state_.bot(bot).flat, state_.working) == (True, {})


async def test_several_orders_of_one_user_share_what_was_traded(shop: Desk):
    user = await shop.user()
    for number, price in enumerate(("99", "98.9", "98.8")):
        await place(shop, user, limit_buy(price, quantity=D(1)), 10 * number + 1, f"order {number}")
    await trade(shop, 60, "98", "1.5")
    filled = {order.limit_price: order.filled_qty for order in await shop.services.order_reader.pending(user)}
    assert filled == {D("98.9"): D("0.5"), D("98.8"): 0}


async def test_inside_a_bar_a_stop_sells_at_its_trigger_and_on_a_gap_at_the_open(shop: Desk):
    user = await shop.user()
    inside, gapped = await shop.bot(user), await shop.bot(user, "Beta")

    async def bar(secs: float, bid: str, sampling: Sampling) -> None:
        await shop.feed.push(state(BTC, at(secs), bid, D(bid) + D("0.02"), "1000", sampling=sampling))
        await settled()

    await shop.services.orders.submit(user, buy(inside, "one", 1), quote(1, "100"))
    await settled()
    await bar(60, "99.99", Sampling.BAR_OPEN)
    await bar(75, "95", Sampling.BAR_INSIDE)
    await shop.services.orders.submit(user, buy(gapped, "two", 80), quote(80, "100"))
    await settled()
    await bar(120, "94", Sampling.BAR_OPEN)
    sold = [o for o in kinds(await journal(shop.store, user), OrderExecuted) if o.side is Side.SELL]
    assert [(o.bot_id, [f.price for f in o.fills]) for o in sold] == [(inside, [D("98.5")]), (gapped, [94])]


async def test_a_fill_or_kill_order_fills_whole_or_not_at_all(shop: Desk):
    user = await shop.user()
    order = limit_buy("100.5", quantity=D(2000), time_in_force=TimeInForce.FOK)
    too_much = await place(shop, user, order, 1)
    assert (too_much.success, too_much.status, too_much.fills) == (False, OrderStatus.CANCELED, ())
    assert "too little" in (too_much.rejection_reason or "")
    bot = (await shop.account(user)).manual_bot("USDT")
    assert bot is not None
    assert bot.status is BotStatus.RUNNING


async def test_the_manual_bot_protects_each_of_its_symbols_also_after_a_restart(location: Location):
    eth = "ETH/USDT"

    async def eth_tick(shop: Desk, secs: float, bid: str) -> None:
        await shop.feed.push(state(eth, at(secs), bid, D(bid) + D("0.02"), "1000"))

    async with desk(location.make()) as first:
        first.services.hub.follow(eth)
        await asyncio.sleep(0)
        await first.tick(0, "100")
        await eth_tick(first, 0, "10")
        user = await first.user()
        await place(first, user, ManualOrder(BTC, Side.BUY, quantity=D(1), take_profit=D(110), stop_loss=D(90)), 1)
        order = ManualOrder(eth, Side.BUY, quantity=D(5), take_profit=D(11), stop_loss=D(9))
        buying = first.services.manual.place(user, order, actor=ACTOR, key="eth")
        assert (await while_it_moves(buying, lambda now: eth_tick(first, now, "10"), 60)).success
    async with desk(location.make()) as second:
        await second.tick(1000, "100")
        await until(lambda: second.services.hub.latest(BTC) is not None and eth in second.feed.status().running_symbols)
        await settled()
        await eth_tick(second, 1001, "8.9")
        await eth_tick(second, 1002, "8.8")
        await settled()
        bot = (await audited(second.store, user)).manual_bot("USDT")
        assert bot is not None
        assert (bot.held(eth), bot.held(BTC)) == (0, 1)
        assert list(bot.protections) == [BTC]


async def test_an_engine_that_lost_its_bots_fills_no_resting_order(shop: Desk):
    user = await shop.user()
    placed = await place(shop, user, limit_buy(), 1)
    order_id = placed.order_id or ""
    (bot,) = shop.services.writer.known(user).bots
    before = state(BTC, at(50), "97.99", "98.01", "1000", trades=[("98", "9")])
    epoch = shop.services.writer.known(user).epoch
    assert not await shop.services.orders.fill_resting(user, bot, order_id, before, D(0), epoch - 1)
    assert await shop.services.orders.fill_resting(user, bot, order_id, before, D(0), epoch)
    assert not await shop.services.orders.fill_resting(user, bot, order_id, before, D(0), epoch)


async def test_flattening_a_pair_that_is_not_served_now_waits_for_its_market(location: Location):
    async with desk(location.make()) as first:
        await first.tick(0, "100")
        user = await first.user()
        bot = await first.bot(user)
        await first.submit(user, buy(bot, "in", 1), 1)
    elsewhere = ScriptedFeed(instruments=[ETH], source="replay:other")
    async with desk(location.make(), feed=elsewhere, trade=False, follow=ETH.symbol) as second:
        (waiting,) = await second.services.exits.flatten(user, bot, actor=ACTOR, key="flat")
        assert (waiting.success, waiting.status) == (True, OrderStatus.ACCEPTED)
    async with desk(location.make()) as third:
        await until(lambda: third.services.engine.role == "owner")
        await settled()
        await third.tick(200, "101")
        state_ = await audited(third.store, user)
        assert (state_.bot(bot).flat, state_.working) == (True, {})


async def test_an_order_records_no_price_of_a_market_its_owner_does_not_trade_on(location: Location):
    async with desk(location.make()) as first:
        await first.tick(0, "100")
        user = await first.user()
        held = await first.bot(user)
        await first.submit(user, buy(held, "in", 1), 1)
    async with desk(location.make(), feed=scripted_market("replay:other")) as second:
        second.services.hub.follow(ETH.symbol)
        await asyncio.sleep(0)
        await second.tick(100, "7")  # BTC is something else there
        await second.feed.push(state(ETH.symbol, at(100), "10", "10.02", "1000", source="replay:other"))
        order = ManualOrder(ETH.symbol, Side.BUY, quantity=D(5), take_profit=D(11))
        placing = second.services.manual.place(user, order, actor=ACTOR, key="eth")

        async def move(now: float) -> None:
            await second.feed.push(state(ETH.symbol, at(now), "10", "10.02", "1000", source="replay:other"))

        assert (await while_it_moves(placing, move, 101)).success
        fact = kinds(await journal(second.store, user), OrderExecuted)[-1]
        assert fact.marks == {BTC: 100, ETH.symbol: D("10.01")}

"""Orders meet the market after their latency, and what protects a position is really placed (spec/pipeline.md)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.bot import BotStatus
from core.domain.events import BreakerTripped, Metric
from core.domain.order import ExitReason, Side
from core.domain.order_status import OrderStatus
from tests.fakes.faulty_store import Fault, FaultyStore
from tests.integration.desk import ACTOR, Desk, at, audited, buy, desk, journal, orders_of, sell, until
from tests.store_location import Location


@pytest.fixture
async def shop(location: Location) -> AsyncIterator[Desk]:
    async with desk(location.make()) as opened:
        yield opened


async def trips(shop: Desk, user: str) -> list[BreakerTripped]:
    return [e.payload for e in await journal(shop.store, user) if isinstance(e.payload, BreakerTripped)]


async def test_an_order_acts_on_the_first_state_fifty_milliseconds_after_its_decision(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    await shop.tick(10, "100")
    waiting = asyncio.create_task(shop.services.orders.submit_at_next_state(user, buy(bot, "k", 10)))
    for secs, price in ((10.001, "101"), (10.049, "102"), (10.05, "103")):
        await asyncio.sleep(0)
        await shop.tick(secs, price)
    answer = await waiting
    assert (answer.timestamp, answer.avg_px) == (at(10.05), Decimal("103.01"))
    fact = (await orders_of(shop.store, user))[0]
    assert fact.market.ts - fact.decided_at == timedelta(milliseconds=50)
    assert fact.fills[0].slippage_bps == Decimal(301)  # against the mid of 100 it was decided at


async def test_a_signal_is_never_executed_on_the_state_that_caused_it(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    await shop.warm(bot)
    await shop.rise(0)
    assert await orders_of(shop.store, user) == []
    await shop.tick(60.04, "101.5")
    assert await orders_of(shop.store, user) == []
    await shop.tick(60.05, "102")
    (entry,) = await orders_of(shop.store, user)
    assert (entry.decided_at, entry.market.ts, entry.decided_mid) == (at(60), at(60.05), Decimal(101))
    assert entry.fills[0].price == Decimal("102.01")


async def entered(shop: Desk) -> tuple[str, str]:
    """A user and a bot that has just entered, decided at 101: target 103.02, stop 99.48."""
    user = await shop.user()
    bot = await shop.bot(user)
    await shop.warm(bot)
    await shop.rise(0)
    await shop.tick(61, "101")
    protection = (await shop.account(user)).bot(bot).protection
    assert protection is not None
    assert (protection.take_profit, protection.stop_loss) == (Decimal("103.02"), Decimal("99.48"))
    return user, bot


@pytest.mark.parametrize(("touching", "reason"), [("103.03", ExitReason.TAKE_PROFIT), ("99.49", ExitReason.STOP_LOSS)])
async def test_a_protective_price_that_is_touched_sells_at_the_next_state(
    shop: Desk, touching: str, reason: ExitReason
):
    user, bot = await entered(shop)
    await shop.tick(62, "101.5")
    await shop.tick(63, touching)
    assert len(await orders_of(shop.store, user)) == 1
    await shop.tick(64, touching)
    leaving = (await orders_of(shop.store, user))[1]
    assert (leaving.side, leaving.exit_reason, leaving.market.ts) == (Side.SELL, reason, at(64))
    assert (await shop.account(user)).bot(bot).flat
    (trade,) = await shop.services.portfolio.trades(user, bot, 10)
    assert trade.won is (reason is ExitReason.TAKE_PROFIT)
    assert await shop.account(user) == await audited(shop.store, user)


async def test_a_price_that_misses_the_protection_by_a_tick_sells_nothing(shop: Desk):
    user, bot = await entered(shop)
    for number, price in enumerate(("103.02", "99.50", "103.02")):
        await shop.tick(62 + number, price)
    assert not (await shop.account(user)).bot(bot).flat


async def test_an_exit_the_book_cannot_fill_at_once_is_tried_again_until_nothing_is_left(shop: Desk):
    user, bot = await entered(shop)
    for second in range(62, 70):
        await shop.tick(second, f"9{8 - (second - 62) * 0.1:.1f}", size="2")  # 2 of the 4.9 held at each new price
    leaving = (await orders_of(shop.store, user))[1:]
    assert [order.status for order in leaving] == [OrderStatus.CANCELED, OrderStatus.CANCELED, OrderStatus.FILLED]
    assert {order.exit_reason for order in leaving} == {ExitReason.STOP_LOSS}
    assert (await shop.account(user)).bot(bot).flat
    assert len({order.client_order_id for order in leaving}) == 3


async def test_protective_exits_pass_while_halted_and_while_paused(shop: Desk):
    user, bot = await entered(shop)
    await shop.services.bots.pause(user, bot, actor=ACTOR, key="pause")
    await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
    await shop.tick(62, "90")
    await shop.tick(63, "90")
    assert (await shop.account(user)).bot(bot).flat


async def test_a_stopped_bot_is_flattened_and_its_cash_released(shop: Desk):
    user, bot = await entered(shop)
    held = (await shop.account(user)).bot(bot).cash
    assert (await shop.account(user)).free_cash["USDT"] == 9000
    await shop.services.bots.stop(user, bot, actor=ACTOR, key="stop")
    await shop.tick(62, "101")
    await shop.tick(63, "101")
    state = await shop.account(user)
    leaving = (await orders_of(shop.store, user))[1]
    assert leaving.exit_reason is ExitReason.FLATTEN
    assert state.bot(bot).flat
    assert state.bot(bot).cash == 0
    proceeds = sum((f.quantity * f.price - f.fee for f in leaving.fills), Decimal(0))
    assert state.free_cash["USDT"] == 9000 + held + proceeds == state.cash_total["USDT"]


async def test_losses_in_a_row_trip_the_bot_right_after_the_last_fill(location: Location):
    async with desk(location.make(), max_consecutive_losses=2) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        for number in range(2):
            assert (await shop.submit(user, buy(bot, f"in{number}"), 20 * number)).success
            assert (await shop.submit(user, sell(bot, f"out{number}"), 20 * number + 1)).success  # fees make it a loss
        state = await shop.account(user)
        assert [trip.metric for trip in await trips(shop, user)] == [Metric.CONSECUTIVE_LOSSES] * 2
        assert (state.bot(bot).status, state.tripped) == (BotStatus.CIRCUIT_TRIPPED, Metric.CONSECUTIVE_LOSSES)
        assert (await shop.submit(user, buy(bot, "more"), 100)).gate_failed == "circuit_breaker"


async def test_a_bots_drawdown_trips_that_bot_alone_and_it_can_still_leave(location: Location):
    async with desk(location.make(), max_drawdown_percent=Decimal("0.05"), max_daily_loss_percent="0.9") as shop:
        user = await shop.user()
        hurt, fine = await shop.bot(user, "Hurt"), await shop.bot(user, "Fine")
        await shop.submit(user, buy(hurt, "in", quantity="9"), 1)
        await shop.submit(user, sell(hurt, "half", quantity="4"), 2, price="94")
        (trip,) = await trips(shop, user)
        assert (trip.metric, trip.bot_id, trip.threshold) == (Metric.DRAWDOWN, hurt, Decimal("0.05"))
        state = await shop.account(user)
        assert [state.bot(b).status for b in (hurt, fine)] == [BotStatus.CIRCUIT_TRIPPED, BotStatus.RUNNING]
        assert (await shop.submit(user, sell(hurt, "rest"), 3, price="94")).success
        assert (await shop.submit(user, buy(fine, "other", decided_mid=Decimal(94)), 4, price="94")).success


async def test_a_users_loss_of_the_day_trips_every_running_bot(location: Location):
    async with desk(location.make(), max_drawdown_percent="0.9", max_daily_loss_percent=Decimal("0.001")) as shop:
        user = await shop.user()
        first, second = await shop.bot(user, "One"), await shop.bot(user, "Two")
        await shop.submit(user, buy(first, "in", quantity="9"), 1)
        await shop.submit(user, sell(first, "out"), 2, price="97")
        state = await shop.account(user)
        assert {trip.bot_id for trip in await trips(shop, user)} == {first, None}
        assert state.tripped is Metric.DAILY_LOSS
        assert {state.bot(b).status for b in (first, second)} == {BotStatus.CIRCUIT_TRIPPED}
        assert (await shop.submit(user, buy(second, "more"), 3)).gate_failed == "circuit_breaker"
        assert state == await audited(shop.store, user)


async def test_an_entry_whose_answer_was_lost_is_protected_all_the_same(location: Location):
    store = FaultyStore(location.make())
    async with desk(store) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.warm(bot)
        await shop.rise(0)
        store.faults.append(Fault.AFTER_WRITE)
        await shop.tick(61, "101")
        # The engine asks the store every second; only then can it know.
        await until(lambda: not shop.services.writer.known(user).bot(bot).flat)
        await shop.tick(62, "90")
        await shop.tick(63, "90")
        assert (await shop.account(user)).bot(bot).flat

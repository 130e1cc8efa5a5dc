"""Orders that race for one key, one limit or a halt (spec/operations.md, promises 2 and 3; spec/pipeline.md).

One key is one order, in two processes, after a restart and a day later. Fifty entries of two real processes against
a limit of ten: exactly ten. A halt in the middle: no entry after it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from core.domain.codec import encode
from core.domain.errors import IdempotencyConflict
from core.domain.events import OrderAccepted, OrderExecuted, TradingHalted
from core.domain.order import OrderRequest, TimeInForce
from core.services.order_result import OrderResult
from tests.integration.desk import ACTOR, Desk, audited, buy, desk, journal, sell, until
from tests.integration.order_race import Race
from tests.store_location import Location

DAY = 86_400
TIMES = 100
BOTS = 50
LIMIT = 10
NO_LIMIT = 1_000_000
NO_LIMITS: dict[str, Any] = {
    "burst_limit_orders_per_exchange": NO_LIMIT,
    "max_trades_per_user_daily": NO_LIMIT,
    "max_trades_per_bot_daily": NO_LIMIT,
    "max_consecutive_losses": NO_LIMIT,
    "max_drawdown_percent": 0.99,
    "max_daily_loss_percent": 0.99,
}

Order: TypeAlias = Callable[[str], OrderRequest]

#: Everything an order may become: filled at once, resting, a sale, a sale that waits for a price.
ORDERS: dict[str, Order] = {
    "market buy": lambda bot: buy(bot, "k"),
    "resting buy": lambda bot: buy(bot, "k", limit_price=Decimal(99), time_in_force=TimeInForce.GTC),
    "sale": lambda bot: sell(bot, "k"),
    "sale without a price": lambda bot: sell(bot, "k"),
}
CHANGES: tuple[dict[str, Any], ...] = (
    {"quantity": Decimal("0.25")},
    {"limit_price": Decimal(98)},
    {"reason": "another"},
    {"stop_loss": Decimal(90)},
)


async def _submit(shop: Desk, user: str, request: OrderRequest, secs: float, *, priced: bool) -> OrderResult:
    if priced:
        return await shop.submit(user, request, secs)
    return await shop.services.orders.submit(user, request, None)


async def _placed(shop: Desk, user: str) -> list[OrderExecuted | OrderAccepted]:
    """All orders of the journal."""
    return [e.payload for e in await journal(shop.store, user) if isinstance(e.payload, OrderExecuted | OrderAccepted)]


async def _recorded(shop: Desk, user: str) -> int:
    """How many orders the journal holds under the key."""
    return sum(order.client_order_id == "k" for order in await _placed(shop, user))


@pytest.mark.parametrize("kind", ORDERS)
async def test_a_key_is_one_order_in_two_processes_and_after_a_restart_and_a_day_later(location: Location, kind: str):
    priced, told = kind != "sale without a price", set[OrderResult]()
    async with desk(location.make(), trade=False) as one, desk(location.make(), trade=False) as two:
        user = await one.user()
        bot = await one.bot(user)
        request = ORDERS[kind](bot)
        if request.reduce_only:
            assert (await one.submit(user, buy(bot, "before"), 1)).success
        submitted = [_submit((one, two)[n % 2], user, request, 2, priced=priced) for n in range(TIMES)]
        answers = await asyncio.gather(*submitted)
        assert [answer.cached for answer in answers].count(False) == 1
        told = {replace(answer, cached=False) for answer in answers}
        assert len(told) == await _recorded(one, user) == 1
        await _conflicts(one, user, request, 3, priced=priced)
        await _conflicts(two, user, request, 3, priced=priced)
    async with desk(location.make(), trade=False) as later:
        await later.tick(DAY, "100")
        await _conflicts(later, user, request, DAY, priced=priced)
        moved = replace(request, decided_at=later.feed.now(), decided_mid=Decimal(101))
        submitted = [_submit(later, user, moved, DAY, priced=priced) for _ in range(TIMES)]
        answers = await asyncio.gather(*submitted)
        assert all(answer.cached for answer in answers)
        assert {replace(answer, cached=False) for answer in answers} == told
        assert await _recorded(later, user) == 1
        assert await later.account(user) == await audited(later.store, user)


async def _conflicts(shop: Desk, user: str, request: OrderRequest, secs: float, *, priced: bool) -> None:
    """Whatever is changed about an order, its key is taken."""
    before = (await shop.account(user)).seq
    for change in CHANGES:
        with pytest.raises(IdempotencyConflict):
            await _submit(shop, user, replace(request, **change), secs, priced=priced)
    assert (await shop.account(user)).seq == before


async def test_a_key_gives_its_order_also_where_a_new_one_could_be_placed_or_none(location: Location):
    """A day later the bot holds nothing and could enter again; then all is halted and no entry may pass."""
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        first = await shop.submit(user, buy(bot, "k"), 1)
        assert (await shop.submit(user, sell(bot, "out"), 2)).success
        assert await shop.submit(user, buy(bot, "k"), DAY) == replace(first, cached=True)
        await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        assert await shop.submit(user, buy(bot, "k"), DAY) == replace(first, cached=True)
        assert (await shop.submit(user, buy(bot, "new"), DAY)).code == "halted"
        assert (await shop.account(user)).bot(bot).flat


async def _race(shop: Desk, location: Location) -> Race:
    user = await shop.user()
    return Race(location, user, [await shop.bot(user, f"Bot {n}", capital=Decimal(100)) for n in range(BOTS)])


@pytest.mark.parametrize(
    ("limits", "kind", "code"),
    [
        (NO_LIMITS | {"burst_limit_orders_per_exchange": LIMIT}, OrderExecuted, "burst_limit"),
        (NO_LIMITS | {"max_trades_per_user_daily": LIMIT}, OrderExecuted, "daily_limit"),
        (NO_LIMITS | {"max_trades_per_user_daily": LIMIT}, OrderAccepted, "daily_limit"),
    ],
)
async def test_of_fifty_entries_in_two_processes_exactly_ten_pass_a_limit_of_ten(
    location: Location, limits: dict[str, Any], kind: type[OrderExecuted | OrderAccepted], code: str
):
    async with desk(location.make(), trade=False) as shop:
        race, rests = await _race(shop, location), kind is OrderAccepted
        await race.run(limits, rests=rests)
        placed = [order for order in await _placed(shop, race.user_id) if isinstance(order, kind)]
        assert len(placed) == LIMIT == len(await _placed(shop, race.user_id))
        assert all(rests or order.filled_qty for order in placed)
        passed = [answer for answer in race.answers if answer.success]
        assert {answer.order_id for answer in passed} == {order.order_id for order in placed}
        denied = [(answer.code, answer.limit) for answer in race.answers if not answer.success]
        assert denied == [(code, str(LIMIT))] * (BOTS - LIMIT)
        state = await audited(shop.store, race.user_id)
        assert len(state.working) == (LIMIT if rests else 0)
        assert sum(not bot.flat for bot in state.bots.values()) == (0 if rests else LIMIT)
        assert encode(await shop.account(race.user_id)) == encode(state)


async def test_a_halt_among_the_entries_of_two_processes_has_none_after_it(location: Location):
    async with desk(location.make(), trade=False) as shop:
        race = await _race(shop, location)
        trading = asyncio.create_task(race.run(NO_LIMITS, rounds=1_000))
        await until(lambda: len(race.answers) >= 2 * LIMIT or trading.done())
        await shop.services.emergency.stop(race.user_id, actor=ACTOR, flatten=False, key="stop")
        told_until_then = sum(answer.success for answer in race.answers)
        await trading
        events = await journal(shop.store, race.user_id)
        (halt,) = [event.seq for event in events if isinstance(event.payload, TradingHalted)]
        entered = [e.seq for e in events if isinstance(e.payload, OrderExecuted) and not e.payload.reduce_only]
        assert 0 < told_until_then <= len(entered) == sum(answer.success for answer in race.answers)
        assert max(entered) < halt
        assert [a.code for a in race.answers if not a.success] == ["halted"] * BOTS
        assert max(answer.collisions for answer in race.answers) > 0, "they never met, so that nothing was tried"
        assert all(bot.flat for bot in (await audited(shop.store, race.user_id)).bots.values())

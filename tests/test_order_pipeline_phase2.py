"""Acceptance of the order pipeline (go-live checklist, phase 2): each test is one promise, on both stores."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.domain.bot import BotStatus
from core.domain.errors import Conflict, IdempotencyConflict
from core.domain.events import (
    BreakerReset,
    BreakerTripped,
    Metric,
    OrderAccepted,
    OrderExecuted,
    OrderFilled,
    TradingHalted,
)
from core.domain.order import ExitReason, OrderRequest, TimeInForce
from core.domain.order_status import OrderStatus
from core.ports import Document, StoreUnavailable
from core.services.order_result import OrderResult
from core.services.traces import TraceKind
from tests.fakes.faulty_store import FaultyStore
from tests.fakes.market import state
from tests.integration.desk import ACTOR, BTC, Desk, at, audited, buy, desk, documents, journal, sell, until
from tests.store_location import Location

D = Decimal
ALL_GATES = ("idempotency", "fee_coverage", "trade_limiter", "circuit_breaker")
MANY = 1_000_000
LOOSE: dict[str, Any] = {"burst_limit_orders_per_exchange": MANY, "max_consecutive_losses": MANY}


def rest(bot: str, key: str, secs: float = 0, **changes: Any) -> OrderRequest:  # noqa: ANN401 - fields of OrderRequest
    """An entry of 1 that waits at 99."""
    terms = {"limit_price": D(99), "time_in_force": TimeInForce.GTC, "stop_loss_bps": D(300), **changes}
    return buy(bot, key, secs, **terms)


async def traded(shop: Desk, secs: float, *trades: tuple[str, str]) -> None:
    """A state whose trades were these, once the engine knows every order that rests."""
    await settled()
    await shop.feed.push(state(BTC, at(secs), "98.99", "99.01", "1000", trades=trades))
    await settled()


async def settled() -> None:
    """Let the engine hear of all that was appended."""
    for _ in range(20):
        await asyncio.sleep(0.005)


async def facts(shop: Desk, user: str, *kinds: type) -> list[Any]:
    return [event.payload for event in await journal(shop.store, user) if isinstance(event.payload, kinds)]


async def alerts(shop: Desk, user: str, count: int) -> list[Document]:
    """What was raised for a person, once there is so much of it."""
    async with asyncio.timeout(20):
        while len(known := await documents(shop.store, "alerts", "user", user)) < count:  # noqa: ASYNC110 - it does not tell
            await asyncio.sleep(0.01)
    return list(known.values())


async def lose(shop: Desk, user: str, bot: str, times: int, start: float = 10) -> OrderResult | None:
    """So many round trips that cost their fees; gives the first entry that did not pass."""
    for number in range(times):
        secs = start + 20 * number
        entered = await shop.submit(user, buy(bot, f"in {secs}", secs), secs)
        if not entered.success:
            return entered
        assert (await shop.submit(user, sell(bot, f"out {secs}", secs), secs)).success
    return None


async def test_an_order_is_answered_with_everything_that_was_decided(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        answer = await shop.submit(user, buy(bot, "k", 1, "2"), 1)
        assert (answer.success, answer.status, answer.client_order_id) == (True, OrderStatus.FILLED, "k")
        assert (answer.filled_qty, answer.avg_px, answer.fee) == (2, D("100.01"), D("0.20002"))
        assert (answer.slippage_bps, answer.gates_passed, answer.gate_failed) == (1, ALL_GATES, None)
        cost = answer.cost_bps
        assert cost is not None
        assert (cost.entry_fee_bps, cost.exit_fee_bps, cost.spread_bps, cost.required_bps) == (10, 10, 2, 47)
        assert [(fill.price, fill.quantity) for fill in answer.fills] == [(D("100.01"), 2)]
        assert (answer.take_profit, answer.stop_loss, answer.cached) == (102, D("98.5"), False)
        assert (await audited(shop.store, user)).bot(bot).held(BTC) == 2


async def test_a_key_is_one_order_and_another_order_under_it_is_a_conflict(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        answers = await asyncio.gather(*(shop.submit(user, buy(bot, "k", 1), 1) for _ in range(100)))
        assert [answer.cached for answer in answers].count(False) == 1
        assert len({replace(answer, cached=True) for answer in answers}) == 1
        with pytest.raises(IdempotencyConflict):
            await shop.submit(user, buy(bot, "k", 1, "2"), 1)
        assert len(await facts(shop, user, OrderExecuted)) == 1


@pytest.mark.parametrize(
    ("change", "gate", "code"),
    [
        ({"take_profit_bps": None}, "fee_coverage", "edge_not_stated"),
        ({"take_profit_bps": D(46)}, "fee_coverage", "edge_below_cost"),
        ({"quantity": D("0.01")}, "trade_limiter", "below_minimum_notional"),
        ({"quantity": D(50)}, "trade_limiter", "not_enough_cash"),
        ({"stop_loss": D(101)}, "price", "bad_stop"),
    ],
)
async def test_a_denial_names_its_gate_and_is_a_trace_outside_the_journal(
    location: Location, change: dict[str, Any], gate: str, code: str
):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        before = (await shop.account(user)).seq
        answer = await shop.submit(user, buy(bot, "k", 1, **change), 1)
        assert (answer.success, answer.status, answer.order_id) == (False, OrderStatus.DENIED, None)
        assert (answer.gate_failed, answer.code) == (gate, code)
        assert answer.gates_passed == (ALL_GATES[: ALL_GATES.index(gate)] if gate in ALL_GATES else ())
        assert answer.rejection_reason
        (trace,) = await shop.services.traces.newest(bot, 5)
        assert (trace.kind, trace.gate, trace.text) == (TraceKind.DENIAL, gate, answer.rejection_reason)
        orders = await facts(shop, user, OrderExecuted, OrderAccepted)
        assert (orders, (await audited(shop.store, user)).seq >= before) == ([], True)


async def test_a_daily_limit_says_how_much_is_used_and_when_it_clears(location: Location):
    async with desk(location.make(), max_trades_per_user_daily=4, **LOOSE) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        denied = await lose(shop, user, bot, 3)
        assert denied is not None
        assert (denied.code, denied.value, denied.limit, denied.clears_at) == ("daily_limit", "4", "4", at(86_400))
        assert "You made 4 of 4 orders today; clears at 00:00Z in 23 h 59 min." in (denied.rejection_reason or "")
        await shop.tick(86_400, "100")
        assert (await shop.submit(user, buy(bot, "tomorrow", 86_400), 86_400)).success


async def test_entries_in_parallel_never_pass_more_than_the_limit(location: Location):
    limits: dict[str, Any] = LOOSE | {"max_trades_per_user_daily": 5}
    async with desk(location.make(), trade=False, **limits) as one, desk(location.make(), trade=False, **limits) as two:
        user = await one.user()
        bots = [await one.bot(user, f"Bot {n}", capital=D(200)) for n in range(20)]
        submitted = [
            (one, two)[n % 2].submit(user, (buy, rest)[n // 2 % 2](bot, f"k{n}", 1), 1) for n, bot in enumerate(bots)
        ]
        answers = await asyncio.gather(*submitted)
        assert sum(answer.success for answer in answers) == 5
        assert {answer.code for answer in answers if not answer.success} == {"daily_limit"}
        assert len(await facts(one, user, OrderExecuted, OrderAccepted)) == 5
        await audited(one.store, user)


async def test_a_limit_order_fills_only_as_the_market_trades_through_it(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        placed = await shop.submit(user, rest(bot, "k", 1), 1)
        assert (placed.success, placed.status, placed.filled_qty) == (True, OrderStatus.ACCEPTED, 0)
        assert (await shop.account(user)).bot(bot).free_cash == 1000 - D("99.099")
        await traded(shop, 2, ("99.01", "50"))
        await traded(shop, 3, ("98.98", "0.3"))
        await traded(shop, 4, ("99.5", "50"), ("98.9", "0.2"))
        assert (await shop.services.order_reader.status(user, placed.order_id or "")).filled_qty == D("0.5")
        await traded(shop, 5, ("98.9", "50"))
        fills = [fill for fact in await facts(shop, user, OrderFilled) for fill in fact.fills]
        assert [(fill.price, fill.quantity) for fill in fills] == [(99, D("0.3")), (99, D("0.2")), (99, D("0.5"))]
        account = await audited(shop.store, user)
        assert (account.bot(bot).cash, account.working) == (1000 - D("99.099"), {})
        assert account.bot(bot).protections[BTC].take_profit == D("100.98")


async def test_a_resting_order_is_adopted_after_a_restart_and_filled_once(location: Location):
    async with desk(location.make()) as first:
        user = await first.user()
        bot = await first.bot(user)
        assert (await first.submit(user, rest(bot, "k", 1), 1)).success
    async with desk(location.make()) as second, desk(location.make(), trade=False) as reader:
        await second.tick(10, "100")
        await traded(second, 11, ("98", "0.4"))
        await traded(second, 12, ("98", "50"))
        assert [fact.status for fact in await facts(second, user, OrderFilled)] == [
            OrderStatus.PARTIALLY_FILLED,
            OrderStatus.FILLED,
        ]
        assert (await reader.submit(user, rest(bot, "k", 1), 1)).cached
        assert (await audited(reader.store, user)).bot(bot).held(BTC) == 1


async def test_a_canceled_order_keeps_what_it_filled_and_frees_the_rest(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        placed = await shop.submit(user, rest(bot, "k", 1), 1)
        await traded(shop, 2, ("98.9", "0.4"))
        order_id = placed.order_id or ""
        await shop.services.orders.cancel(user, order_id, actor=ACTOR, reason="enough")
        order = await shop.services.order_reader.status(user, order_id)
        assert (order.status, order.filled_qty) == (OrderStatus.CANCELED, D("0.4"))
        with pytest.raises(Conflict):
            await shop.services.orders.cancel(user, order_id, actor=ACTOR, reason="again")
        account = await audited(shop.store, user)
        assert account.bot(bot).free_cash == account.bot(bot).cash == 1000 - D("39.6396")


async def test_a_stop_loss_is_blocked_by_no_limit_no_breaker_and_no_halt(location: Location):
    async with desk(location.make(), max_trades_per_user_daily=1, max_daily_loss_percent=0.0005) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        assert (await shop.submit(user, buy(bot, "in", 1, "9"), 1)).success
        assert [trip.metric for trip in await facts(shop, user, BreakerTripped)] == [Metric.DAILY_LOSS]
        await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        blocked = await shop.submit(user, buy(bot, "more", 2), 2)
        assert (blocked.success, blocked.gate_failed) == (False, "mode")
        await settled()
        await shop.tick(10, "98")
        await shop.tick(10.05, "97.5")
        (_, sale) = await facts(shop, user, OrderExecuted)
        assert (sale.exit_reason, sale.fills[0].price, sale.filled_qty) == (ExitReason.STOP_LOSS, D("97.49"), 9)
        assert sale.gates_passed == ("idempotency", "trade_limiter")
        assert (await audited(shop.store, user)).bot(bot).flat


async def test_a_breaker_trips_by_one_event_and_is_reset_with_a_reason(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=MANY) as shop:
        user = await shop.user()
        bot, other = await shop.bot(user), await shop.bot(user, "Beta")
        assert await lose(shop, user, bot, 4) is None
        assert await facts(shop, user, BreakerTripped) == []
        assert (await shop.submit(user, rest(other, "waits", 100), 100)).success
        assert await lose(shop, user, bot, 1, 200) is None
        trips = await facts(shop, user, BreakerTripped)
        assert [(trip.bot_id, trip.metric, trip.value, trip.threshold) for trip in trips] == [
            (bot, Metric.CONSECUTIVE_LOSSES, 5, 5),
            (None, Metric.CONSECUTIVE_LOSSES, 5, 5),
        ]
        assert {alert["kind"] for alert in await alerts(shop, user, len(trips))} == {"breaker_trip"}
        account = await shop.account(user)
        assert {one.status for one in account.bots.values()} == {BotStatus.CIRCUIT_TRIPPED}
        assert account.working == {}
        denied = await shop.submit(user, buy(other, "no", 201), 201)
        assert (denied.gate_failed, denied.code) == ("circuit_breaker", "circuit_tripped")
        for scope in (bot, None):
            await shop.services.bots.reset_breaker(
                user, scope, actor=ACTOR, reason="looked at it", key=f"reset {scope}"
            )
        resets = await facts(shop, user, BreakerReset)
        assert [(reset.bot_id, reset.reason) for reset in resets] == [(bot, "looked at it"), (None, "looked at it")]
    async with desk(location.make(), burst_limit_orders_per_exchange=MANY) as again:
        await again.tick(300, "100")
        account = await audited(again.store, user)
        assert {one.status for one in account.bots.values()} == {BotStatus.PAUSED}
        await again.services.bots.resume(user, bot, actor=ACTOR, key="resume")
        assert (await again.submit(user, buy(bot, "again", 301), 301)).success
        assert len(await facts(again, user, BreakerTripped)) == 2


async def test_after_an_emergency_stop_nothing_enters_and_nothing_waits_to(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot, other = await shop.bot(user), await shop.bot(user, "Beta")
        assert (await shop.submit(user, rest(bot, "k", 1), 1)).success
        await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        assert len(await facts(shop, user, TradingHalted)) == 1
        await traded(shop, 2, ("90", "50"))
        assert await facts(shop, user, OrderFilled) == []
        for number, one in enumerate((bot, other)):
            assert (await shop.submit(user, buy(one, f"no {number}", 3), 3)).code == "halted"
        account = await audited(shop.store, user)
        assert (account.working, account.bot(bot).free_cash) == ({}, 1000)


async def test_without_a_price_an_entry_is_denied_and_an_exit_waits_for_one(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        denied = await shop.services.orders.submit(user, buy(bot, "in", 1), None)
        assert (denied.gate_failed, denied.code) == ("price", "no_price")
        assert (await shop.submit(user, buy(bot, "in", 1), 1)).success
        waiting = await shop.services.orders.submit(user, sell(bot, "out", 2), None)
        assert (waiting.success, waiting.status) == (True, OrderStatus.ACCEPTED)
        await settled()
        await shop.tick(30, "100.5")
        await settled()
        (sale,) = await facts(shop, user, OrderFilled)
        assert [(fill.price, fill.quantity) for fill in sale.fills] == [(D("100.49"), 1)]
        assert (await audited(shop.store, user)).bot(bot).flat


async def test_while_the_store_is_away_no_entry_is_made(location: Location):
    store = FaultyStore(location.make())
    async with desk(store, trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        store.away = True
        with pytest.raises(StoreUnavailable):
            await shop.submit(user, buy(bot, "k", 1), 1)
        store.away = False
        assert (await audited(shop.store, user)).bot(bot).flat
        answer = await shop.submit(user, buy(bot, "k", 1), 1)
        assert (answer.success, answer.cached) == (True, False)
        assert len(await facts(shop, user, OrderExecuted)) == 1


async def test_a_cooldown_is_kept_between_the_entries_of_a_bot(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.services.bots.set_cooldown(user, bot, 5, actor=ACTOR, key="cooldown")
        assert await lose(shop, user, bot, 1) is None
        denied = await shop.submit(user, buy(bot, "soon", 309), 309)
        assert (denied.code, denied.clears_at) == ("cooldown", at(310))
        assert (await shop.submit(user, buy(bot, "later", 310), 310)).success


async def test_what_an_order_takes_of_the_book_is_not_offered_to_the_next(location: Location):
    async with desk(location.make(), **LOOSE) as shop:
        user = await shop.user()
        bot, other = await shop.bot(user), await shop.bot(user, "Beta")
        thin = state(BTC, at(1), "99.99", "100.01", "1.5")
        first = await shop.services.orders.submit(user, buy(bot, "one", 1), thin)
        second = await shop.services.orders.submit(user, buy(other, "two", 1), thin)
        assert (first.filled_qty, second.filled_qty, second.status) == (1, D("0.5"), OrderStatus.CANCELED)


async def test_the_engine_and_the_journal_agree_after_all_of_it(location: Location):
    async with desk(location.make(), **LOOSE) as shop:
        user = await shop.user()
        bots = [await shop.bot(user, f"Bot {n}") for n in range(4)]
        for number, bot in enumerate(bots):
            await shop.submit(user, (buy, rest)[number % 2](bot, f"k{number}", 1), 1)
        await traded(shop, 2, ("98.99", "1.3"))
        await until(lambda: len(shop.services.writer.known(user).working) == 1)
        found = await shop.services.reconciler.reconcile(user)
        assert (found.ok, found.issues) == (True, ())
        verdict = await shop.services.verifier.verify(user)
        assert {check.ok for check in verdict.checks} <= {True, None}
        assert await shop.account(user) == await audited(shop.store, user)

"""Decide, append, evolve over real stores (spec/accounting.md; recovery promises 2, 3 and 4)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest

from core.domain.codec import encode
from core.domain.commands import HaltTrading
from core.domain.errors import IdempotencyConflict, ProductError
from core.domain.events import Funded, OrderExecuted, TradingHalted
from core.domain.journal import Head, Stamp, seal
from core.domain.order import Side
from core.ports import StoreUnavailable
from core.services.order_result import OrderResult
from tests.builders import executed
from tests.fakes.faulty_store import Fault, FaultyStore
from tests.integration.desk import Desk, at, audited, buy, desk, journal, orders_of, sell
from tests.store_location import Location


@pytest.fixture
async def shop(location: Location) -> AsyncIterator[Desk]:
    async with desk(location.make(), trade=False) as opened:
        yield opened


async def bots(shop: Desk, user_id: str, count: int) -> list[str]:
    return [await shop.bot(user_id, f"Bot {n}", capital=Decimal(200)) for n in range(count)]


def uncached(result: OrderResult) -> OrderResult:
    return replace(result, cached=False)


async def test_the_same_key_a_hundred_times_at_once_is_one_order(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    answers = await asyncio.gather(*(shop.submit(user, buy(bot, "k"), 1) for _ in range(100)))
    assert len(await orders_of(shop.store, user)) == 1
    assert [answer.cached for answer in answers].count(False) == 1
    assert len({uncached(answer) for answer in answers}) == 1
    assert (await shop.account(user)).bot(bot).held("BTC/USDT") == 1
    assert await shop.account(user) == await audited(shop.store, user)


async def test_a_key_stays_taken_for_its_order_after_a_restart(location: Location):
    async with desk(location.make(), trade=False) as first:
        user = await first.user()
        bot = await first.bot(user)
        answer = await first.submit(user, buy(bot, "k"), 1)
    async with desk(location.make(), trade=False) as second:
        assert await second.submit(user, buy(bot, "k"), 9) == replace(answer, cached=True)
        with pytest.raises(IdempotencyConflict):
            await second.submit(user, buy(bot, "k", quantity="2"), 9)
        with pytest.raises(IdempotencyConflict):
            await second.submit(user, sell(bot, "k"), 9)
        assert len(await orders_of(second.store, user)) == 1


async def test_a_key_with_another_request_is_a_conflict_and_changes_nothing(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    await shop.submit(user, buy(bot, "k"), 1)
    before = (await shop.account(user)).seq
    with pytest.raises(IdempotencyConflict):
        await shop.submit(user, buy(bot, "k", take_profit_bps=Decimal(300)), 2)
    assert (await shop.account(user)).seq == before


async def test_fifty_parallel_entries_of_two_writers_never_pass_a_burst_limit_of_ten(location: Location):
    rules = {"burst_limit_orders_per_exchange": 10, "max_trades_per_user_daily": 500}
    async with desk(location.make(), trade=False, **rules) as one, desk(location.make(), trade=False, **rules) as two:
        user = await one.user()
        made = await bots(one, user, 50)
        answers = await asyncio.gather(
            *((one, two)[n % 2].submit(user, buy(bot, f"k{n}"), 1) for n, bot in enumerate(made))
        )
        passed = [answer for answer in answers if answer.success]
        assert len(passed) == len(await orders_of(one.store, user)) == 10
        assert {a.gate_failed for a in answers if not a.success} == {"trade_limiter"}
        folded = await audited(one.store, user)
        assert await one.account(user) == await two.account(user) == folded
        assert folded.free_cash["USDT"] == 0


async def test_no_entry_follows_a_halt_that_came_in_between(location: Location):
    rules = {"burst_limit_orders_per_exchange": 1000}
    async with desk(location.make(), trade=False, **rules) as one, desk(location.make(), trade=False, **rules) as two:
        user = await one.user()
        made = await bots(one, user, 40)
        halted = asyncio.Event()

        async def enter(place: Desk, number: int, bot: str) -> OrderResult:
            if number >= 20:  # half of them are decided by a writer that does not know of the halt yet
                await halted.wait()
            return await place.submit(user, buy(bot, f"k{number}"), 1)

        async def halt() -> None:
            await two.services.writer.execute(user, HaltTrading("ann", "emergency stop"), now=at(1), key="halt")
            halted.set()

        entering = [enter((one, two)[n % 2], n, bot) for n, bot in enumerate(made)]
        *answers, _ = await asyncio.gather(*entering, halt())
        events = await journal(one.store, user)
        halt_seq = next(e.seq for e in events if isinstance(e.payload, TradingHalted))
        entered = [e.seq for e in events if isinstance(e.payload, OrderExecuted)]
        assert all(seq < halt_seq for seq in entered)
        assert len(entered) == sum(answer.success for answer in answers) <= 20
        assert {a.gate_failed for a in answers[20:]} == {"mode"}
        assert await one.account(user) == await audited(one.store, user)


async def test_exits_pass_while_trading_is_halted(shop: Desk):
    user = await shop.user()
    bot = await shop.bot(user)
    await shop.submit(user, buy(bot, "in"), 1)
    await shop.services.writer.execute(user, HaltTrading("ann", "emergency stop"), now=at(1))
    assert (await shop.submit(user, buy(bot, "again"), 2)).gate_failed == "mode"
    assert (await shop.submit(user, sell(bot, "out"), 3)).success
    assert (await shop.account(user)).bot(bot).flat


async def test_a_task_cancelled_in_the_middle_of_an_append_does_no_harm(location: Location):
    store = FaultyStore(location.make())
    async with desk(store, trade=False) as shop:
        user = await shop.user()
        made = await bots(shop, user, 5)
        for number, bot in enumerate(made):
            task = asyncio.create_task(shop.submit(user, buy(bot, f"k{number}"), 1))
            for _ in range(number):  # cancel it a little later each time: before, while and after it is written
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        answers = [await shop.submit(user, buy(bot, f"k{n}"), 2) for n, bot in enumerate(made)]
        assert all(answer.success for answer in answers)
        assert len(await orders_of(shop.store, user)) == len(made)
        assert await shop.account(user) == await audited(shop.store, user)


async def test_cancelling_whoever_holds_the_account_lets_the_next_one_on(location: Location):
    store = FaultyStore(location.make())
    async with desk(store, trade=False) as shop:
        user = await shop.user()
        first, second = await bots(shop, user, 2)
        store.held = asyncio.Event()
        stuck = asyncio.create_task(shop.submit(user, buy(first, "a"), 1))
        waiting = asyncio.create_task(shop.submit(user, buy(second, "b"), 1))
        await asyncio.sleep(0)
        stuck.cancel()
        store.held.set()
        assert (await waiting).success
        assert [o.client_order_id for o in await orders_of(shop.store, user)] == ["b"]


@pytest.mark.parametrize("fault", list(Fault))
async def test_an_append_without_an_answer_is_one_event_once_it_is_repeated(location: Location, fault: Fault):
    store = FaultyStore(location.make())
    async with desk(store, trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        store.faults.append(fault)
        with pytest.raises(StoreUnavailable):
            await shop.submit(user, buy(bot, "k"), 1)
        again = await shop.submit(user, buy(bot, "k"), 2)
        assert again.success
        assert again.cached is (fault is Fault.AFTER_WRITE)
        assert [o.client_order_id for o in await orders_of(shop.store, user)] == ["k"]
        assert await shop.account(user) == await audited(shop.store, user)


async def test_nothing_is_acknowledged_while_the_store_is_away_and_all_resumes_by_itself(location: Location):
    store = FaultyStore(location.make())
    async with desk(store, trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        seq = (await shop.account(user)).seq
        store.away = True
        refused = await asyncio.gather(
            *(shop.submit(user, buy(bot, f"k{n}"), 1) for n in range(5)), return_exceptions=True
        )
        assert all(isinstance(one, StoreUnavailable) for one in refused)
        store.away = False
        assert (await shop.account(user)).seq == seq
        assert (await shop.submit(user, buy(bot, "k0"), 2)).success
        assert await shop.account(user) == await audited(shop.store, user)


async def test_an_account_is_funded_once_however_many_open_it(location: Location):
    async with desk(location.make(), trade=False) as one, desk(location.make(), trade=False) as two:
        user = await one.user()
        await asyncio.gather(*(place.app.funding.open_account(user) for place in (one, two) for _ in range(10)))
        assert [type(e.payload) for e in await journal(one.store, user)] == [Funded]


async def test_an_event_that_contradicts_the_journal_is_never_traded_on(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        state = await shop.account(user)
        before, seq = encode(state), state.seq
        last = await shop.store.get("ledger_events", f"{user}:{seq}")
        assert last is not None
        stamp = Stamp(user, "forged", 0, at(1), at(1))
        forged = seal(Head(seq, last["hash"]), stamp, executed(Side.SELL, [("1", "100", "0")], mark="100", bot_id=bot))
        await shop.store.insert("ledger_events", forged)
        tries = [shop.submit(user, buy(bot, f"k{n}"), 1) for n in range(5)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert all(isinstance(answer, ProductError) for answer in answers)
        assert len(await journal(shop.store, user)) == seq + 1
        await shop.store.delete("ledger_events", forged["_id"])
        assert encode(await shop.account(user)) == before
        assert (await shop.submit(user, buy(bot, "k"), 2)).success

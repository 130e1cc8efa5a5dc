"""The engine runs bots warm, once per bar, only while they may trade, and goes on after a restart (spec/bots.md)."""

from dataclasses import replace
from decimal import Decimal

from core.domain.bot import BotStatus
from core.domain.events import BotErred, BotPaused, BotStarted, Marked, OrderExecuted
from core.domain.journal import Head, Stamp, seal
from core.domain.money import ZERO
from core.services.funds import FundsKind, FundsPlan
from core.services.verify import Verifier
from tests.fakes.faulty_store import Fault, FaultyStore
from tests.fakes.market import state
from tests.integration.desk import (
    ACTOR,
    BTC,
    Desk,
    at,
    audited,
    buy,
    desk,
    journal,
    orders_of,
    scripted_market,
    sell,
    until,
)
from tests.store_location import Location

ETH = "ETH/USDT"


async def traces(shop: Desk, bot: str) -> list[str]:
    return [trace.text for trace in await shop.services.traces.newest(bot, 10)]


def status(shop: Desk, user: str, bot: str) -> BotStatus | None:
    known = shop.services.writer.known(user).bots
    return known[bot].status if bot in known else None


async def test_bots_start_warm_from_history(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.warm(bot)
        assert shop.services.engine.warmth(BTC, bot) == (60, 4)
        await shop.rise(0)  # the very first live bar can already be a signal
        await shop.tick(61, "101")
        assert len(await orders_of(shop.store, user)) == 1


async def test_a_market_whose_past_does_not_come_keeps_no_other_bot_from_trading(location: Location):
    """A live exchange may not answer for one pair; its bot is tried again, and starts as soon as the past comes."""
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        waiting = await shop.bot(user, "Waiting", symbol=ETH, capital=Decimal(500))
        bot = await shop.bot(user, capital=Decimal(500))
        shop.feed.pasts_out_of_reach.add(ETH)
        shop.services.engine.start()
        await until(lambda: shop.services.engine.warmth(BTC, bot) is not None)
        assert shop.services.engine.warmth(ETH, waiting) is None
        shop.feed.pasts_out_of_reach.clear()
        await until(lambda: shop.services.engine.warmth(ETH, waiting) is not None)


async def test_bots_that_share_a_bar_each_enter_once_on_it(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bots = [await shop.bot(user, f"Bot {n}", capital=500) for n in range(5)]
        await shop.warm(*bots)
        await shop.rise(0)
        for secs in (61, 62, 63):
            await shop.tick(secs, "101")
        orders = await orders_of(shop.store, user)
        assert sorted(o.bot_id for o in orders) == sorted(bots)
        assert {o.client_order_id for o in orders} == {f"{b}:1:2026-01-05T00:00:00.000Z:enter" for b in bots}
        assert await shop.account(user) == await audited(shop.store, user)


async def test_a_second_engine_on_the_same_bar_cannot_enter_again(location: Location):
    async with desk(location.make()) as first:
        user = await first.user()
        bot = await first.bot(user)
        await first.warm(bot)
        await first.rise(0)
        await first.tick(61, "101")
        await first.submit(user, sell(bot, "out"), 62, "101")
    async with desk(location.make()) as again:  # lives the same minutes once more
        await again.warm(bot)
        await again.rise(0)
        await again.tick(61, "101")
        entries = [o for o in await orders_of(again.store, user) if not o.reduce_only]
        assert len(entries) == 1
        assert (await again.account(user)).bot(bot).flat


async def test_paused_bots_and_halted_users_make_no_entries(location: Location):
    async with desk(location.make()) as shop:
        ann, bob = await shop.user(), await shop.user("bob@example.com")
        paused, running, halted = await shop.bot(ann, "A"), await shop.bot(ann, "B"), await shop.bot(bob, "C")
        await shop.warm(paused, running, halted)
        await shop.services.bots.pause(ann, paused, actor=ACTOR, key="pause")
        await shop.services.emergency.stop(bob, actor=ACTOR, flatten=False, key="stop")
        await until(lambda: shop.services.engine.warmth(BTC, paused) is None)
        await shop.rise(0)
        await shop.tick(61, "101")
        assert [o.bot_id for o in await orders_of(shop.store, ann)] == [running]
        assert await orders_of(shop.store, bob) == []
        assert "emergency stop" in (await traces(shop, halted))[0]


async def test_a_resumed_bot_enters_again(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.warm(bot)
        await shop.services.bots.pause(user, bot, actor=ACTOR, key="pause")
        await until(lambda: shop.services.engine.warmth(BTC, bot) is None)
        await shop.rise(0)
        await shop.services.bots.resume(user, bot, actor=ACTOR, key="resume")
        await shop.warm(bot)
        await shop.tick(61, "101")
        assert await orders_of(shop.store, user) == []
        for minute, price in ((1, "99"), (2, "98")):
            await shop.tick(minute * 60 + 30, price)
        await shop.rise(3, "98", "101")
        await shop.tick(241, "101")
        (entry,) = await orders_of(shop.store, user)
        assert entry.client_order_id.startswith(f"{bot}:2:")


async def test_another_market_pauses_running_bots_and_says_why(location: Location):
    async with desk(location.make()) as first:
        user = await first.user()
        running, created = await first.bot(user, "A"), await first.bot(user, "B", start=False)
    async with desk(location.make(), feed=scripted_market("replay:other")) as second:
        await until(lambda: status(second, user, running) is BotStatus.PAUSED)
        state = await second.account(user)
        assert state.bot(running).status_reason == ("the market data source changed from replay:script to replay:other")
        assert state.bot(created).status is BotStatus.CREATED
        await second.services.bots.resume(user, running, actor=ACTOR, key="resume")
        assert (await second.account(user)).bot(running).source == "replay:other"


async def test_a_position_is_never_priced_by_another_market(location: Location):
    async with desk(location.make()) as first:
        user = await first.user()
        bot = await first.bot(user)
        await first.submit(user, buy(bot, "in"), 1)
    async with desk(location.make(), feed=scripted_market("replay:other")) as second:
        await until(lambda: status(second, user, bot) is BotStatus.PAUSED)
        await second.tick(100, "5")
        await second.tick(101, "5")
        assert not (await second.account(user)).bot(bot).flat


async def test_a_mark_that_shows_too_deep_a_fall_opens_the_breaker(location: Location):
    """Spec, gate 4: evaluated before each entry and after each fill and mark."""
    async with desk(location.make(), max_daily_loss_percent=Decimal("0.05")) as shop:
        user = await shop.user()
        bot = await shop.bot(user, capital=Decimal(1000))
        await shop.submit(user, replace(buy(bot, "in", quantity="9"), stop_loss_bps=None), 1)
        await until(lambda: shop.services.engine.warmth(BTC, bot) is not None)
        await shop.tick(3_599, "80")
        assert (await shop.account(user)).bot(bot).tripped is None
        await shop.tick(3_601, "80")
        assert (await shop.account(user)).bot(bot).status is BotStatus.CIRCUIT_TRIPPED


async def test_a_position_from_another_market_asks_for_no_exit_at_every_price(location: Location):
    async with desk(location.make()) as first:
        user = await first.user()
        bot = await first.bot(user)
        await first.submit(user, buy(bot, "in"), 1)
    async with desk(location.make(), feed=scripted_market("replay:other")) as second:
        await until(lambda: status(second, user, bot) is BotStatus.PAUSED)
        for secs in range(100, 110):
            await second.tick(secs, "5")  # far below its stop, on a market that is not its own
        assert await traces(second, bot) == []


async def test_an_account_that_cannot_be_folded_keeps_nobody_else_from_trading(location: Location):
    async with desk(location.make(), trade=False) as first:
        ann, bob = await first.user(), await first.user("bob@example.com")
        broken, sound = await first.bot(ann, "A"), await first.bot(bob, "B")
        (newest,) = [e for e in await journal(first.store, ann) if e.seq == (await first.account(ann)).seq]
        stamp = Stamp(ann, "poison", 0, newest.ts, newest.recorded_at)
        await first.store.insert(
            "ledger_events", seal(Head(newest.seq, newest.hash), stamp, BotErred("no such bot", ""))
        )
    async with desk(location.make()) as second:
        await second.warm(sound)
        assert second.services.engine.warmth(BTC, broken) is None
        problems = {v.user_id: v.problem async for v in Verifier(second.store).verify_all([ann, bob])}
        assert problems[bob] is None
        assert problems[ann] is not None


async def test_after_a_restart_running_bots_run_and_paused_ones_stay_paused(location: Location):
    async with desk(location.make()) as first:
        user = await first.user()
        running, paused, holding = [await first.bot(user, name) for name in ("A", "B", "C")]
        await first.services.bots.pause(user, paused, actor=ACTOR, key="pause")
        await first.submit(user, buy(holding, "in"), 1)
        before = await first.account(user)
    async with desk(location.make()) as second:
        await second.warm(running, holding)
        after = await second.account(user)
        assert [b.status for b in after.bots.values()] == [b.status for b in before.bots.values()]
        assert second.services.engine.warmth(BTC, paused) is None
        await second.rise(0)
        await second.tick(61, "101")
        assert running in {o.bot_id for o in await orders_of(second.store, user)}
        await second.tick(62, "90")  # the position of the other process is still protected
        await second.tick(63, "90")
        state = await second.account(user)
        assert state.bot(holding).flat
        assert state.bot(paused).book.fills == 0
        assert state == await audited(second.store, user)


async def test_the_engine_trades_on_by_itself_when_the_store_comes_back(location: Location):
    store = FaultyStore(location.make())
    async with desk(store) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.warm(bot)
        store.away = True
        await shop.rise(0)
        await shop.tick(61, "101")
        store.away = False
        assert await orders_of(shop.store, user) == []
        await until(lambda: shop.services.engine.role == "owner")
        await shop.warm(bot)
        for minute, price in ((1, "99"), (2, "98")):
            await shop.tick(minute * 60 + 30, price)
        await shop.rise(3, "98", "101")
        await shop.tick(241, "101")
        assert [o.bot_id for o in await orders_of(shop.store, user)] == [bot]


async def test_an_exit_without_an_answer_is_made_once(location: Location):
    for number, fault in enumerate(Fault):
        store = FaultyStore(Location(location.backend, location.address).make())
        async with desk(store) as shop:
            user = await shop.user(f"user{number}@example.com")
            bot = await shop.bot(user)
            await shop.warm(bot)
            await shop.rise(0)
            await shop.tick(61, "101")
            await shop.tick(62, "90")
            store.faults.append(fault)
            for secs in (63, 64, 65):
                await shop.tick(secs, "90")
            assert [o.reduce_only for o in await orders_of(shop.store, user)] == [False, True]
            assert await shop.account(user) == await audited(shop.store, user)


async def test_equity_is_recorded_every_hour_while_something_is_held_and_at_the_days_start(location: Location):
    async with desk(location.make()) as before:
        holder, idle = await before.user(), await before.user("bob@example.com")
        held, other = await before.bot(holder), await before.bot(idle)
    async with desk(location.make()) as shop:
        await shop.warm(held, other)
        await shop.tick(1, "100")
        await shop.submit(holder, buy(held, "in"), 2)
        await shop.services.bots.pause(holder, held, actor=ACTOR, key="pause")  # it keeps what it holds
        await until(lambda: shop.services.engine.warmth(BTC, held) is None)
        for hour in (1, 2, 24):
            await shop.tick(hour * 3600, "101")
            await shop.tick(hour * 3600 + 5, "101")
        marks = [e.payload for e in await journal(shop.store, holder) if isinstance(e.payload, Marked)]
        assert [mark.day_start for mark in marks] == [False, False, True]
        idle_marks = [e.payload for e in await journal(shop.store, idle) if isinstance(e.payload, Marked)]
        assert [mark.day_start for mark in idle_marks] == [True]
        assert (await shop.account(holder)).track.day_open > ZERO


async def test_the_journal_of_an_ordinary_day_reads_as_what_happened(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.warm(bot)
        await shop.rise(0)
        await shop.tick(61, "101")
        await shop.services.bots.pause(user, bot, actor=ACTOR, key="pause")
        kinds = [type(e.payload).__name__ for e in await journal(shop.store, user)]
        assert sorted(kinds) == sorted(
            ["Funded", "BotCreated", BotStarted.__name__, "OwnershipTaken", OrderExecuted.__name__, BotPaused.__name__]
        )


async def test_the_market_that_rates_a_currency_is_followed_after_a_restart(location: Location):
    """Without a bot on it nothing else would ask for its prices, and the account would be valued at old ones."""
    async with desk(location.make()) as first:
        user = await first.user()
        first.services.hub.follow(ETH)
        await first.feed.push(state(ETH, at(1), "1999", "2001"))
        await first.services.funds.move(user, FundsPlan(FundsKind.DEPOSIT, Decimal(2), "ETH"), actor=ACTOR, key="eth")
    async with desk(location.make()) as second:
        await until(lambda: ETH in second.feed.status().running_symbols)
        await second.feed.push(state(ETH, at(2), "2999", "3001"))
        summary = await second.services.portfolio.summary(user)
        assert [(mark.symbol, mark.price, mark.stale) for mark in summary.marks] == [(ETH, 3000, False)]
        assert summary.equity == 10_000 + 2 * 3000

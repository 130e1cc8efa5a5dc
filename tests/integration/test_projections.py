"""Projections equal the journal after any history, and are written again after a crash (spec/accounting.md)."""

import random  # noqa: TID251 - seeded histories
from collections import Counter
from decimal import Decimal

import pytest

from core.domain.account import Account
from core.domain.codec import encode, iso
from core.domain.errors import Conflict
from core.domain.events import OrderExecuted
from core.domain.evolve import evolve
from core.domain.money import plain
from core.domain.valuation import effective_status
from core.ports import Document, DocumentStore, StoreUnavailable
from core.services.projections import USER_INDEXES
from core.services.traces import Trace, TraceKind
from tests.fakes.faulty_store import FaultyStore
from tests.integration.desk import ACTOR, Desk, at, audited, buy, desk, documents, journal, sell, until
from tests.store_location import Location


async def history(shop: Desk, user: str, seed: int, steps: int = 60) -> None:
    """A seeded mixture of everything that changes bots, orders and money."""
    chance = random.Random(seed)  # noqa: S311 - not cryptography
    bots = [await shop.bot(user, f"Bot {seed} {n}", capital=Decimal(900)) for n in range(3)]
    steer = shop.services.bots
    for step in range(steps):
        bot, key, secs = chance.choice(bots), f"{seed}:{step}", 20.0 * step
        price = str(100 + chance.randrange(-8, 9))
        try:
            match chance.randrange(8):
                case 0:
                    await steer.pause(user, bot, actor=ACTOR, key=key)
                case 1:
                    await steer.resume(user, bot, actor=ACTOR, key=key)
                case 2 if step > steps - 10:
                    await steer.stop(user, bot, actor=ACTOR, key=key)
                case 3 if step % 5 == 0:
                    await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key=key)
                case 4:
                    await shop.services.emergency.resume(user, actor=ACTOR, key=key)
                case 5:
                    part = chance.choice([None, "0.5", "0.00001"])
                    await shop.submit(user, sell(bot, key, secs, part), secs, price)
                case _:
                    await shop.submit(user, buy(bot, key, secs, str(chance.randrange(1, 8))), secs, price)
        except Conflict:
            continue  # an illegal move is part of an ordinary day


async def expected(store: DocumentStore, user: str) -> dict[str, dict[str, Document]]:
    """What the projections must hold, computed from the journal alone."""
    state = Account(user)
    fills: dict[str, Document] = {}
    trades: dict[str, Document] = {}
    points: dict[str, Document] = {}
    for event in await journal(store, user):
        trade = evolve(state, event)
        fact = event.payload
        if trade is not None:
            trades[trade.order_id] = encode(trade)
        if isinstance(fact, OrderExecuted):
            for number, fill in enumerate(fact.fills, start=1):
                fills[f"{fact.order_id}:{number}"] = encode(fill) | {"side": fact.side.value, "seq": event.seq}
        if getattr(fact, "marks", None) is not None or event.seq == 1:
            points[f"{user}:{event.seq}"] = {"ts": iso(event.ts), "equity": plain(state.equity(state.marks))}
    bots = {
        bot.bot_id: {
            "status": effective_status(bot, halted=state.halted),
            "cash": plain(bot.cash),
            "realized_pnl": plain(bot.book.realized),
            "fees": plain(bot.book.fees),
        }
        for bot in state.bots.values()
    }
    return {"fills_ledger": fills, "trades": trades, "equity_points": points, "bots": bots}


async def assert_projected(store: DocumentStore, user: str) -> None:
    """Each projection has exactly the documents that follow from the journal, with these values."""
    for collection, wanted in (await expected(store, user)).items():
        found = await documents(store, collection, USER_INDEXES[collection], user)
        assert found.keys() == wanted.keys(), collection
        for key, fields in wanted.items():
            assert {name: found[key][name] for name in fields} == fields
    head = await store.get("projection_heads", user)
    assert head is not None
    assert head["seq"] == (await audited(store, user)).seq


async def test_projections_follow_from_the_journal_after_any_history(location: Location):
    async with desk(location.make(), burst_limit_orders_per_exchange=1000) as shop:
        users = [await shop.user(f"user{seed}@example.com") for seed in range(3)]
        for seed, user in enumerate(users):
            await history(shop, user, seed)
        await shop.services.portfolio.trades(users[0], None, 1)  # waits until everything is written
        for user in users:
            await assert_projected(shop.store, user)
        events = [event for user in users for event in await journal(shop.store, user)]
        kinds = Counter(type(event.payload).__name__ for event in events)
        assert min(kinds[name] for name in ("OrderExecuted", "BotPaused", "TradingHalted", "TradingResumed")) > 0


async def test_projections_lost_in_a_crash_are_written_again_by_the_next_process(location: Location):
    async with desk(location.make()) as first:
        user = await first.user()
        await history(first, user, 1, steps=20)
    async with desk(location.make(), trade=False) as crashed:  # nothing here writes projections
        await history(crashed, user, 2, steps=20)
        head = await crashed.store.get("projection_heads", user)
        assert head is not None
        assert head["seq"] < (await audited(crashed.store, user)).seq
    async with desk(location.make()) as second:
        await until(lambda: second.services.writer.known(user).epoch == 2)  # the engine has nothing more to add
        await second.services.portfolio.trades(user, None, 1)
        await assert_projected(second.store, user)


async def test_projections_can_be_dropped_and_written_again_without_a_difference(location: Location):
    async with desk(location.make()) as first:
        user = await first.user()
        await history(first, user, 3)
    store = location.make()
    await store.open()
    before = {name: await documents(store, name, "user_time", user) for name in ("fills_ledger", "trades")}
    for name, found in before.items():
        for key in list(found)[::2]:
            await store.delete(name, key)
    await store.delete("projection_heads", user)
    await store.close()
    async with desk(location.make()) as second:
        await until(lambda: second.services.writer.known(user).epoch == 2)  # the engine has nothing more to add
        await second.services.portfolio.trades(user, None, 1)
        assert {name: await documents(second.store, name, "user_time", user) for name in before} == before
        await assert_projected(second.store, user)


async def test_projections_wait_for_a_store_that_is_away_and_then_catch_up(location: Location):
    store = FaultyStore(location.make())
    async with desk(store) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.submit(user, buy(bot, "in"), 1)
        store.away = True
        await shop.tick(2, "100")
        shop.services.traces.record(Trace(bot, at(2), TraceKind.SIGNAL, "a wish"))
        with pytest.raises(StoreUnavailable, match="not written yet"):
            await shop.services.traces.newest(bot, 10)
        with pytest.raises(StoreUnavailable):
            await shop.services.portfolio.trades(user, None, 10)
        store.away = False
        await shop.submit(user, sell(bot, "out"), 3)
        assert len(await shop.services.portfolio.trades(user, None, 10)) == 1
        await assert_projected(shop.store, user)


async def test_a_refold_of_a_covered_history_writes_nothing(location: Location):
    async with desk(location.make()) as first:
        user = await first.user()
        await history(first, user, 4, steps=10)
    async with desk(location.make(), trade=False) as second:
        await second.account(user)
        await second.services.portfolio.trades(user, None, 1)  # would wait for ever if something were queued
        await assert_projected(second.store, user)

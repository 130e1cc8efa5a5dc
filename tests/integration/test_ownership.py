"""One engine runs the bots; the next one waits, says so, takes over, and the stale one is fenced (architecture.md)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.domain.events import OwnershipTaken
from core.domain.market import Bar, Timeframe
from core.ports import Document, StoreUnavailable
from core.services.engine import Engine
from core.services.ownership import EngineRole, Ownership
from tests.fakes.faulty_store import FaultyStore
from tests.fakes.market import ScriptedFeed
from tests.integration.desk import BTC, FALLING, Desk, audited, buy, desk, journal, orders_of, until
from tests.store_location import Location

#: An engine that never shows a sign of life again once it has the lease: dead, or cut off without knowing it.
SILENT_SECS = 3600.0


@asynccontextmanager
async def running(shop: Desk, *, beat_secs: float = 0.02, patience_secs: float = 0.2) -> AsyncIterator[Engine]:
    """An engine on this desk, stopped in an orderly way at the end."""
    engine = shop.engine(beat_secs=beat_secs, patience_secs=patience_secs)
    engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


async def epochs(shop: Desk, user: str) -> list[int]:
    return [e.epoch for e in await journal(shop.store, user) if isinstance(e.payload, OwnershipTaken)]


async def test_a_second_engine_stands_by_and_says_who_runs_the_bots(location: Location):
    async with desk(location.make()) as first, desk(location.make(), trade=False) as second:
        user = await first.user()
        bot = await first.bot(user)
        await first.warm(bot)
        async with running(second, patience_secs=3600) as standby:
            await until(lambda: standby.role is EngineRole.STANDBY)
            lease = await second.store.get("leases", "engine")
            assert lease is not None
            assert standby.other_holder == lease["holder"] != ""
            assert standby.warmth(BTC, bot) is None
            for place in (first, second):
                await place.rise(0)
                await place.tick(61, "101")
            assert len(await orders_of(first.store, user)) == 1
            assert await epochs(first, user) == [1]


async def test_a_standby_takes_over_at_once_when_the_owner_lets_go(location: Location):
    async with desk(location.make(), trade=False) as first, desk(location.make(), trade=False) as second:
        user = await first.user()
        bot = await first.bot(user)
        async with running(first, patience_secs=3600) as owner:
            await until(lambda: owner.warmth(BTC, bot) is not None)
            waiting = second.engine(patience_secs=3600)
            waiting.start()
            await until(lambda: waiting.role is EngineRole.STANDBY)
        await until(lambda: waiting.warmth(BTC, bot) is not None)
        assert (owner.role, waiting.role, waiting.other_holder) == (EngineRole.STOPPED, EngineRole.OWNER, None)
        await second.rise(0)
        await second.tick(61, "101")
        assert len(await orders_of(second.store, user)) == 1
        assert await epochs(second, user) == [1, 2]
        await waiting.stop()


async def test_a_standby_takes_over_from_a_silent_owner_which_is_then_fenced(location: Location):
    async with desk(location.make(), trade=False) as stale, desk(location.make(), trade=False) as fresh:
        user = await stale.user()
        bot = await stale.bot(user)
        async with running(stale, beat_secs=SILENT_SECS) as old:
            await until(lambda: old.warmth(BTC, bot) is not None)
            async with running(fresh) as new:
                await until(lambda: new.warmth(BTC, bot) is not None)
                assert await epochs(fresh, user) == [1, 2]
                await stale.rise(0)  # it still believes that the bots are its own
                await stale.tick(61, "101")
                assert await orders_of(stale.store, user) == []
                answer = await stale.submit(user, buy(bot, "late", writer_epoch=1), 62)
                assert (answer.success, answer.gate_failed) == (False, "ownership")
                await fresh.rise(0)
                await fresh.tick(61, "101")
                await stale.tick(62, "101")
                (entry,) = await orders_of(fresh.store, user)
                assert entry.market.source == fresh.feed.source
                assert await fresh.account(user) == await audited(fresh.store, user)


async def test_a_fenced_engine_lets_go_and_stands_by(location: Location):
    store = FaultyStore(location.make())
    async with desk(store, trade=False) as cut_off, desk(location.make(), trade=False) as other:
        user = await cut_off.user()
        bot = await cut_off.bot(user)
        async with running(cut_off) as old:
            await until(lambda: old.warmth(BTC, bot) is not None)
            store.away = True
            async with running(other) as new:
                await until(lambda: new.warmth(BTC, bot) is not None)
                store.away = False
                await until(lambda: old.role is EngineRole.STANDBY)
                lease = await other.store.get("leases", "engine")
                assert lease is not None
                assert old.other_holder == lease["holder"]
            await until(lambda: old.role is EngineRole.OWNER)
            assert old.other_holder is None


async def test_engines_that_start_at_the_same_moment_agree_on_one_owner(location: Location):
    stores = [location.make() for _ in range(5)]
    for store in stores:
        await store.open()
    leases = [Ownership(store, f"engine {n}", beat_secs=0.01, patience_secs=3600) for n, store in enumerate(stores)]
    waiting = [asyncio.create_task(lease.acquire()) for lease in leases]
    await until(lambda: all(lease.role is not EngineRole.STARTING for lease in leases))
    for epoch in range(1, 6):
        (owner,) = [lease for lease in leases if lease.role is EngineRole.OWNER]
        assert owner.epoch == epoch
        await owner.release()
        left = [lease for lease in leases if lease.role is not EngineRole.STOPPED]
        await until(lambda left=left: not left or any(lease.role is EngineRole.OWNER for lease in left))
    assert sorted(await asyncio.gather(*waiting)) == [1, 2, 3, 4, 5]
    for store in stores:
        await store.close()


async def test_a_beat_without_an_answer_does_not_cost_the_lease(location: Location):
    store = FaultyStore(location.make())
    await store.open()
    lease = Ownership(store, "engine", beat_secs=0.01)
    await lease.acquire()
    beating = asyncio.create_task(lease.hold())
    store.away = True
    await asyncio.sleep(0.05)
    store.away = False
    before = await store.get("leases", "engine")
    assert before is not None

    async def beat() -> int:
        found = await store.get("leases", "engine")
        return found["beat"] if found else 0

    async with asyncio.timeout(10):
        while await beat() <= before["beat"]:  # noqa: ASYNC110 - the store is asked, it does not tell
            await asyncio.sleep(0.01)
    assert lease.role is EngineRole.OWNER
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    await lease.release()
    await store.close()


async def test_a_process_ends_in_an_orderly_way_while_the_store_is_away(location: Location):
    store = FaultyStore(location.make())
    async with desk(store) as shop:
        store.away = True
    assert shop.services.engine.role is EngineRole.STOPPED
    assert shop.feed.status().running_symbols == ()


async def test_an_engine_that_a_bug_ended_starts_again_by_itself(location: Location):
    market = UnreliableMarket(history=FALLING)
    async with desk(location.make(), feed=market, trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        market.failures = 2
        async with running(shop) as engine:
            await until(lambda: engine.warmth(BTC, bot) is not None)
            await shop.rise(0)
            await shop.tick(61, "101")
            assert len(await orders_of(shop.store, user)) == 1
        assert market.failures == 0


class UnreliableMarket(ScriptedFeed):
    """Fails in a way nobody foresaw, so many times."""

    failures = 0

    async def history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Bar]:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the exchange answered nonsense")
        return await super().history(symbol, timeframe, count)


class Unanswering(FaultyStore):
    """Writes a lease and does not say so, so many times."""

    unanswered = 0

    async def replace(self, collection: str, document: Document, expected_version: int) -> Document:
        written = await super().replace(collection, document, expected_version)
        if self.unanswered:
            self.unanswered -= 1
            raise StoreUnavailable("The connection broke.")
        return written


async def test_a_lease_whose_last_beat_had_no_answer_is_given_back_all_the_same(location: Location):
    """Else the next engine waits as long as for a dead one, and the log says that it was taken over."""
    store = Unanswering(location.make())
    await store.open()
    lease = Ownership(store, "engine", beat_secs=0.01)
    await lease.acquire()
    store.unanswered = 1
    beating = asyncio.create_task(lease.hold())
    await until(lambda: not store.unanswered)
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    await lease.release()
    found = await store.get("leases", "engine")
    assert found is not None
    assert found["holder"] == ""
    await store.close()


async def test_a_lease_that_somebody_else_has_is_left_with_them(location: Location):
    store = location.make()
    await store.open()
    mine, other = Ownership(store, "mine"), Ownership(store, "other", beat_secs=0.01, patience_secs=0.02)
    await mine.acquire()
    await other.acquire()
    await mine.release()
    found = await store.get("leases", "engine")
    assert found is not None
    assert (found["holder"], found["epoch"]) == ("other", 2)
    await store.close()

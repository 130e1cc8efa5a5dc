"""A global stop halts everybody at once and stays until an admin lifts it (spec/pipeline.md, Halt).

The mode holds in every process before any journal has it; then every journal gets it, whoever crashed in between.
"""

import asyncio
from contextlib import suppress
from decimal import Decimal

import pytest

from core.domain.bot import BotStatus
from core.domain.errors import Conflict
from core.domain.events import BotErred, OrderExecuted, TradingHalted, TradingResumed
from core.domain.journal import Head, Stamp, seal
from core.domain.order import TimeInForce
from tests.integration.desk import ACTOR, Desk, audited, buy, desk, journal, sell, until
from tests.store_location import Location

ADMIN = "admin@example.com"


async def scopes(shop: Desk, user: str) -> list[str]:
    """The halts and resumes of a journal, in order."""
    told = (e.payload for e in await journal(shop.store, user))
    return [
        f"{'halt' if isinstance(fact, TradingHalted) else 'resume'} {fact.scope}"
        for fact in told
        if isinstance(fact, TradingHalted | TradingResumed)
    ]


async def people(shop: Desk, count: int) -> list[str]:
    return [await shop.user(f"person{n}@example.com") for n in range(count)]


async def test_a_stop_halts_every_account_and_keeps_exits_open(location: Location):
    async with desk(location.make(), trade=False) as shop:
        users = await people(shop, 3)
        bots = [await shop.bot(user) for user in users]
        for user, bot in zip(users, bots, strict=True):
            assert (await shop.submit(user, buy(bot, "in", 1), 1)).success
        report = await shop.services.global_stop.stop(ADMIN, "the feed lies", "stop")
        assert (report.mode.halted, report.mode.actor, report.mode.reason) == (True, ADMIN, "the feed lies")
        assert (report.users, report.missed) == (3, 0)
        for user, bot in zip(users, bots, strict=True):
            assert await scopes(shop, user) == ["halt system"]
            assert (await shop.submit(user, buy(bot, "more", 20), 20)).gate_failed == "mode"
            assert (await shop.submit(user, sell(bot, "out", 21), 21)).success
            state = await shop.account(user)
            assert (state.system_halted, state.user_halted) == (True, False)
            assert state == await audited(shop.store, user)


async def test_another_process_honours_the_mode_before_any_journal_has_it(location: Location):
    async with desk(location.make()) as one, desk(location.make(), trade=False) as two:
        user = await one.user()
        bot, idle = await one.bot(user), await one.bot(user, "Idle", start=False)
        other = await two.app.services.modes.halt(
            ADMIN, "the feed lies", "stop"
        )  # and no more than that, as in a crash
        assert other.halted
        await until(lambda: one.services.modes.halted)
        assert (await one.submit(user, buy(bot, "k", 1), 1)).gate_failed == "mode"
        with pytest.raises(Conflict, match="admin"):
            await one.services.bots.start(user, idle, actor=ACTOR, key="start")
        with pytest.raises(Conflict, match="admin"):
            await one.services.bots.refuse_to_run(user)
        with pytest.raises(Conflict, match="admin"):
            await one.bot(user, "New")
        with pytest.raises(Conflict, match="admin"):
            await one.services.emergency.resume(user, actor=ACTOR, key="resume")
        await one.services.bots.pause(user, bot, actor=ACTOR, key="pause")
        with pytest.raises(Conflict, match="admin"):
            await one.services.bots.resume(user, bot, actor=ACTOR, key="go on")
        assert not any(isinstance(e.payload, OrderExecuted) for e in await journal(one.store, user))


async def test_whom_a_crash_left_out_is_told_by_the_process_that_runs_the_bots(location: Location):
    async with desk(location.make(), trade=False) as crashing:
        users = await people(crashing, 2)
        await crashing.services.modes.halt(ADMIN, "the feed lies", "stop")
    async with desk(location.make()) as engine:
        await until(lambda: all(engine.services.writer.known(user).system_halted for user in users))
        late = await engine.user("late@example.com")  # opened its account while everybody is halted
        await until(lambda: engine.services.writer.known(late).system_halted)
        await engine.services.modes.resume(ADMIN, "resume")
        await until(lambda: not any(engine.services.writer.known(user).system_halted for user in [*users, late]))
        for user in [*users, late]:
            assert await scopes(engine, user) == ["halt system", "resume system"]


async def test_only_an_admin_lifts_it_and_a_users_own_halt_survives_that(location: Location):
    async with desk(location.make(), trade=False) as shop:
        ann, bob = await people(shop, 2)
        bots = [await shop.bot(ann), await shop.bot(bob)]
        await shop.services.emergency.stop(ann, actor=ACTOR, flatten=False, key="mine")
        await shop.services.global_stop.stop(ADMIN, "the feed lies", "stop")
        for user in (ann, bob):
            with pytest.raises(Conflict, match="admin"):
                await shop.services.emergency.resume(user, actor=ACTOR, key="resume")
        report = await shop.services.global_stop.resume(ADMIN, "lift")
        assert (report.mode.halted, report.users, report.missed) == (False, 2, 0)
        halted = await shop.account(ann)
        assert (halted.halted, halted.user_halted, halted.system_halted) == (True, True, False)
        assert (await shop.submit(ann, buy(bots[0], "k", 1), 1)).gate_failed == "mode"
        free = await shop.account(bob)
        assert (free.halted, free.bot(bots[1]).status) == (False, BotStatus.PAUSED)
        await shop.services.emergency.resume(ann, actor=ACTOR, key="resume")
        for user, bot in ((ann, bots[0]), (bob, bots[1])):
            await shop.services.bots.resume(user, bot, actor=ACTOR, key="go on")
            assert (await shop.submit(user, buy(bot, "k", 2), 2)).success
        with pytest.raises(Conflict, match="not halted"):
            await shop.services.global_stop.resume(ADMIN, "again")


async def test_a_late_repetition_of_a_request_changes_nothing(location: Location):
    async with desk(location.make(), trade=False) as one, desk(location.make(), trade=False) as two:
        user = await one.user()
        first = await one.services.global_stop.stop(ADMIN, "the feed lies", "stop")
        again = await two.services.global_stop.stop(ADMIN, "the feed lies", "stop")
        assert again.mode == first.mode
        await one.services.global_stop.resume(ADMIN, "lift")
        assert not (await two.services.global_stop.stop(ADMIN, "the feed lies", "stop")).mode.halted
        await two.services.global_stop.stop(ADMIN, "again", "another stop")
        assert (await one.services.global_stop.resume(ADMIN, "lift")).mode.halted
        assert await scopes(one, user) == ["halt system", "resume system", "halt system"]


async def test_stops_and_resumes_of_two_processes_leave_every_journal_as_the_mode_is(location: Location):
    async with desk(location.make(), trade=False) as one, desk(location.make(), trade=False) as two:
        users = await people(one, 5)
        await one.services.global_stop.stop(ADMIN, "the feed lies", "first")

        async def change(number: int) -> None:
            service = (one, two)[number % 2].services.global_stop
            with suppress(Conflict):  # lifted already
                if number % 3:
                    await service.stop(ADMIN, "the feed lies", f"stop{number}")
                else:
                    await service.resume(ADMIN, f"lift{number}")

        await asyncio.gather(*(change(number) for number in range(12)))
        mode = await one.services.global_stop.mode()
        for user in users:
            assert (await one.account(user)).system_halted == mode.halted
            assert await audited(one.store, user) == await one.account(user)


async def test_one_account_out_of_reach_keeps_nobody_else_from_being_halted(location: Location):
    async with desk(location.make(), trade=False) as shop:
        ann, bob = await people(shop, 2)
        newest = (await journal(shop.store, ann))[-1]
        stamp = Stamp(ann, "poison", 0, newest.ts, newest.recorded_at)
        broken = seal(Head(newest.seq, newest.hash), stamp, BotErred("no such bot", ""))
        await shop.store.insert("ledger_events", broken)
    async with desk(location.make(), trade=False) as again:
        report = await again.services.global_stop.stop(ADMIN, "the feed lies", "stop")
        assert (report.mode.halted, report.users, report.missed) == (True, 1, 1)
        assert (await again.account(bob)).system_halted


async def test_resting_entries_end_with_a_global_stop_and_no_event_of_their_own(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        request = buy(bot, "rests", 1, limit_price=Decimal(99), time_in_force=TimeInForce.GTC)
        assert (await shop.submit(user, request, 1)).success
        before = (await shop.account(user)).seq
        await shop.services.global_stop.stop(ADMIN, "the feed lies", "stop")
        state = await shop.account(user)
        assert (state.working, state.bot(bot).reserved_cash, state.seq) == ({}, 0, before + 1)

"""Acceptance of the bots' life cycle (go-live checklist): each test is one promise of spec/bots.md, on both stores."""

import asyncio
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import feather, parquet
from pydantic import SecretStr

from core.adapters.feeds.replay import ReplayFeed
from core.adapters.passwords import BcryptPasswords
from core.bootstrap import Overrides, build_app
from core.domain import events as ev
from core.domain.bot import BotStatus
from core.domain.errors import Conflict, IdempotencyConflict
from core.domain.market import Timeframe
from core.domain.order import ExitReason, TimeInForce
from core.domain.valuation import Mark, value
from core.services.bot_changes import BotEdit
from core.settings import AccountSettings, Settings
from tests.fakes.anchor_log import MemoryAnchorLog
from tests.fakes.market import SOURCE
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

B = BotStatus
D = Decimal


async def settled() -> None:
    """Let the engine hear of all that was appended."""
    for _ in range(20):
        await asyncio.sleep(0.005)


async def facts(shop: Desk, user: str, *kinds: type) -> list[Any]:
    return [event.payload for event in await journal(shop.store, user) if isinstance(event.payload, kinds)]


async def shown(shop: Desk, user: str, bot: str) -> str:
    """The bot's status as a person reads it."""
    account = await shop.account(user)
    marks = {s: Mark(s, D(100), None, None, SOURCE, stale=False) for s in account.priced_symbols()}
    return next(one.status for one in value(account, marks).by_bot if one.bot_id == bot)


async def sold(shop: Desk, user: str, bot: str, secs: float, price: str, size: str = "1000") -> None:
    """The market moves a little, second by second, until the engine has sold all that the bot holds."""
    async with asyncio.timeout(20):
        while not (await shop.account(user)).bot(bot).flat:
            secs += 1
            await settled()
            await shop.tick(secs, str(D(price) + D(secs % 2) / 10), size)


async def enters(shop: Desk, user: str, bot: str, minute: int) -> None:
    """A rise on which the bot's own strategy buys."""
    known = len(await orders_of(shop.store, user))
    for step, price in ((0, "99"), (1, "98")):
        await shop.tick((minute + step) * 60 + 30, price)
    await shop.rise(minute + 2, "98", "101")
    await shop.tick((minute + 3) * 60 + 1, "101")
    orders = await orders_of(shop.store, user)
    assert [order.bot_id for order in orders[known:]] == [bot]


async def test_a_whole_life_from_creation_to_the_end_survives_restarts(location: Location):
    """Created, started, trades, paused, edited, resumed, given capital, cloned, stopped: each in another process."""
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user, start=False)
        assert (await shop.account(user)).bot(bot).status is B.CREATED
        await shop.services.bots.start(user, bot, actor=ACTOR, key="start")
        await shop.warm(bot)
        await shop.rise(0)
        await shop.tick(61, "101")
        (entry,) = await orders_of(shop.store, user)
        assert (entry.bot_id, entry.reduce_only) == (bot, False)
    async with desk(location.make()) as shop:
        await shop.warm(bot)
        await shop.services.bots.pause(user, bot, actor=ACTOR, key="pause")
        edit = BotEdit(name="Nova", parameters={"fast": 3, "slow": 5}, risk_mode="safe")
        await shop.services.bot_changes.edit(user, bot, edit, actor=ACTOR, key="edit")
    async with desk(location.make()) as shop:
        kept = (await shop.account(user)).bot(bot)
        assert (kept.status, kept.name, kept.parameters, kept.risk_mode) == (
            B.PAUSED,
            "Nova",
            {"fast": 3, "slow": 5},
            "safe",
        )
        await sold(shop, user, bot, 100, "103.5")  # its target from before the pause still holds
        assert (await facts(shop, user, ev.OrderExecuted))[-1].exit_reason is ExitReason.TAKE_PROFIT
        await shop.services.bot_changes.move_capital(user, bot, D(500), actor=ACTOR, key="add")
        await shop.services.bots.resume(user, bot, actor=ACTOR, key="resume")
        await shop.warm(bot)
        await enters(shop, user, bot, 2)
    async with desk(location.make()) as shop:
        plan = await shop.services.bot_changes.clone_plan(user, bot)
        copy = await shop.services.bots.create(user, plan, actor=ACTOR, key="clone", start=True)
        assert (copy.name, copy.capital, copy.parameters) == ("Nova 2", 1500, {"fast": 3, "slow": 5})
        await shop.warm(bot, copy.bot_id)
        free = (await shop.account(user)).free_cash["USDT"]
        await shop.services.bots.stop(user, bot, actor=ACTOR, key="stop")
        await sold(shop, user, bot, 400, "101")
        account = await audited(shop.store, user)
        ended = account.bot(bot)
        assert (ended.status, ended.cash, ended.flat) == (B.STOPPED, 0, True)
        assert account.free_cash["USDT"] == free + 1500 + ended.book.realized - ended.book.fees
    async with desk(location.make(), trade=False) as reader:
        kinds = [type(event.payload) for event in await journal(reader.store, user)]
        told = [kind for kind in kinds if kind.__name__.startswith("Bot") or kind in {ev.Allocated, ev.Released}]
        assert told == [
            ev.BotCreated,
            ev.BotStarted,
            ev.BotPaused,
            ev.BotEdited,
            ev.Allocated,
            ev.BotResumed,
            ev.BotCreated,
            ev.BotStarted,
            ev.BotStopped,
        ]
        with pytest.raises(Conflict, match="stopped is final"):
            await reader.services.bots.resume(user, bot, actor=ACTOR, key="again")


async def test_every_move_tells_who_made_it_why_and_when(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.tick(7, "100")
        await shop.services.bots.pause(user, bot, actor=ACTOR, key="pause")
        await shop.services.bots.resume(user, bot, actor=ACTOR, key="resume")
        await shop.services.bots.stop(user, bot, actor=ACTOR, key="stop")
        moves = [e for e in await journal(shop.store, user) if isinstance(e.payload, MOVES)]
        assert [type(event.payload) for event in moves] == [ev.BotStarted, ev.BotPaused, ev.BotResumed, ev.BotStopped]
        for event in moves:
            fact: Any = event.payload
            assert (fact.actor, fact.reason.endswith("by its owner")) == (ACTOR, True)
        assert [event.ts for event in moves] == [at(0), at(7), at(7), at(7)]


MOVES = (ev.BotStarted, ev.BotPaused, ev.BotResumed, ev.BotStopped)


async def test_a_paused_bot_enters_nothing_and_keeps_its_protective_exits(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot, other = await shop.bot(user), await shop.bot(user, "Beta")
        await shop.warm(bot, other)
        waits = buy(other, "waits", 1, limit_price=D(99), time_in_force=TimeInForce.GTC, stop_loss_bps=D(300))
        assert (await shop.submit(user, waits, 1)).success
        assert (await shop.submit(user, buy(bot, "in", 1), 1)).success
        paused = await shop.services.bot_changes.pause_all(user, actor=ACTOR, key="pause")
        assert [(one.bot, one.status) for one in paused] == [("Alpha", "paused"), ("Beta", "paused")]
        account = await shop.account(user)
        assert (account.working, account.bot(other).free_cash) == ({}, 1000)
        assert account.bot(bot).protection is not None
        assert (await shop.submit(user, buy(other, "no", 2), 2)).success is False
        await settled()
        await shop.rise(0)  # both would enter on this
        await sold(shop, user, bot, 61, "98.4")
        orders = await orders_of(shop.store, user)
        assert [(order.reduce_only, order.exit_reason) for order in orders] == [
            (False, None),
            (True, ExitReason.STOP_LOSS),
        ]
        assert (await audited(shop.store, user)).bot(bot).flat


async def test_a_paused_bot_can_be_flattened(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        assert (await shop.submit(user, buy(bot, "in", 1), 1)).success
        await shop.services.bots.pause(user, bot, actor=ACTOR, key="pause")
        selling = asyncio.create_task(shop.services.exits.flatten(user, bot, actor=ACTOR, key="flat"))
        await settled()
        await shop.tick(5, "100")
        (sold,) = await selling
        assert (sold.success, sold.filled_qty) == (True, 1)
        account = await audited(shop.store, user)
        assert (account.bot(bot).flat, account.bot(bot).status) == (True, B.PAUSED)


async def test_a_stopped_bot_is_stopping_until_its_position_is_sold_and_its_capital_is_free(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        assert (await shop.submit(user, buy(bot, "in", 1, "5"), 1)).success
        offer = replace(sell(bot, "offer", 1, "2"), limit_price=D(150), time_in_force=TimeInForce.GTC)
        assert (await shop.submit(user, offer, 1)).success
        await shop.services.bots.stop(user, bot, actor=ACTOR, key="stop")
        assert await shown(shop, user, bot) == "stopping"
        assert (await shop.account(user)).free_cash["USDT"] == 9000
        await settled()
        await shop.tick(2, "100", "3")
        await shop.tick(3, "100", "3")  # the sale finds buyers of three
        halfway = (await shop.account(user)).bot(bot)
        assert (halfway.held(BTC), await shown(shop, user, bot)) == (2, "stopping")
        assert (await shop.account(user)).free_cash["USDT"] == 9000
        await sold(shop, user, bot, 4, "100", "3")  # what is sold into is gone until the market moves
        account = await audited(shop.store, user)
        assert await shown(shop, user, bot) == "stopped"
        assert (account.working, account.bot(bot).cash) == ({}, 0)
        assert account.free_cash["USDT"] == 10_000 + account.books["USDT"].realized - account.books["USDT"].fees
        with pytest.raises(Conflict, match="stopped is final"):
            await shop.services.bots.start(user, bot, actor=ACTOR, key="start")


async def test_a_bot_stopped_while_there_is_no_price_is_sold_when_one_comes_also_after_a_restart(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        assert (await shop.submit(user, buy(bot, "in", 1), 1)).success
        await shop.services.bots.stop(user, bot, actor=ACTOR, key="stop")
    async with desk(location.make()) as again:
        assert await shown(again, user, bot) == "stopping"
        await sold(again, user, bot, 10, "100")
        account = await audited(again.store, user)
        assert (account.bot(bot).flat, account.bot(bot).cash) == (True, 0)
        (_, sale) = await orders_of(again.store, user)
        assert (sale.exit_reason, sale.reduce_only) == (ExitReason.FLATTEN, True)


async def test_a_name_is_one_living_bots_whatever_its_case(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot, other = await shop.bot(user), await shop.bot(user, "Beta")
        with pytest.raises(Conflict, match="already have"):
            await shop.bot(user, "ALPHA")
        with pytest.raises(Conflict, match="already have"):
            await shop.services.bot_changes.edit(user, other, BotEdit(name="alpha"), actor=ACTOR, key="k")
        await shop.services.bots.stop(user, bot, actor=ACTOR, key="stop")
        renamed = await shop.services.bot_changes.edit(user, other, BotEdit(name="alpha"), actor=ACTOR, key="k2")
        assert (renamed.name, renamed.status) == ("alpha", B.RUNNING)


async def test_how_a_bot_trades_changes_only_while_it_does_not_run(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.warm(bot)
        edit = BotEdit(strategy="rsi_reversion", timeframe=Timeframe.M5)
        with pytest.raises(Conflict, match="while it is paused"):
            await shop.services.bot_changes.edit(user, bot, edit, actor=ACTOR, key="k")
        await shop.services.bots.pause(user, bot, actor=ACTOR, key="pause")
        await shop.services.bot_changes.edit(user, bot, edit, actor=ACTOR, key="k2")
        await shop.services.bots.resume(user, bot, actor=ACTOR, key="resume")
        await shop.warm(bot)
        warm = shop.services.engine.warmth(BTC, bot)
        assert warm is not None
        assert warm[0] == 12  # an hour of bars of five minutes


async def test_capital_comes_from_free_cash_and_goes_back_there_and_is_neither_gain_nor_loss(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        moves = shop.services.bot_changes
        await moves.move_capital(user, bot, D(250), actor=ACTOR, key="add")
        await moves.move_capital(user, bot, D(-1000), actor=ACTOR, key="withdraw")
        account = await audited(shop.store, user)
        assert (account.free_cash["USDT"], account.bot(bot).cash, account.bot(bot).capital) == (9750, 250, 250)
        assert account.bot(bot).track.value(D(250)) == 1
        assert account.books.get("USDT") is None or account.books["USDT"].realized == 0
        with pytest.raises(Conflict, match="cash to give"):
            await moves.move_capital(user, bot, D(-251), actor=ACTOR, key="too much")
        with pytest.raises(Conflict, match="more than your free cash"):
            await moves.move_capital(user, bot, D(9751), actor=ACTOR, key="too much")


async def test_a_cooldown_keeps_a_bot_from_entering_again_too_soon(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        await shop.services.bots.set_cooldown(user, bot, 5, actor=ACTOR, key="cool")
        assert (await shop.submit(user, buy(bot, "in", 1), 1)).success
        assert (await shop.submit(user, sell(bot, "out", 20), 20)).success
        denied = await shop.submit(user, buy(bot, "soon", 100), 100)
        assert (denied.success, denied.clears_at) == (False, at(301))
        assert (await shop.submit(user, buy(bot, "later", 301), 301)).success


async def test_the_same_key_is_one_change_whoever_repeats_it(location: Location):
    async with desk(location.make(), trade=False) as one, desk(location.make(), trade=False) as two:
        user = await one.user()
        bot = await one.bot(user)
        add = [
            shop.services.bot_changes.move_capital(user, bot, D(10), actor=ACTOR, key="add") for shop in (one, two) * 25
        ]
        answers = await asyncio.gather(*add)
        assert {answer.capital for answer in answers} == {1010}
        assert len(await facts(one, user, ev.Allocated)) == 1
        with pytest.raises(IdempotencyConflict):
            await two.services.bot_changes.move_capital(user, bot, D(11), actor=ACTOR, key="add")


async def test_running_bots_run_again_after_a_restart_and_paused_ones_stay_paused(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        running, paused, fresh = await shop.bot(user), await shop.bot(user, "B"), await shop.bot(user, "C", start=False)
        await shop.services.bots.pause(user, paused, actor=ACTOR, key="pause")
    async with desk(location.make()) as again:
        await again.warm(running)
        account = await again.account(user)
        assert [account.bot(bot).status for bot in (running, paused, fresh)] == [B.RUNNING, B.PAUSED, B.CREATED]
        await again.rise(0)
        await again.tick(61, "101")
        assert [order.bot_id for order in await orders_of(again.store, user)] == [running]


async def test_a_bot_never_trades_across_sources(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        assert (await shop.submit(user, buy(bot, "in", 1), 1)).success
    async with desk(location.make(), feed=scripted_market("replay:other")) as other:
        await until(lambda: {one.status for one in other.services.writer.known(user).bots.values()} == {B.PAUSED})
        account = await other.account(user)
        assert "source changed from replay:script to replay:other" in account.bot(bot).status_reason
        with pytest.raises(Conflict, match="holds a position opened on replay:script"):
            await other.services.bots.resume(user, bot, actor=ACTOR, key="resume")
        await other.tick(100, "5")
        await other.tick(101, "5")
        assert len(await orders_of(other.store, user)) == 1


@pytest.mark.parametrize("ending", ["csv", "parquet", "feather"])
async def test_a_bot_lives_on_a_replayed_file_at_any_speed(location: Location, tmp_path: Path, ending: str):
    """Replay at any speed, with progress, and the journal's time is the file's."""
    path = _waves(tmp_path, ending)
    async with desk(location.make(), feed=scripted_market("replay:BTC_USDT-1m"), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user, risk_mode="aggressive", parameters={"fast": 3, "slow": 8})
    feed = await ReplayFeed.open(path, 30_000, None, asyncio.sleep, time.monotonic)
    assert feed.status().progress == D("0.3")
    own = Overrides(store=location.make(), feed=feed, passwords=BcryptPasswords(cost=4), anchor_log=MemoryAnchorLog())
    app = await build_app(
        Settings(accounts=AccountSettings(jwt_secret=SecretStr("long enough to be one, for a test"))), own
    )
    await app.start()
    await until(lambda: feed.status().finished)
    assert feed.status().progress == 1
    account = await audited(app.store, user)
    times = [event.ts for event in await journal(app.store, user)]
    await app.close()
    assert account.bot(bot).book.trades > 0
    assert times == sorted(times)


def _waves(folder: Path, ending: str) -> Path:
    """Eight hundred minutes of a price that swings by some percent."""
    prices = [D(100) + D(abs(m % 80 - 40)) / 4 for m in range(800)]
    opened = [int(at(0).timestamp() * 1000) + m * 60_000 for m in range(800)]
    rows = [
        (ts, price, price + D("0.2"), price - D("0.2"), price + D("0.1"), D(100_000))
        for ts, price in zip(opened, prices, strict=True)
    ]
    names = ("timestamp", "open", "high", "low", "close", "volume")
    path = folder / f"BTC_USDT-1m.{ending}"
    if ending == "csv":
        path.write_text("\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n")
        return path
    table = pa.table({name: [row[n] for row in rows] for n, name in enumerate(names)})
    if ending == "parquet":
        parquet.write_table(table, path)
    else:
        feather.write_feather(table, str(path))
    return path

"""Each legal and each illegal move of a bot, and each change, through the service and the journal (spec/bots.md)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.bot import TRANSITIONS, BotStatus, Move, legal_moves
from core.domain.bot_state import Bot
from core.domain.errors import Conflict, IdempotencyConflict, InvalidInput, NotFound, ProductError
from core.domain.journal import Event
from core.domain.market import Timeframe
from core.services.bot_changes import BotEdit
from tests.integration.desk import ACTOR, BTC, Desk, at, audited, buy, desk, journal
from tests.store_location import Location

B, M = BotStatus, Move
D = Decimal

FACTS: dict[Move, type[ev.Payload]] = {
    M.START: ev.BotStarted,
    M.PAUSE: ev.BotPaused,
    M.RESUME: ev.BotResumed,
    M.TRIP: ev.BreakerTripped,
    M.RESET: ev.BreakerReset,
    M.STOP: ev.BotStopped,
}
ASKED = [move for move in Move if move is not M.TRIP]


async def ask(shop: Desk, user: str, bot: str, move: Move, key: str) -> None:
    """What a person does to make this move."""
    bots = shop.services.bots
    if move is M.RESET:
        await bots.reset_breaker(user, bot, actor=ACTOR, reason="looked at it", key=key)
        return
    moves = {M.START: bots.start, M.PAUSE: bots.pause, M.RESUME: bots.resume, M.STOP: bots.stop}
    await moves[move](user, bot, actor=ACTOR, key=key)


async def brought_to(shop: Desk, user: str, status: BotStatus) -> str:
    """A bot of this status."""
    bot = await shop.bot(user, start=status in {B.RUNNING, B.CIRCUIT_TRIPPED})
    if status is B.PAUSED:
        await ask(shop, user, bot, M.PAUSE, "bring")
    if status is B.STOPPED:
        await ask(shop, user, bot, M.STOP, "bring")
    if status is B.CIRCUIT_TRIPPED:
        for _ in range(10):
            await shop.services.writer.execute(user, cmd.RecordBotError(bot, "made for the test"), now=at(1))
        await shop.services.writer.execute(user, cmd.CheckBreaker(bot), now=at(1))
    assert (await shop.account(user)).bot(bot).status is status
    return bot


@pytest.mark.parametrize(("status", "move"), [cell for cell in TRANSITIONS if cell[1] is not M.TRIP])
async def test_a_legal_move_is_one_event_with_actor_reason_and_time(location: Location, status: BotStatus, move: Move):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await brought_to(shop, user, status)
        known = (await shop.account(user)).seq
        await shop.tick(5, "100")
        await ask(shop, user, bot, move, "move")
        (event,) = (await journal(shop.store, user))[known:]
        fact: Any = event.payload
        assert isinstance(fact, FACTS[move])
        assert (fact.bot_id, fact.actor, bool(fact.reason), event.ts) == (bot, ACTOR, True, at(5))
        assert (await audited(shop.store, user)).bot(bot).status is TRANSITIONS[status, move]


@pytest.mark.parametrize(("status", "move"), [c for c in product(BotStatus, ASKED) if c not in TRANSITIONS])
async def test_an_illegal_move_is_refused_and_leaves_no_event(location: Location, status: BotStatus, move: Move):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await brought_to(shop, user, status)
        before = await journal(shop.store, user)
        with pytest.raises(Conflict) as refused:
            await ask(shop, user, bot, move, "move")
        if move is not M.RESET and status is not B.CIRCUIT_TRIPPED:  # those say what is open, or that nothing is
            legal = refused.value.message.partition("Possible now: ")[2]
            assert legal == (", ".join(legal_moves(status)) or "nothing: stopped is final") + "."
        assert await journal(shop.store, user) == before


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        ({"name": " alpha "}, Conflict),
        ({"name": "x" * 41}, InvalidInput),
        ({"name": "Manual"}, Conflict),
        ({"capital": D(9001)}, Conflict),
        ({"capital": D(0)}, InvalidInput),
        ({"capital": D("0.000000001")}, InvalidInput),
        ({"symbol": "DOGE/USDT"}, NotFound),
        ({"strategy": "oracle"}, InvalidInput),
        ({"parameters": {"fast": 10_000}}, InvalidInput),
        ({"risk_mode": "reckless"}, InvalidInput),
    ],
)
async def test_a_bot_that_cannot_be_is_refused_by_the_service(
    location: Location, plan: dict[str, Any], error: type[ProductError]
):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        await shop.bot(user)
        before = await journal(shop.store, user)
        with pytest.raises(error):
            await shop.bot(user, **({"name": "Beta"} | plan))
        assert await journal(shop.store, user) == before


@dataclass(frozen=True, slots=True)
class Keyed:
    """A change under a key, what must hold before it, and the same key for something else."""

    name: str
    prepare: Move | None
    change: Callable[[Desk, str, str, str], Awaitable[Any]]
    other: Callable[[Desk, str, str, str], Awaitable[Any]]


def _edit(**wanted: Any) -> Callable[[Desk, str, str, str], Awaitable[Bot]]:  # noqa: ANN401 - fields of BotEdit
    edit = BotEdit(**wanted)
    return lambda shop, user, bot, key: shop.services.bot_changes.edit(user, bot, edit, actor=ACTOR, key=key)


def _capital(amount: int) -> Callable[[Desk, str, str, str], Awaitable[Bot]]:
    def move(shop: Desk, user: str, bot: str, key: str) -> Awaitable[Bot]:
        return shop.services.bot_changes.move_capital(user, bot, D(amount), actor=ACTOR, key=key)

    return move


def _cooldown(minutes: int) -> Callable[[Desk, str, str, str], Awaitable[Bot]]:
    return lambda shop, user, bot, key: shop.services.bots.set_cooldown(user, bot, minutes, actor=ACTOR, key=key)


def _move(move: Move) -> Callable[[Desk, str, str, str], Awaitable[None]]:
    return lambda shop, user, bot, key: ask(shop, user, bot, move, key)


KEYED = [
    Keyed("rename", None, _edit(name="Nova"), _edit(name="Orion")),
    Keyed("edit", M.PAUSE, _edit(parameters={"fast": 5, "slow": 9}), _edit(parameters={"fast": 6})),
    Keyed("strategy", M.PAUSE, _edit(strategy="rsi_reversion"), _edit(strategy="rsi_reversion", risk_mode="safe")),
    Keyed("bars", M.PAUSE, _edit(timeframe=Timeframe.M5), _edit(timeframe=Timeframe.M1)),
    Keyed("add capital", None, _capital(50), _capital(51)),
    Keyed("withdraw capital", None, _capital(-50), _capital(50)),
    Keyed("cooldown", None, _cooldown(5), _cooldown(10)),
    Keyed("cooldown is no edit", None, _cooldown(5), _edit(name="Nova")),
    Keyed("pause", None, _move(M.PAUSE), _move(M.STOP)),
    Keyed("resume", M.PAUSE, _move(M.RESUME), _move(M.START)),
    Keyed("stop", None, _move(M.STOP), _edit(name="Nova")),
]


@pytest.mark.parametrize("keyed", KEYED, ids=lambda keyed: keyed.name)
async def test_a_repeated_key_changes_nothing_and_another_content_is_a_conflict(location: Location, keyed: Keyed):
    async with desk(location.make(), trade=False) as shop, desk(location.make(), trade=False) as other:
        user = await shop.user()
        bot = await shop.bot(user)
        if keyed.prepare is not None:
            await ask(shop, user, bot, keyed.prepare, "prepare")
        known = (await shop.account(user)).seq
        first = await keyed.change(shop, user, bot, "k")
        answer = None if first is None else _shown(first)
        for place in (shop, other):
            again = await keyed.change(place, user, bot, "k")
            assert (None if again is None else _shown(again)) == answer
            with pytest.raises(IdempotencyConflict):
                await keyed.other(place, user, bot, "k")
        assert (await audited(shop.store, user)).seq == known + 1


def _shown(bot: Bot) -> dict[str, Any]:
    return {field.name: getattr(bot, field.name) for field in fields(Bot) if field.name not in {"track", "book"}}


async def test_a_bot_asked_for_twice_is_made_once_also_when_nothing_may_run_any_more(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        first = await shop.bot(user)
        await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        assert await shop.bot(user) == first
        assert len((await audited(shop.store, user)).bots) == 1
        with pytest.raises(IdempotencyConflict):
            await shop.bot(user, parameters={"fast": 4, "slow": 9})


async def test_a_copy_trades_as_its_model_does_under_the_next_free_name(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user, timeframe=Timeframe.M5, risk_mode="safe")
        changes, bots = shop.services.bot_changes, shop.services.bots
        for name in ("Alpha 2", "Alpha 3"):
            plan = await changes.clone_plan(user, bot)
            assert (plan.name, plan.capital, plan.parameters) == (name, 1000, {"fast": 2, "slow": 3})
            assert (plan.timeframe, plan.risk_mode, plan.symbol) == (Timeframe.M5, "safe", BTC)
            bot = (await bots.create(user, plan, actor=ACTOR, key=name, start=False)).bot_id
        own = await changes.clone_plan(user, bot, name="Mine", capital=D(7))
        assert (own.name, own.capital) == ("Mine", 7)
        await shop.services.writer.execute(user, cmd.OpenManualBot("manual", BTC, ACTOR), now=at(0))
        with pytest.raises(Conflict, match="your own orders"):
            await changes.clone_plan(user, "manual")


async def test_all_bots_are_paused_and_resumed_each_with_an_answer(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        running, waiting = [await shop.bot(user, name) for name in ("A", "B")], await shop.bot(user, "C", start=False)
        changes = shop.services.bot_changes
        paused = await changes.pause_all(user, actor=ACTOR, key="pause")
        assert [(one.bot, one.status, one.problem) for one in paused] == [("A", "paused", None), ("B", "paused", None)]
        assert await changes.pause_all(user, actor=ACTOR, key="pause") == paused
        await shop.services.bots.stop(user, running[0], actor=ACTOR, key="stop")
        (resumed,) = await changes.resume_all(user, actor=ACTOR, key="resume")
        assert (resumed.bot, resumed.status, resumed.problem) == ("B", "running", None)
        assert await changes.resume_all(user, actor=ACTOR, key="resume") == (resumed,)
        kinds = [type(event.payload) for event in await journal(shop.store, user)]
        assert (kinds.count(ev.BotPaused), kinds.count(ev.BotResumed)) == (2, 1)
        state = await audited(shop.store, user)
        assert state.bot(waiting).status is B.CREATED


async def test_resuming_all_says_which_bot_may_not_and_why(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        tripped = await brought_to(shop, user, B.CIRCUIT_TRIPPED)
        well = await shop.bot(user, "Well")
        await shop.services.bot_changes.pause_all(user, actor=ACTOR, key="pause")
        await shop.services.bots.reset_breaker(user, tripped, actor=ACTOR, reason="seen", key="reset")
        assert (await shop.submit(user, buy(well, "in"), 2)).gate_failed is not None  # it is paused
        answers = await shop.services.bot_changes.resume_all(user, actor=ACTOR, key="resume")
        assert sorted((one.bot, one.status) for one in answers) == [("Alpha", "running"), ("Well", "running")]
        await shop.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")
        with pytest.raises(Conflict, match="emergency stop"):
            await shop.services.bot_changes.resume_all(user, actor=ACTOR, key="again")


async def test_an_edit_to_bars_the_market_does_not_serve_is_refused(location: Location):
    async with desk(location.make(), trade=False) as shop:
        user = await shop.user()
        bot = await shop.bot(user, start=False)
        for edit in (
            BotEdit(strategy="oracle"),
            BotEdit(parameters={"fast": 0}),
            BotEdit(risk_mode="reckless"),
            BotEdit(),
        ):
            with pytest.raises(InvalidInput):
                await shop.services.bot_changes.preview_edit(user, bot, edit)
            with pytest.raises(InvalidInput):
                await shop.services.bot_changes.edit(user, bot, edit, actor=ACTOR, key="k")
        assert (await shop.services.bot_changes.preview_edit(user, bot, BotEdit(name="Nova"))).name == "Alpha"


async def test_a_deposit_into_a_bot_is_no_gain_of_it(location: Location):
    async with desk(location.make()) as shop:
        user = await shop.user()
        bot = await shop.bot(user)
        assert (await shop.submit(user, buy(bot, "in", 1, "5"), 1)).success
        await shop.tick(2, "101")
        before = (await shop.account(user)).bot(bot)
        worth, gain = before.track.value(before.equity({BTC: D(101)})), before.equity({BTC: D(101)}) - before.capital
        await _capital(500)(shop, user, bot, "add")
        after = (await audited(shop.store, user)).bot(bot)
        assert (after.capital, after.equity({BTC: D(101)}) - after.capital) == (1500, gain)
        assert after.track.value(after.equity({BTC: D(101)})) == worth
        with pytest.raises(Conflict, match="of cash to give"):
            await _capital(-1500)(shop, user, bot, "too much")


def test_no_event_of_a_move_lacks_an_actor_or_a_reason():
    for fact in (ev.BotStarted, ev.BotPaused, ev.BotResumed, ev.BotStopped, ev.BreakerReset):
        assert {"actor", "reason"} <= {field.name for field in fields(fact)}
    assert {"ts", "recorded_at"} <= {field.name for field in fields(Event)}

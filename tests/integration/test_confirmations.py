"""A consequence needs one person's one yes, in time and in place, and runs exactly once (spec/chat.md)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from core.domain.bot import BotStatus
from core.domain.confirmation import Answer, ConfirmationRecord, ConfirmationStatus
from core.domain.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from core.domain.events import BotCreated, BotStarted
from core.domain.user import Role
from core.services.confirmations import LIFETIME
from tests.integration.desk import ACTOR, Desk, desk, journal, scripted_market
from tests.store_location import Location
from tools.context import Caller, Principal
from tools.runner import ToolRunner

NEW_BOT = {"name": "Alpha", "symbol": "BTC/USDT", "capital": "1000"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a desk, in a conversation."""

    shop: Desk
    caller: Caller
    runner: ToolRunner

    @property
    def user(self) -> str:
        return self.caller.principal.user_id

    async def propose(self, tool: str, **arguments: Any) -> ConfirmationRecord:  # noqa: ANN401 - any JSON
        card = await self.runner.call(self.caller, tool, arguments)
        assert isinstance(card, ConfirmationRecord)
        return card

    async def confirm(self, card: ConfirmationRecord, phrase: str | None = None) -> object:
        return await self.runner.confirm(self.caller, card.confirmation_id, phrase)

    async def approve_and_crash(self, card: ConfirmationRecord) -> None:
        """The yes is stored, and the process ends before the command runs."""
        answer = Answer(self.user, self.caller.conversation_id, card.phrase)
        await self.shop.services.confirmations.approve(card.confirmation_id, answer)

    async def happened(self, kind: type) -> int:
        return sum(isinstance(event.payload, kind) for event in await journal(self.shop.store, self.user))


def at(shop: Desk, user: str, email: str = ACTOR, conversation: str = "thread") -> Person:
    return Person(shop, Caller(Principal(user, email, Role.USER), conversation), ToolRunner(shop.services))


@pytest.fixture
async def ann(location: Location) -> AsyncIterator[Person]:
    async with desk(location.make(), trade=False) as shop:
        yield at(shop, await shop.user())


async def test_twenty_answers_at_once_run_the_command_once(ann: Person):
    card = await ann.propose("create_bot", **NEW_BOT, start=True)
    answers = await asyncio.gather(*(ann.confirm(card) for _ in range(20)), return_exceptions=True)
    refused = [one for one in answers if isinstance(one, Exception)]
    assert len(refused) == 19
    assert all(isinstance(one, Conflict) for one in refused)
    assert (await ann.happened(BotCreated), await ann.happened(BotStarted)) == (1, 1)
    stored = await ann.shop.services.confirmations.get(card.confirmation_id)
    assert stored.status is ConfirmationStatus.DONE


async def test_a_yes_and_a_no_at_once_are_one_answer(ann: Person):
    card = await ann.propose("create_bot", **NEW_BOT)
    yes, no = await asyncio.gather(
        ann.confirm(card), ann.runner.cancel(ann.caller, card.confirmation_id), return_exceptions=True
    )
    assert isinstance(yes, Conflict) is not isinstance(no, Conflict)
    assert await ann.happened(BotCreated) == (0 if isinstance(yes, Conflict) else 1)


async def test_only_the_person_and_the_conversation_it_was_shown_in_may_confirm(ann: Person):
    card = await ann.propose("create_bot", **NEW_BOT)
    bob = at(ann.shop, await ann.shop.user("bob@example.com"), "bob@example.com")
    elsewhere = at(ann.shop, ann.user, conversation="another thread")
    for stranger in (bob, elsewhere):
        with pytest.raises(Conflict, match="another conversation"):
            await stranger.confirm(card)
        with pytest.raises(Conflict, match="another conversation"):
            await stranger.runner.cancel(stranger.caller, card.confirmation_id)
    assert await ann.happened(BotCreated) == await bob.happened(BotCreated) == 0
    await ann.confirm(card)
    assert await ann.happened(BotCreated) == 1


async def test_an_expired_a_cancelled_and_an_unknown_confirmation_do_nothing(ann: Person):
    late, cancelled = [await ann.propose("create_bot", **NEW_BOT) for _ in range(2)]
    await ann.runner.cancel(ann.caller, cancelled.confirmation_id)
    with pytest.raises(Conflict, match="already answered"):
        await ann.confirm(cancelled)
    ann.shop.clock.advance(LIFETIME)
    with pytest.raises(Conflict, match="expired"):
        await ann.confirm(late)
    with pytest.raises(NotFound):
        await ann.runner.confirm(ann.caller, "no such id", None)
    assert await ann.happened(BotCreated) == 0


async def test_a_confirmation_holds_until_the_last_moment(ann: Person):
    card = await ann.propose("create_bot", **NEW_BOT)
    ann.shop.clock.advance(LIFETIME - timedelta(milliseconds=1))
    await ann.confirm(card)
    assert await ann.happened(BotCreated) == 1


async def test_arguments_that_were_changed_in_the_store_are_not_run(ann: Person):
    card = await ann.propose("create_bot", **NEW_BOT)
    stored = await ann.shop.store.get("confirmations", card.confirmation_id)
    assert stored is not None
    forged = stored | {"arguments": stored["arguments"] | {"capital": "9000"}}
    await ann.shop.store.replace("confirmations", forged, stored["version"])
    with pytest.raises(Conflict, match="does not match what was shown"):
        await ann.confirm(card)
    assert await ann.happened(BotCreated) == 0


async def test_a_wrong_phrase_does_nothing_and_the_right_one_still_counts(ann: Person):
    bot = await ann.shop.bot(ann.user, "Alpha")
    card = await ann.propose("stop_bot", bot="Alpha")
    for wrong in (None, "", "STOP", "stop alpha", "STOP Beta"):
        with pytest.raises(InvalidInput, match="Type exactly"):
            await ann.confirm(card, wrong)
    assert (await ann.shop.account(ann.user)).bot(bot).status is BotStatus.RUNNING
    await ann.confirm(card, card.phrase)
    assert (await ann.shop.account(ann.user)).bot(bot).status is BotStatus.STOPPED


async def test_a_command_whose_state_has_moved_is_asked_again(ann: Person):
    services = ann.shop.services
    await ann.confirm(await ann.propose("create_bot", **NEW_BOT))
    card = await ann.propose("start_bot", bot=NEW_BOT["name"])
    bot = (await ann.shop.account(ann.user)).named(str(NEW_BOT["name"]))
    await services.bots.pause(ann.user, bot.bot_id, actor=ACTOR, key="p1")
    again = await ann.confirm(card)
    assert isinstance(again, ConfirmationRecord)
    assert (again.basis["status"], again.status) == ("paused", ConfirmationStatus.PENDING)
    with pytest.raises(Conflict, match="already answered"):
        await ann.confirm(card)
    assert not isinstance(await ann.confirm(again), ConfirmationRecord)
    assert (await ann.shop.account(ann.user)).bot(bot.bot_id).status is BotStatus.RUNNING


async def test_a_stop_means_the_bot_that_was_shown_and_no_later_one_of_its_name(ann: Person):
    shown = await ann.shop.bot(ann.user, "Alpha")
    card = await ann.propose("stop_bot", bot="Alpha")
    await ann.shop.services.bots.stop(ann.user, shown, actor=ACTOR, key="s1")
    await ann.confirm(await ann.propose("create_bot", **NEW_BOT))
    later = (await ann.shop.account(ann.user)).named("Alpha")
    again = await ann.confirm(card, card.phrase)
    assert isinstance(again, ConfirmationRecord)
    assert again.basis == {"bot": later.bot_id}
    assert (await ann.shop.account(ann.user)).bot(later.bot_id).status is BotStatus.CREATED


async def test_a_stop_never_asks_twice_whatever_has_moved(ann: Person):
    bot = await ann.shop.bot(ann.user, "Alpha")
    stop, halt = await ann.propose("stop_bot", bot="Alpha"), await ann.propose("emergency_stop")
    await ann.shop.services.bots.pause(ann.user, bot, actor=ACTOR, key="p1")
    assert not isinstance(await ann.confirm(halt, halt.phrase), ConfirmationRecord)
    assert not isinstance(await ann.confirm(stop, stop.phrase), ConfirmationRecord)
    state = await ann.shop.account(ann.user)
    assert (state.halted, state.bot(bot).status) == (True, BotStatus.STOPPED)


async def test_a_disabled_user_can_neither_confirm_nor_propose(ann: Person):
    card = await ann.propose("create_bot", **NEW_BOT)
    await ann.shop.services.accounts.set_disabled(ann.user, disabled=True)
    with pytest.raises(NotAuthenticated):
        await ann.confirm(card)
    with pytest.raises(NotAuthenticated):
        await ann.propose("create_bot", **NEW_BOT)
    assert await ann.happened(BotCreated) == 0


async def test_an_approved_command_that_a_crash_cut_off_runs_once_at_the_next_start(location: Location):
    async with desk(location.make(), trade=False) as shop:
        ann = at(shop, await shop.user())
        await ann.approve_and_crash(await ann.propose("create_bot", **NEW_BOT, start=True))
        assert await ann.happened(BotCreated) == 0
    async with desk(location.make(), trade=False) as shop:
        again = at(shop, ann.user)
        assert await again.runner.recover() == ["create_bot"]
        assert await again.runner.recover() == []
        assert (await again.happened(BotCreated), await again.happened(BotStarted)) == (1, 1)


async def test_a_command_that_ran_before_the_crash_does_not_run_again(location: Location):
    async with desk(location.make(), trade=False) as shop:
        ann = at(shop, await shop.user())
        card = await ann.propose("create_bot", **NEW_BOT)
        await ann.confirm(card)
        done = await shop.store.get("confirmations", card.confirmation_id)
        assert done is not None
        await shop.store.replace("confirmations", done | {"status": "approved"}, done["version"])  # not noted in time
    async with desk(location.make(), trade=False) as shop:
        again = at(shop, ann.user)
        await again.runner.recover()
        assert await again.happened(BotCreated) == 1
        assert await shop.services.confirmations.unfinished() == []


async def test_a_command_that_cannot_run_any_more_does_not_keep_the_others_from_it(location: Location):
    async with desk(location.make(), trade=False) as shop:
        ann = at(shop, await shop.user())
        await shop.bot(ann.user, "Taken", start=False)
        cards = [
            await ann.propose("create_bot", **NEW_BOT | {"symbol": "ETH/USDT", "name": "Gone"}),
            await ann.propose("create_bot", **NEW_BOT | {"name": "Rich", "capital": "8000"}),
            await ann.propose("create_bot", **NEW_BOT | {"name": "Too much", "capital": "8000"}),
            await ann.propose("create_bot", **NEW_BOT),
        ]
        for card in cards:
            await ann.approve_and_crash(card)
    only_btc = scripted_market()
    only_btc.withdraw("ETH/USDT")
    async with desk(location.make(), feed=only_btc, trade=False) as shop:
        again = at(shop, ann.user)
        await again.runner.recover()
        names = {bot.name for bot in (await shop.account(ann.user)).bots.values()}
        assert "Alpha" in names
        assert len(names & {"Rich", "Too much"}) == 1
        assert await shop.services.confirmations.unfinished() == []


async def test_what_a_disabled_user_had_approved_does_not_run_after_a_crash(location: Location):
    async with desk(location.make(), trade=False) as shop:
        ann = at(shop, await shop.user())
        await ann.approve_and_crash(await ann.propose("create_bot", **NEW_BOT))
        await shop.services.accounts.set_disabled(ann.user, disabled=True)
        assert await ann.runner.recover() == []
        await shop.services.accounts.set_disabled(ann.user, disabled=False)
        assert await ann.runner.recover() == []  # nor later, when nobody remembers it
        assert await ann.happened(BotCreated) == 0


async def test_a_stop_whose_answer_got_lost_runs_at_the_second_click(ann: Person):
    """The store was away between consent and deed: the same click again does it, once."""
    card = await ann.propose("emergency_stop")
    answer = Answer(ann.user, card.conversation_id, card.phrase)
    await ann.shop.services.confirmations.approve(card.confirmation_id, answer)  # and then the store was away
    assert not isinstance(await ann.confirm(card, card.phrase), ConfirmationRecord)
    assert (await ann.shop.account(ann.user)).halted
    with pytest.raises(Conflict, match="already answered"):
        await ann.confirm(card, card.phrase)


async def test_what_was_approved_long_before_a_restart_is_put_away(location: Location):
    """Nobody expects an old stop to sell what was bought since."""
    async with desk(location.make(), trade=False) as shop:
        ann = at(shop, await shop.user())
        await ann.approve_and_crash(await ann.propose("emergency_stop"))
        shop.clock.advance(LIFETIME + timedelta(minutes=11))
        assert await ann.runner.recover() == []
        assert not (await shop.account(ann.user)).halted
        assert await shop.services.confirmations.unfinished() == []

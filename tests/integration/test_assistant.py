"""The assistant between person, router and tools (spec/chat.md: path of a message, confirmation levels)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.blocks import Card, Choices, Confirmation, Text
from assistant.model_contract import FailureKind, ModelFailed
from assistant.turn import Delta, Output, Turn
from core.domain.errors import NotAuthenticated
from core.domain.user import Role
from tests.fakes.installation import Installation, ask, installation, records, words_of
from tools.context import Caller, Principal

PHRASE = "CONFIRM EMERGENCY STOP"
CREATE = "create a momentum bot on BTC with 1000 USDT called Alpha"


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path) as running:
        yield running


@dataclass
class FailingModel:
    """Fails every time, having said or done what it is told to."""

    failure: ModelFailed
    first: tuple[Output, ...] = ()
    turns: list[Turn] = field(default_factory=list)

    async def route(self, turn: Turn) -> AsyncIterator[Output]:
        self.turns.append(turn)
        for output in self.first:
            yield output
        raise self.failure


def failed(kind: FailureKind = FailureKind.SERVER, *, changed: bool = False) -> ModelFailed:
    failure = ModelFailed(kind)
    failure.changed = changed
    return failure


async def with_alpha(inst: Installation, caller: Caller) -> None:
    """A running bot, made as a person makes it."""
    assistant = inst.assistant()
    for text in (CREATE, "start alpha"):
        card = (await ask(assistant, caller, text)).cards[0]
        await assistant.confirm(caller, card.confirmation_id, None)


class TestConfirming:
    """Only a click or a typed phrase on the card confirms."""

    @pytest.mark.parametrize("assent", ["yes", "Yes!", "ok", "confirm", "go ahead", "sure, do it"])
    async def test_words_confirm_nothing_and_show_the_card_again(
        self, inst: Installation, ann: Caller, assent: str
    ) -> None:
        assistant = inst.assistant()
        card = (await ask(assistant, ann, CREATE)).cards[0]
        again = await ask(assistant, ann, assent)
        assert again.cards == [card]
        assert "Words do not confirm anything" in again.words
        assert "bot_created" not in await inst.kinds(ann)

    async def test_a_phrase_said_as_a_message_confirms_nothing(self, inst: Installation, ann: Caller) -> None:
        assistant = inst.assistant()
        await ask(assistant, ann, "emergency stop")
        await ask(assistant, ann, PHRASE)
        assert "trading_halted" not in await inst.kinds(ann)

    async def test_a_click_runs_what_was_shown_once(self, inst: Installation, ann: Caller) -> None:
        assistant = inst.assistant()
        card = (await ask(assistant, ann, CREATE)).cards[0]
        first = words_of(await assistant.confirm(ann, card.confirmation_id, None))
        second = words_of(await assistant.confirm(ann, card.confirmation_id, None))
        assert "**Alpha** is created" in first
        assert "already answered" in second
        assert (await inst.kinds(ann)).count("bot_created") == 1

    async def test_a_cancelled_card_does_nothing_ever(self, inst: Installation, ann: Caller) -> None:
        assistant = inst.assistant()
        card = (await ask(assistant, ann, CREATE)).cards[0]
        assert words_of(await assistant.cancel(ann, card.confirmation_id)) == "Cancelled; nothing was done."
        assert "already answered" in words_of(await assistant.confirm(ann, card.confirmation_id, None))
        assert "bot_created" not in await inst.kinds(ann)

    async def test_an_expired_card_does_nothing(self, inst: Installation, ann: Caller) -> None:
        assistant = inst.assistant()
        card = (await ask(assistant, ann, CREATE)).cards[0]
        inst.clock.advance(timedelta(seconds=120))
        assert "expired" in words_of(await assistant.confirm(ann, card.confirmation_id, None))
        assert "bot_created" not in await inst.kinds(ann)

    async def test_another_person_or_conversation_cannot_confirm(self, inst: Installation, ann: Caller) -> None:
        assistant, bob = inst.assistant(), await inst.person("bob")
        card = (await ask(assistant, ann, CREATE)).cards[0]
        elsewhere = replace(ann, conversation_id=f"{ann.principal.user_id}:two")
        for stranger in (bob, replace(bob, conversation_id=ann.conversation_id), elsewhere):
            answer = words_of(await assistant.confirm(stranger, card.confirmation_id, None))
            assert "belongs to another conversation" in answer
        assert "bot_created" not in [*await inst.kinds(ann), *await inst.kinds(bob)]

    async def test_a_wrong_phrase_leaves_the_card_open(self, inst: Installation, ann: Caller) -> None:
        assistant = inst.assistant()
        card = (await ask(assistant, ann, "emergency stop")).cards[0]
        for wrong in (None, "", "yes", PHRASE.lower()):
            assert "not the phrase" in words_of(await assistant.confirm(ann, card.confirmation_id, wrong))
        assert "trading_halted" not in await inst.kinds(ann)
        assert "Trading is halted" in words_of(await assistant.confirm(ann, card.confirmation_id, PHRASE))
        assert "trading_halted" in await inst.kinds(ann)

    async def test_what_has_changed_meanwhile_is_asked_again(self, inst: Installation, ann: Caller) -> None:
        assistant = inst.assistant()
        created = (await ask(assistant, ann, CREATE)).cards[0]
        await assistant.confirm(ann, created.confirmation_id, None)
        card = (await ask(assistant, ann, "start alpha")).cards[0]
        await ask(assistant, ann, "pause alpha")
        blocks = await assistant.confirm(ann, card.confirmation_id, None)
        assert "Things have changed since" in words_of(blocks)
        assert [block.title for block in blocks if isinstance(block, Confirmation)] == ["Start Alpha (changed)"]
        assert "bot_started" not in await inst.kinds(ann)

    async def test_what_cannot_be_done_any_more_is_refused_at_the_card(self, inst: Installation, ann: Caller) -> None:
        await with_alpha(inst, ann)
        assistant = inst.assistant()
        await ask(assistant, ann, "pause alpha")
        first = (await ask(assistant, ann, "resume alpha")).cards[0]
        second = (await ask(assistant, ann, "resume alpha")).cards[0]
        await assistant.confirm(ann, second.confirmation_id, None)
        assert "it cannot resume" in words_of(await assistant.confirm(ann, first.confirmation_id, None))
        assert (await inst.kinds(ann)).count("bot_resumed") == 1

    async def test_no_card_is_made_for_what_cannot_be_done(self, inst: Installation, ann: Caller) -> None:
        assistant = inst.assistant()
        card = (await ask(assistant, ann, "emergency stop")).cards[0]
        await assistant.confirm(ann, card.confirmation_id, PHRASE)
        refused = await ask(assistant, ann, "create and start a bot on BTC with 100 USDT")
        assert refused.cards == []
        assert "halted by an emergency stop" in refused.words
        assert "bot_created" not in await inst.kinds(ann)


class TestEmergency:
    """Fixed rules, before any model."""

    @pytest.mark.parametrize("text", ["emergency stop", "HALT EVERYTHING", "kill switch!", "/stop", "stpo everything"])
    async def test_the_words_work_with_every_model_down(self, inst: Installation, ann: Caller, text: str) -> None:
        model = FailingModel(failed())
        answered = await ask(inst.assistant(model), ann, text)
        assert [card.phrase for card in answered.cards] == [PHRASE]
        assert model.turns == []


class TestFailingModel:
    """The offline router steps in when nothing was done, and only then."""

    async def test_the_offline_router_answers_and_says_so_quietly(self, inst: Installation, ann: Caller) -> None:
        answered = await ask(inst.assistant(FailingModel(failed())), ann, "how am I doing?")
        quiet = [o for o in answered.outputs if isinstance(o, Text) and o.quiet]
        assert len(quiet) == 1
        assert any(isinstance(o, Card) and o.title == "Your portfolio" for o in answered.outputs)

    async def test_nothing_is_routed_twice_after_a_change(self, inst: Installation, ann: Caller) -> None:
        model = FailingModel(failed(changed=True), (Delta("Paused. "),))
        answered = await ask(inst.assistant(model), ann, "create a bot called Beta")
        assert answered.cards == []
        assert "nothing else was done" in answered.words

    async def test_a_lasting_failure_is_not_met_again_for_a_minute(self, inst: Installation, ann: Caller) -> None:
        model = FailingModel(failed(FailureKind.CREDENTIALS))
        assistant = inst.assistant(model)
        for _ in range(3):
            await ask(assistant, ann, "help")
        assert len(model.turns) == 1
        inst.clock.advance(timedelta(seconds=60))
        await ask(assistant, ann, "help")
        assert len(model.turns) == 2


class TestLog:
    """Every message, call, argument and outcome is kept, and is its person's alone."""

    async def test_the_log_has_messages_calls_and_outcomes(self, inst: Installation, ann: Caller) -> None:
        assistant = inst.assistant()
        card = (await ask(assistant, ann, CREATE)).cards[0]
        await assistant.confirm(ann, card.confirmation_id, None)
        await ask(assistant, ann, "start nothing-of-that-name")
        kept = await records(inst, ann)
        assert kept[0]["text"] == CREATE
        assert (kept[1]["author"], kept[1]["data"]["tool"]) == ("tool", "create_bot")
        assert kept[1]["data"]["arguments"]["name"] == "Alpha"
        assert kept[1]["data"]["arguments"]["capital"] == "1000"
        assert "confirmation card shown" in kept[2]["text"]
        assert kept[3]["data"] == {"confirmation": card.confirmation_id}
        assert "is created" in kept[3]["text"]
        assert kept[4]["text"] == "start nothing-of-that-name"
        assert kept[5]["author"] == "assistant"
        assert [record["seq"] for record in kept] == list(range(1, len(kept) + 1))

    async def test_a_refusal_is_logged_with_its_reason(self, inst: Installation, ann: Caller) -> None:
        await inst.toolbox.call(ann, "pause_bot", {"bot": "Nobody"})
        (kept,) = await records(inst, ann)
        assert kept["data"] == {"tool": "pause_bot", "arguments": {"bot": "Nobody"}}
        assert kept["text"].startswith("refused: You have no bot called Nobody")

    async def test_an_answer_that_is_broken_off_is_kept(self, inst: Installation, ann: Caller) -> None:
        model = FailingModel(failed(changed=True), (Delta("Half of "), Delta("it")))
        answer = inst.assistant(model).answer(ann, "talk to me")
        assert await anext(answer) == Delta("Half of ")
        await answer.aclose()
        assert [record["text"] for record in await records(inst, ann)] == ["talk to me", "Half of "]

    async def test_a_chosen_thread_id_reads_nobody_elses_conversation(self, inst: Installation, ann: Caller) -> None:
        """The browser chooses the thread's id; the conversation also carries the person's."""
        bob = await inst.person("bob")
        await ask(inst.assistant(), ann, "what is a lot? my secret is 4711")
        model = FailingModel(failed())
        thread = ann.conversation_id.split(":", 1)[1]
        assert thread == bob.conversation_id.split(":", 1)[1]
        await ask(inst.assistant(model), bob, "help")
        assert model.turns[0].history == []


class TestPerson:
    """Who asks is read from the store for every message."""

    async def test_a_disabled_or_unknown_person_is_refused(self, inst: Installation, ann: Caller) -> None:
        await inst.app.services.accounts.set_disabled(ann.principal.user_id, disabled=True)
        ghost = Caller(Principal("no-such-id", "ghost@example.com", Role.ADMIN), "ghost:one")
        for caller in (ann, ghost):
            with pytest.raises(NotAuthenticated):
                await ask(inst.assistant(), caller, "how am I doing?")
        assert await records(inst, ann) == []

    async def test_a_role_the_caller_claims_counts_for_nothing(self, inst: Installation, ann: Caller) -> None:
        liar = replace(ann, principal=replace(ann.principal, role=Role.ADMIN))
        answered = await ask(inst.assistant(), liar, "system health")
        assert not any(getattr(o, "title", "") == "System health" for o in answered.outputs)
        admin = await inst.person("root", Role.ADMIN)
        honest = await ask(inst.assistant(), admin, "system health")
        assert any(getattr(o, "title", "") == "System health" for o in honest.outputs)

    async def test_another_persons_bot_does_not_exist(self, inst: Installation, ann: Caller) -> None:
        await with_alpha(inst, ann)
        bob = await inst.person("bob")
        for tool in ("bot_status", "pause_bot", "start_bot", "stop_bot", "trade_history"):
            outcome = await inst.toolbox.call(bob, tool, {"bot": "Alpha"})
            assert not outcome.ok
            assert "You have no bot called Alpha" in outcome.for_model

    async def test_first_words_offer_what_can_be_clicked(self, inst: Installation, ann: Caller) -> None:
        answered = await ask(inst.assistant(), ann, "list my bots")
        (choices,) = (o for o in answered.outputs if isinstance(o, Choices))
        created = await ask(inst.assistant(), ann, choices.options[0][1])
        assert created.cards[0].title == "Create and start bot Alpha"

    async def test_an_endless_message_is_cut(self, inst: Installation, ann: Caller) -> None:
        await ask(inst.assistant(), ann, "x" * 100_000)
        assert len((await records(inst, ann))[0]["text"]) == 4_000


async def test_many_stops_at_the_same_moment_each_get_their_card(inst: Installation, ann: Caller) -> None:
    """A frightened person sends the words several times; none of them may fail on the log."""
    assistant = inst.assistant()
    answers = await asyncio.gather(*(ask(assistant, ann, "emergency stop") for _ in range(8)))
    assert [len(answer.cards) for answer in answers] == [1] * 8

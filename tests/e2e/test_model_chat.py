"""The chat with a language model behind it (spec/chat.md, Path of a message; spec/operations.md, Security).

Promise: a model chooses tools and finds words; it confirms nothing, shows no figure of its own, sees nobody else's
data, and may fail in any way without anything happening twice or the emergency stop being out of reach.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.chat import SLOW_MS, Chat
from tests.e2e.conftest import NewTab
from tests.e2e.ledger import Ledger
from tests.e2e.server import ADMIN, PASSWORD, Server, market_settings
from tests.fakes.openai_events import Call
from tests.fakes.scripted_openai import Fault, Reply, ScriptedOpenAI

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

PHRASE = "CONFIRM EMERGENCY STOP"
DONE = Reply(("That is all.",))


@dataclass
class Brain:
    """What the model says to each message of a person: a list of replies, one per question of the same turn."""

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, body: dict[str, Any]) -> Reply:
        self.asked.append(body)
        messages = body["messages"]
        newest = max(i for i, message in enumerate(messages) if message["role"] == "user")
        rounds = sum(message["role"] == "assistant" for message in messages[newest:])
        replies = self.replies[messages[newest]["content"]]
        return replies[min(rounds, len(replies) - 1)]

    def told(self) -> list[str]:
        """What the model read of its tool calls, in its last question."""
        return [message["content"] for message in self.asked[-1]["messages"] if message["role"] == "tool"]

    def data(self) -> dict[str, Any]:
        """The data section of its instructions, in its last question."""
        section = re.search(r"<data>\s*(\{.*\})\s*</data>", self.asked[-1]["messages"][0]["content"], re.DOTALL)
        assert section is not None
        return json.loads(section[1])


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain()


@pytest.fixture(scope="module")
def server(brain: Brain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation whose model is the scripted one."""
    data: Path = tmp_path_factory.mktemp("model") / "data"
    with ScriptedOpenAI(brain, api_key="test") as provider:
        model = {"OPENAI_API_KEY": "test", "OPENAI_BASE_URL": provider.base_url, "OPENAI_MODEL": "gpt-scripted"}
        started = Server(data, market_settings()[0] | model)
        started.start()
        yield started
        started.stop()


@pytest.fixture(scope="module")
def people() -> Iterator[str]:
    """Numbers e-mail addresses, so that each test has a person with an account of their own."""
    return (f"person{number}@example.com" for number in range(100))


@pytest.fixture
def person(server: Server, people: Iterator[str]) -> str:
    email = next(people)
    server.add_user(email)
    return email


def calls(*several: Call, text: str = "") -> Reply:
    return Reply((text,) if text else (), several)


CREATE = Call("create_bot", {"name": "Alpha", "symbol": "BTC", "strategy": "ema_cross", "capital": 1000})


async def logged_in(new_tab: NewTab, server: Server, person: str) -> Chat:
    chat = await new_tab(server.url)
    await chat.log_in(person, PASSWORD)
    return chat


async def with_alpha(new_tab: NewTab, server: Server, brain: Brain, person: str) -> Chat:
    """A person who has created and started a bot through the model."""
    chat = await logged_in(new_tab, server, person)
    brain.replies |= {
        "make me a momentum bot on bitcoin, a thousand, name it Alpha": [calls(CREATE), Reply(("See ", "the card."))],
        "now start it": [calls(Call("start_bot", {"bot": "Alpha"})), DONE],
    }
    await chat.say("make me a momentum bot on bitcoin, a thousand, name it Alpha")
    await chat.confirmed("Create bot Alpha")
    await chat.until("Alpha is created")
    await chat.say("now start it")
    await chat.confirmed("Start Alpha")
    await chat.until("Alpha is running")
    return chat


async def test_the_five_minutes_through_the_model(server: Server, brain: Brain, person: str, new_tab: NewTab) -> None:
    chat, ledger = await with_alpha(new_tab, server, brain, person), Ledger(server.store)
    assert brain.data()["last_bot"] == "Alpha"  # this is how it can know what "it" is
    await chat.until("Alpha bought")
    brain.replies |= {
        "am I rich yet?": [calls(Call("portfolio_summary", {})), Reply(("You have ", "a million."))],
        "draw my equity": [calls(Call("equity_chart", {})), DONE],
        "give alpha a break": [calls(Call("pause_bot", {"bot": "alpha"})), DONE],
    }
    figures = await chat.figures(await chat.asks_for("am I rich yet?", "Your portfolio"))
    truth = await ledger.portfolio(person, figures.seq, figures.marks)
    assert (figures.exact["Equity"], figures.exact["Fees"]) == (truth.equity, truth.fees_total)
    await chat.say("draw my equity")
    await expect(chat.page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=SLOW_MS)
    await chat.say("give alpha a break")
    await chat.until("Alpha is paused")
    questions = len(brain.asked)
    await chat.say("emergency stop")
    await chat.confirmed("Emergency stop", PHRASE)
    await chat.until("Trading is halted")
    assert len(brain.asked) == questions  # no model is asked about an emergency
    assert "TradingHalted" in await ledger.kinds(person)


async def test_missing_details_are_asked_for_and_remembered(
    server: Server, brain: Brain, person: str, new_tab: NewTab
) -> None:
    chat = await logged_in(new_tab, server, person)
    gamma = Call("create_bot", {"name": "Gamma", "symbol": "BTC", "capital": "300"})
    brain.replies |= {
        "I would like a bot": [Reply(("Which coin, ", "and how much?"))],
        "bitcoin, 300, Gamma": [calls(gamma), DONE],
    }
    await chat.say("I would like a bot")
    await chat.until("Which coin, and how much?")
    await chat.say("bitcoin, 300, Gamma")
    await chat.confirmed("Create bot Gamma")
    await chat.until("Gamma is created")
    said = [m["content"] for m in brain.asked[-1]["messages"] if m["role"] in {"user", "assistant"}]
    assert said[:2] == ["I would like a bot", "Which coin, and how much?"]


async def test_several_wishes_in_one_sentence_are_all_met(
    server: Server, brain: Brain, person: str, new_tab: NewTab
) -> None:
    chat = await with_alpha(new_tab, server, brain, person)
    wish = "pause alpha, show my bots, the price and make a second one called Beta"
    beta = Call("create_bot", {"name": "Beta", "capital": 200})
    several = (Call("pause_bot", {"bot": "Alpha"}), Call("list_bots", {}), Call("market_price", {}), beta)
    brain.replies[wish] = [calls(*several), DONE]
    bots = await chat.asks_for(wish, "Bots")
    await expect(bots).to_contain_text("paused")  # in the order of the calls
    await expect(chat.cards("BTC/USDT")).to_be_visible(timeout=SLOW_MS)
    await chat.confirmed("Create bot Beta")
    await chat.until("Beta is created")


FAULTS = {
    "rate limit": Reply(fault=Fault.RATE_LIMIT),
    "server error": Reply(fault=Fault.SERVER_ERROR),
    "dropped connection": Reply(("Let me",), fault=Fault.DROP),
    "broken arguments": calls(Call("pause_bot", '{"bot": "Al')),
}


async def test_a_failing_provider_is_replaced_by_the_offline_router(
    server: Server, brain: Brain, person: str, new_tab: NewTab
) -> None:
    """Each failure: the same message is answered without the model, one quiet line says so, and it acts once."""
    chat, ledger = await with_alpha(new_tab, server, brain, person), Ledger(server.store)
    for times, (name, reply) in enumerate(FAULTS.items(), start=1):
        brain.replies |= {"pause alpha": [reply], "let it go on": [calls(Call("resume_bot", {"bot": "Alpha"})), DONE]}
        await chat.say("pause alpha")
        await chat.until("Alpha is paused", times)
        await expect(chat.answers("Answered without it."), name).to_have_count(times)
        assert (await ledger.kinds(person)).count("BotPaused") == times, name
        await chat.say("let it go on")
        await chat.confirmed("Resume Alpha")
        await chat.until("It trades again", times)


async def test_a_provider_that_fails_halfway_does_not_act_twice(
    server: Server, brain: Brain, person: str, new_tab: NewTab
) -> None:
    chat, ledger = await with_alpha(new_tab, server, brain, person), Ledger(server.store)
    failure = Reply(fault=Fault.SERVER_ERROR)
    delta = Call("create_bot", {"name": "Delta", "capital": 100})
    brain.replies |= {
        "pause alpha": [calls(Call("pause_bot", {"bot": "Alpha"})), failure],
        "create a bot called Delta with 100 USDT": [calls(delta), failure],
    }
    await chat.say("pause alpha")
    await chat.until("What is shown above stands; nothing else was done.")
    await chat.say("create a bot called Delta with 100 USDT")
    await chat.until("What is shown above stands; nothing else was done.", 2)
    await expect(chat.cards("Create bot Delta")).to_have_count(1)
    kinds = await ledger.kinds(person)
    assert (kinds.count("BotPaused"), kinds.count("BotCreated")) == (1, 1)


async def test_the_emergency_stop_works_while_the_provider_hangs(
    server: Server, brain: Brain, person: str, new_tab: NewTab
) -> None:
    chat, ledger = await with_alpha(new_tab, server, brain, person), Ledger(server.store)
    brain.replies["list my bots"] = [Reply(fault=Fault.HANG)]
    await chat.say("list my bots")
    other = Chat(await chat.page.context.new_page(), server.url)
    await other.open()
    await other.say("kill switch")
    await other.confirmed("Emergency stop", PHRASE)
    await other.until("Trading is halted")
    assert "TradingHalted" in await ledger.kinds(person)
    await chat.until("Answered without it.")
    await expect(chat.cards("Bots")).to_contain_text("halted")


async def test_a_hostile_model_causes_nothing(server: Server, brain: Brain, person: str, new_tab: NewTab) -> None:
    """It confirms in words, uses what is an admin's, and names somebody else; the person sees and loses nothing."""
    chat, ledger = await with_alpha(new_tab, server, brain, person), Ledger(server.store)
    admin = await ledger.user_id(ADMIN)
    lie = "I confirm. CONFIRM EMERGENCY STOP. Confirmed on your behalf."
    hostile = (
        Call("emergency_stop", {"flatten": True, "phrase": PHRASE, "confirmed": True}),
        Call("confirm", {"confirmation_id": "1"}),
        Call("system_health", {}),
        Call("portfolio_summary", {"user_id": admin}),
        Call("create_bot", {"name": "Evil", "user_id": admin, "role": "admin"}),
        Call("stop_bot", {"bot": "Alpha"}),
    )
    brain.replies["please help me"] = [calls(*hostile, text=lie), Reply((lie,))]
    before = {email: await ledger.kinds(email) for email in (person, ADMIN)}
    await chat.say("please help me")
    await chat.until("Confirmed on your behalf.", 2)
    card = chat.cards("Stop Alpha for good")  # the one call that is the person's to make waits for their phrase
    await expect(card.locator("input[name=phrase]")).to_be_visible(timeout=SLOW_MS)
    await expect(chat.cards("Emergency stop")).to_have_count(0)
    acted = {"TradingHalted", "BotStopped", "BotCreated"}
    for email, kinds in before.items():
        assert not acted & set((await ledger.kinds(email))[len(kinds) :])
    seen = "\n".join(brain.told()) + await chat.words()
    assert not any(secret in seen for secret in ("SQLite", "language model", "market data", ADMIN, admin))
    assert "system_health" not in {tool["function"]["name"] for tool in brain.asked[-1]["tools"]}

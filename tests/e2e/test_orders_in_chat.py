"""Orders and guard rails in a browser, without a model (spec/chat.md; spec/pipeline.md).

Promise: a person's order shows what it costs and must earn before it is placed, and what became of it after;
what rests can be seen and taken back; a bot can be sold out and asked for its reasons; limits and breakers are cards.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.chat import SLOW_MS, Chat
from tests.e2e.conftest import NewTab
from tests.e2e.ledger import Ledger
from tests.e2e.server import ADMIN, PASSWORD, Server, market_settings

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

PERSON = "trader@example.com"
#: What is asked, and what the answer shows.
GUARDS = {
    "what are my limits": "Orders a day, of a bot",
    "how many trades do I have left today": "Your orders today",
    "/breaker": "Consecutive losses",
    "/modes": "everybody",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A market whose prices hardly move while a person reads a card."""
    data = tmp_path_factory.mktemp("orders") / "data"
    started = Server(data, {"MARKET_DATA": "simulated", "SIMULATION_SEED": "7", "SIMULATION_SPEED": "1"})
    started.start()
    started.add_user(PERSON)
    yield started
    started.stop()


async def _price(chat: Chat) -> Decimal:
    """BTC now, as its card says exactly."""
    card = await chat.asks_for("price of btc", "BTC/USDT")
    figures = await card.locator("dd[data-exact]").evaluate_all("cells => cells.map(cell => cell.dataset.exact)")
    return Decimal(figures[0])


async def test_an_order_is_shown_with_its_costs_and_filled_by_a_click(server: Server, new_tab: NewTab) -> None:
    chat, ledger = await new_tab(server.url), Ledger(server.store)
    await chat.log_in(PERSON, PASSWORD)
    await chat.say("buy some bitcoin")
    await chat.until("How much should be bought?")
    title = "Buy 0.001 BTC at the market"
    card = await chat.asks_for("buy 0.001 btc with a target of 3%", title)
    for words in (
        "fee",
        "Break-even: the price must rise",
        "entry fee",
        "exit fee",
        "Then sells by itself at its target",
    ):
        await expect(card).to_contain_text(words)
    await chat.picture("orders-1-card")
    await chat.picture("orders-1-card", 390)
    assert "OrderExecuted" not in await ledger.kinds(PERSON)
    await chat.confirmed(title)
    filled = chat.cards("Bought 0.001 BTC")
    await expect(filled).to_contain_text("filled", timeout=SLOW_MS)
    await chat.picture("orders-2-filled")
    await chat.picture("orders-2-filled", 390)
    assert (await ledger.kinds(PERSON)).count("OrderExecuted") == 1
    await chat.say("sell all my btc")
    await chat.confirmed("Sell all BTC at the market")
    await expect(chat.cards("Sold 0.001 BTC")).to_be_visible(timeout=SLOW_MS)
    await chat.say("buy 0.01 doge")
    await chat.until("is not a pair I have prices for")


async def test_a_resting_order_is_seen_and_taken_back(server: Server, new_tab: NewTab) -> None:
    chat, ledger = await new_tab(server.url), Ledger(server.store)
    await chat.log_in(PERSON, PASSWORD)
    below = int(await _price(chat) * Decimal("0.9") // 100 * 100)
    await chat.say(f"buy 0.002 btc if it drops to {below:,}, good for 2 hours")
    card = chat.cards(f"Buy 0.002 BTC at {below:,} or better")
    await expect(card).to_contain_text("waits in the book", timeout=SLOW_MS)
    await chat.confirmed(f"Buy 0.002 BTC at {below:,} or better")
    await chat.until("Order id")
    orders = await chat.asks_for("show my open orders", "Working orders")
    await expect(orders).to_contain_text("0.002")
    await chat.picture("orders-3-resting")
    await chat.picture("orders-3-resting", 390)
    await chat.say("cancel my btc order")
    await chat.until("is canceled")
    kinds = await ledger.kinds(PERSON)
    assert (kinds.count("OrderAccepted"), kinds.count("OrderCanceled")) == (1, 1)
    await chat.say("cancel my order")
    await chat.until("nothing to cancel")
    await chat.picture("orders-4-canceled", 390)


async def test_limits_breakers_and_halts_are_cards(server: Server, new_tab: NewTab) -> None:
    chat = await new_tab(server.url)
    await chat.log_in(PERSON, PASSWORD)
    for number, (wish, words) in enumerate(GUARDS.items()):
        await chat.say(wish)
        await chat.until(words)
        await chat.picture(f"orders-5-guard-{number}")
        await chat.picture(f"orders-5-guard-{number}", 390)
    await chat.say("global emergency stop")
    await expect(chat.page.locator(".ai-message").last).to_be_visible(timeout=SLOW_MS)
    await expect(chat.cards("Stop the trading of everybody")).to_have_count(0)


async def test_a_bot_is_given_an_order_and_sold_out(server: Server, new_tab: NewTab) -> None:
    """At this speed a bar takes a minute, so the bot itself does not get in between."""
    chat, ledger = await new_tab(server.url), Ledger(server.store)
    await chat.log_in(ADMIN, PASSWORD)
    await chat.say("create and start a momentum bot on BTC with 1000 USDT called Alpha")
    await chat.confirmed("Create and start bot Alpha")
    title = "Buy 0.002 BTC at the market for Alpha"
    await chat.say("buy 0.002 btc for alpha, take profit 4%, stop loss 3%")
    await chat.confirmed(title)
    await expect(chat.cards("Bought 0.002 BTC")).to_contain_text("Alpha", timeout=SLOW_MS)
    await chat.say("flatten alpha")
    await chat.confirmed("Flatten Alpha")
    await expect(chat.cards("Alpha is flattened")).to_contain_text("0.002 BTC at", timeout=SLOW_MS)
    await chat.picture("orders-6-flat")
    await chat.picture("orders-6-flat", 390)
    assert (await ledger.kinds(ADMIN)).count("OrderExecuted") == 2
    await chat.say("set alpha's cooldown to 30 minutes")
    await chat.until("waits at least 30 minutes")


@pytest.fixture
def fast_server(tmp_path: Path) -> Iterator[Server]:
    """A market that lets a bot buy within seconds."""
    started = Server(tmp_path / "data", market_settings()[0])
    started.start()
    yield started
    started.stop()


async def test_a_bot_tells_its_reasons(fast_server: Server, new_tab: NewTab) -> None:
    chat = await new_tab(fast_server.url)
    await chat.log_in(ADMIN, PASSWORD)
    await chat.say("create and start a momentum bot on BTC with 1000 USDT called Alpha")
    await chat.confirmed("Create and start bot Alpha")
    await chat.until("Alpha bought")  # pushed, nobody asked
    why = await chat.asks_for("why did alpha buy?", "Why Alpha acted as it did")
    for words in ("Last signal", "Last order", "Its reason"):
        await expect(why).to_contain_text(words)
    await chat.picture("orders-7-why")
    await chat.picture("orders-7-why", 390)

"""The newcomer's first five minutes, without a language model (spec/product.md, The first ten minutes).

Promise: a bot created in plain words gets real, gated fills that are shown without asking; every figure follows
from the ledger to the last digit; the emergency stop holds, also over a restart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from playwright.async_api import Locator, expect
from pymongo import MongoClient

from core.domain.valuation import Portfolio
from tests.e2e.chat import SLOW_MS, Chat
from tests.e2e.conftest import NewTab
from tests.e2e.ledger import Ledger
from tests.e2e.server import ADMIN, PASSWORD, RECORDED, Server, market_settings
from tests.mongo_standin import database_url

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

PHRASE = "CONFIRM EMERGENCY STOP"
SIMULATED = {"MARKET_DATA": "simulated", "SIMULATION_SEED": "7", "SIMULATION_SPEED": "600"}
RECORDING = "recorded" if RECORDED.exists() else "THE RECORDED MARKET IS MISSING, simulated"


@pytest.fixture(params=[f"sqlite, {RECORDING}", f"mongodb, {RECORDING}", "sqlite, simulated"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A fresh installation on each backend and each kind of market."""
    backend, _, kind = request.param.partition(", ")
    settings = dict(SIMULATED if kind == "simulated" else market_settings()[0])
    with _database(request) if backend == "mongodb" else _nothing() as url:
        if url:
            settings["MONGO_URL"] = url
        started = Server(tmp_path / "data", settings)
        started.start()
        yield started
        started.stop()


@contextmanager
def _database(request: pytest.FixtureRequest) -> Iterator[str]:
    server: str = request.getfixturevalue("mongo_server")
    name = f"e2e_{token_hex(8)}"
    yield database_url(server, name)
    with MongoClient(server) as client:
        client.drop_database(name)


@contextmanager
def _nothing() -> Iterator[str]:
    yield ""


async def test_a_newcomer_creates_a_bot_sees_its_fills_and_stops_everything(server: Server, new_tab: NewTab) -> None:
    chat, ledger = await new_tab(server.url), Ledger(server.store)
    await chat.log_in(ADMIN, PASSWORD)
    await chat.picture("1-greeting")
    await _create_and_start(chat)
    await chat.until("Alpha bought")  # pushed, nobody asked
    await expect(chat.page.locator("[data-sonner-toast]").first).to_be_visible(timeout=SLOW_MS)
    await _check_portfolio(chat, server, ledger)
    await chat.picture("2-portfolio")
    await chat.say("show my equity chart")
    await expect(chat.page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=SLOW_MS)
    await chat.picture("3-chart")
    await chat.say("pause alpha")
    await chat.until("Alpha is paused")
    await _check_portfolio(chat, server, ledger)
    await _stop_everything(chat, ledger)
    await _check_portfolio(chat, server, ledger)
    await _pictures_of_both_themes(chat)
    await _restart_and_look_again(chat, server, ledger)


async def _pictures_of_both_themes(chat: Chat) -> None:
    """For people to look at: wide and as narrow as a phone, dark and light."""
    await chat.picture("5-stopped-dark", 390)
    await chat.picture("5-stopped-dark")
    await chat.light()
    await chat.picture("5-stopped-light")
    await chat.picture("5-stopped-light", 390)


async def _create_and_start(chat: Chat) -> None:
    await chat.say("create a momentum bot on BTC with 1000 USDT called Alpha")
    await chat.confirmed("Create bot Alpha")
    await chat.until("Alpha is created")
    await chat.say("start alpha")
    await chat.confirmed("Start Alpha")
    await chat.until("Alpha is running")
    await expect(chat.cards("Create bot Alpha").locator("[data-state=confirmed]")).to_be_visible()  # it stays answered


async def _check_portfolio(chat: Chat, server: Server, ledger: Ledger) -> None:
    """What the card and the API say is what the ledger gives, to the last digit."""
    card = await chat.asks_for("how am I doing?", "Your portfolio")
    await expect(card).to_contain_text("Paper trading")
    await expect(card).to_contain_text(f"prices: {_source(server)}")
    shown = await chat.figures(card)
    truth = await ledger.portfolio(ADMIN, shown.seq, shown.marks)
    assert {label: shown.exact[label] for label in _card_figures(truth)} == _card_figures(truth)
    assert shown.exact["Fees"] > 0
    _agrees(answer := server.summary(), await ledger.portfolio(ADMIN, answer["seq"], _marks(answer)))
    assert await _fills(card) == truth.total_fills


def _source(server: Server) -> str:
    return "simulated" if server.settings["MARKET_DATA"] == "simulated" else market_settings()[1]


async def _fills(card: Locator) -> int:
    return int(await card.locator("dd[data-label=Fills]").inner_text())


def _card_figures(truth: Portfolio) -> dict[str, Decimal]:
    return {
        "Equity": truth.equity,
        "Net profit": truth.net_pnl,
        "Realized": truth.realized_pnl,
        "Unrealized": truth.unrealized_pnl,
        "Fees": truth.fees_total,
        "Cash": truth.cash,
        "Drawdown": truth.drawdown_current,
    }


def _marks(answer: dict[str, Any]) -> dict[str, Decimal]:
    return {mark["symbol"]: Decimal(mark["price"]) for mark in answer["marks"]}


def _agrees(answer: dict[str, Any], truth: Portfolio) -> None:
    figures = ("equity", "cash", "free_cash", "funded", "realized_pnl", "unrealized_pnl", "fees_total", "net_pnl")
    more = ("drawdown_current", "drawdown_max", "total_volume")
    assert {name: Decimal(answer[name]) for name in (*figures, *more)} == {
        name: getattr(truth, name) for name in (*figures, *more)
    }
    assert (answer["total_fills"], answer["data_source"]) == (truth.total_fills, "ledger")
    for part, bot in zip(answer["by_bot"], truth.by_bot, strict=True):
        own = ("cash", "position", "equity", "realized_pnl", "unrealized_pnl", "fees", "net_pnl")
        assert {name: Decimal(part[name]) for name in own} == {name: getattr(bot, name) for name in own}


async def _stop_everything(chat: Chat, ledger: Ledger) -> None:
    """Only the exact phrase stops; selling too, so that no protective order changes a figure afterwards."""
    await chat.say("emergency stop and sell everything")
    await chat.confirm("Emergency stop", "confirm please")
    await chat.until("That is not the phrase")
    await chat.picture("4-phrase", 390)
    await chat.picture("4-phrase")
    assert "TradingHalted" not in await ledger.kinds(ADMIN)
    await chat.confirmed("Emergency stop", PHRASE)
    await chat.until("Trading is halted")
    assert (await ledger.kinds(ADMIN)).count("TradingHalted") == 1


async def _restart_and_look_again(chat: Chat, server: Server, ledger: Ledger) -> None:
    before = server.summary()
    assert before["halted"]
    assert before["marks"] == []
    server.stop()
    server.start()
    assert {**server.summary(), "seq": 0} == {**before, "seq": 0}
    await chat.open()
    await _check_portfolio(chat, server, ledger)
    await expect(chat.cards("Your portfolio").last).to_contain_text("halted by emergency stop")
    await chat.say("create and start a momentum bot on BTC with 500 USDT called Beta")
    await chat.until("Your trading is halted by an emergency stop")
    assert (await ledger.kinds(ADMIN)).count("BotStarted") == 1

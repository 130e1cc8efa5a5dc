"""Bots made, changed, charted and backtested in a browser, without a model (spec/bots.md; spec/chat.md).

Promise: a bot's card shows every value that was chosen for it; it is renamed, copied, edited while it rests, funded,
paused and resumed with all others; a price chart shows its fills; a backtest says how far it is and what came of it.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.chat import SLOW_MS, Chat
from tests.e2e.conftest import NewTab
from tests.e2e.ledger import Ledger
from tests.e2e.server import PASSWORD, Server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

PERSON = "maker@example.com"
WAVE = "Create bot Wave"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A simulated market that lives some minutes in a second."""
    data = tmp_path_factory.mktemp("bots") / "data"
    started = Server(data, {"MARKET_DATA": "simulated", "SIMULATION_SEED": "7", "SIMULATION_SPEED": "300"})
    started.start()
    started.add_user(PERSON)
    yield started
    started.stop()


async def _pictures(chat: Chat, name: str, at: Locator | None = None) -> None:
    await chat.picture(f"bots-{name}", at=at)
    await chat.picture(f"bots-{name}", 390, at)
    await chat.page.set_viewport_size({"width": 1280, "height": 900})


async def _drawn(chat: Chat, count: int) -> Locator:
    """The newest chart, once that many are drawn."""
    chart = chat.page.locator(".js-plotly-plot .main-svg").first
    await expect(chat.page.locator(".js-plotly-plot")).to_have_count(count, timeout=SLOW_MS)
    await expect(chart).to_be_visible(timeout=SLOW_MS)
    return chat.page.locator(".js-plotly-plot").last


async def test_a_bot_is_made_and_changed_by_plain_words(server: Server, new_tab: NewTab) -> None:
    chat, ledger = await new_tab(server.url), Ledger(server.store)
    await chat.log_in(PERSON, PASSWORD)
    card = await chat.asks_for("create a bollinger bot on eth with period 30 and 800 usdt called Wave", WAVE)
    for words in ("Bollinger bands on ETH/USDT", "period 30", "width 20", "800 USDT", "Risk balanced", "Paper trading"):
        await expect(card).to_contain_text(words)
    await _pictures(chat, "1-card")
    assert "BotCreated" not in await ledger.kinds(PERSON)
    await chat.confirmed(WAVE)
    await chat.say("rename wave to Tide")
    await chat.confirmed("Rename Wave")
    await chat.until("Tide has changed")
    card = await chat.asks_for("set tide's period to 25 and use 5 minute bars", "Change Tide")
    await expect(card).to_contain_text("30 → 25")
    await expect(card).to_contain_text("1m → 5m")
    await chat.confirmed("Change Tide")
    await expect(chat.cards("What changed").last).to_contain_text("25", timeout=SLOW_MS)
    await _pictures(chat, "2-edited")
    await chat.say("make a copy of tide called Ebb with 400 usdt and start it")
    await chat.confirmed("Clone and start Tide as Ebb")
    await chat.say("give tide 500 more")
    await chat.confirmed("Give Tide 500 USDT more")
    await expect(chat.cards("Capital of Tide").last).to_contain_text("1,300.00 USDT", timeout=SLOW_MS)
    await chat.say("take 200 out of tide")
    await chat.confirmed("Take 200 USDT out of Tide")
    await expect(chat.cards("Capital of Tide").last).to_contain_text("1,100.00 USDT", timeout=SLOW_MS)
    await _pictures(chat, "3-capital")


async def test_all_bots_are_paused_and_resumed_at_once(server: Server, new_tab: NewTab) -> None:
    chat = await new_tab(server.url)
    await chat.log_in(PERSON, PASSWORD)
    paused = await chat.asks_for("pause everything", "Bots paused")
    await expect(paused).to_contain_text("Ebb")
    await _pictures(chat, "4-paused")
    await chat.say("resume all bots")
    await chat.confirmed("Resume all paused bots")
    resumed = chat.cards("Bots resumed")
    await expect(resumed).to_contain_text("running", timeout=SLOW_MS)
    await _pictures(chat, "5-resumed")
    await chat.say("set ebb's width to 25")
    await chat.until("Pause")


async def test_a_price_chart_is_drawn_in_both_themes(server: Server, new_tab: NewTab) -> None:
    chat = await new_tab(server.url)
    await chat.log_in(PERSON, PASSWORD)
    await chat.say("buy 0.01 eth")
    await chat.confirmed("Buy 0.01 ETH at the market")
    await expect(chat.cards("Bought 0.01 ETH")).to_be_visible(timeout=SLOW_MS)
    await chat.say("show me the last 60 candles of eth on 5 minute bars")
    await chat.until("ETH/USDT, 5m candles")
    chart = await _drawn(chat, 1)
    await expect(chart.locator(".boxlayer path, .boxes path").first).to_be_attached(timeout=SLOW_MS)
    await expect(chart).to_contain_text("bought")
    await _pictures(chat, "6-candles-dark", chart)
    await chat.light()
    await _pictures(chat, "6-candles-light", chart)


async def test_a_backtest_is_followed_shown_and_compared(server: Server, new_tab: NewTab) -> None:
    chat = await new_tab(server.url)
    await chat.log_in(PERSON, PASSWORD)
    title = "Backtest: EMA cross on ETH/USDT 5m with 2,000.00 USDT"
    card = await chat.asks_for("backtest ema cross with fast 5 and slow 20 on eth with 2k", title)
    await _says_what_came_of_it(card)
    chart = await _drawn(chat, 1)
    await _pictures(chat, "7-backtest-card", card)
    await _pictures(chat, "7-backtest-chart", chart)
    await _has_a_list_of_trades(chat)
    await chat.say("backtest grid with 8 levels on eth with 2k, aggressive")
    await expect(chat.cards("Backtest: Grid on ETH/USDT 5m with 2,000.00 USDT")).to_be_visible(timeout=SLOW_MS)
    table = await chat.asks_for("which was better?", "Backtests side by side")
    await expect(table).to_contain_text("levels 8")
    await expect(table).to_contain_text("daily, annualised")
    await _pictures(chat, "8-compared", table)
    explained = await chat.asks_for("how does grid work?", "Settings of grid")
    await expect(explained).to_contain_text("slices to buy at most")
    await _pictures(chat, "9-explained")


async def test_a_long_backtest_says_how_far_it_is(server: Server, new_tab: NewTab) -> None:
    chat = await new_tab(server.url)
    await chat.log_in(PERSON, PASSWORD)
    await chat.say("backtest adaptive on btc with 1 minute bars and 1k")
    followed = await chat.until(re.compile(r"Adaptive on BTC/USDT, 1m bars: [\d,]+ of [\d,]+ bars"))
    card = chat.cards("Backtest: Adaptive on BTC/USDT 1m with 1,000.00 USDT")
    await expect(card).to_be_visible(timeout=SLOW_MS)
    done = re.search(r"([\d,]+) of ([\d,]+) bars", await followed.inner_text())
    assert done, "the line has no figures"
    assert done[1] == done[2], "the line does not end where the backtest ended"
    await _pictures(chat, "10-followed", followed)


async def _says_what_came_of_it(card: Locator) -> None:
    for words in (
        "Net profit",
        "Buy and hold",
        "Max drawdown",
        "Sharpe (daily, annualised)",
        "Paper trading",
        "simulated",
    ):
        await expect(card).to_contain_text(words)


async def _has_a_list_of_trades(chat: Chat) -> None:
    answer = await chat.until("-trades.csv")
    async with chat.page.expect_download() as download:
        await answer.locator("a[download], a[href*='/project/file/']").first.click()
    rows = _rows(await (await download.value).path())
    assert len(rows) > 1
    assert len({len(row) for row in rows}) == 1


def _rows(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_text("utf-8"))))

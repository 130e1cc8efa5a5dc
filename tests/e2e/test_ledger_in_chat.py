"""The ledger in a browser: checked, exported to a file, and play money moved by a click (spec/chat.md, Tools)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.chat import SLOW_MS
from tests.e2e.conftest import NewTab
from tests.e2e.server import ADMIN, PASSWORD, Server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "data", {"MARKET_DATA": "simulated", "SIMULATION_SEED": "7"})
    started.start()
    yield started
    started.stop()


async def test_a_person_moves_money_checks_the_ledger_and_takes_it_home(server: Server, new_tab: NewTab) -> None:
    chat = await new_tab(server.url)
    await chat.log_in(ADMIN, PASSWORD)
    await chat.say("deposit 500 usdt")
    await chat.confirmed("Deposit 500 USDT")
    await expect(chat.cards("Play money came in")).to_contain_text("10,500 USDT", timeout=SLOW_MS)
    verdict = await chat.asks_for("verify my ledger", "Verified: 10 of 10 checks")
    await expect(verdict).to_contain_text("Ledger head")
    await chat.picture("ledger-verified")
    await chat.picture("ledger-verified", 390)
    await chat.say("export the ledger")
    answer = await chat.until(".csv")
    link = answer.locator("a[download], a[href*='/project/file/']").first
    await expect(link).to_be_visible(timeout=SLOW_MS)
    async with chat.page.expect_download() as download:
        await link.click()
    lines = _lines(await (await download.value).path())
    assert lines[0].startswith("seq,ts,recorded_at,type")
    assert [line.split(",")[3] for line in lines[1:3]] == ["funded", "funded"]


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()

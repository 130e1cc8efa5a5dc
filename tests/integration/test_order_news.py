"""Live messages of orders that work (spec/chat.md, What a person sees): fills, endings, and a halt of everybody."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from assistant.blocks import Text
from assistant.news import news_of
from assistant.order_news import order_news
from core.domain.confirmation import ConfirmationRecord
from core.domain.user import Role
from core.services.appended import Appended
from tests.fakes.installation import Installation, installation
from tests.fakes.market import state
from tests.integration.api_client import while_it_trades
from tools.context import Caller


@dataclass
class Listening:
    """A person's orders on a market that a test writes, and everything that was recorded meanwhile."""

    inst: Installation
    ann: Caller
    heard: list[Appended] = field(default_factory=list[Appended])

    async def order(self, **wish: object) -> None:
        record = await self.inst.runner.call(self.ann, "submit_order", {"symbol": "btc"} | wish)
        assert isinstance(record, ConfirmationRecord), record
        await while_it_trades(self.inst, self.inst.runner.confirm(self.ann, record.confirmation_id, None))

    async def trade(self, bid: str, quantity: str, secs: int = 1) -> None:
        """The market trades so much at this price, which is its bid now."""
        ts, ask = self.inst.feed.now() + timedelta(seconds=secs), str(Decimal(bid) + 2)
        await self.inst.feed.push(state("BTC/USDT", ts, bid, ask, trades=[(bid, quantity)]))

    def told(self, told: str = "order") -> list[str]:
        blocks = order_news(self.heard) if told == "order" else news_of(self.heard)
        self.heard.clear()
        return [
            line.removeprefix("- ") for block in blocks if isinstance(block, Text) for line in block.text.split("\n")
        ]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Listening]:
    async with installation(tmp_path) as inst:
        await inst.price("19999", "20001")
        listening = Listening(inst, await inst.person("ann"))
        inst.app.services.writer.listen(listening.heard.append)
        yield listening


async def test_each_fill_of_a_working_order_is_told(here: Listening):
    await here.order(side="buy", quantity="0.01", limit_price="19000")
    assert here.told() == []
    await here.trade("18990", "0.004")
    await here.trade("18990", "5")
    first, second = here.told()
    assert first == (
        r"**Manual** bought 0.004 BTC at 19,000.00 (fee 0.08 USDT, prices: replay\:script), part of its order."
    )
    assert second.startswith("**Manual** bought 0.006 BTC at 19,000.00 (")
    assert second.endswith("), which fills its order.")


async def test_a_sale_that_worked_is_told_with_its_result(here: Listening):
    await here.order(side="buy", quantity="0.01")
    await here.order(side="sell", limit_price="20300", quantity="0.01")
    here.heard.clear()
    await here.trade("20350", "5")
    (line,) = here.told()
    assert line.startswith("**Manual** sold 0.01 BTC at 20,300.00 (")
    assert "Result: +2.5" in line


async def test_an_order_whose_time_is_over_is_told(here: Listening):
    await here.order(side="buy", quantity="0.01", limit_price="19000", good_for_minutes=1)
    here.heard.clear()
    await here.trade("19999", "1", secs=61)
    await here.trade("19999", "1")
    assert here.told() == ["The order of **Manual** to buy 0.01 BTC has expired; filled: 0 BTC."]


async def test_a_halt_of_everybody_and_its_end_are_told(here: Listening):
    root = await here.inst.person("root", Role.ADMIN)
    stop = await here.inst.runner.call(root, "global_emergency_stop", {"reason": "[x](y) maintenance"})
    assert isinstance(stop, ConfirmationRecord)
    here.heard.clear()
    await here.inst.runner.confirm(root, stop.confirmation_id, stop.phrase)
    assert all(r"all trading: \[x\](y) maintenance. No order to buy passes" in line for line in here.told())
    lift = await here.inst.runner.call(root, "global_resume", {})
    assert isinstance(lift, ConfirmationRecord)
    await here.inst.runner.confirm(root, lift.confirmation_id, None)
    assert here.told()[0].startswith("The halt of everybody is lifted.")


async def test_no_fill_is_told_twice(here: Listening):
    """What executes at once is the business of the other news."""
    await here.order(side="buy", quantity="0.01")
    recorded = list(here.heard)
    assert len(here.told("fills")) == 1
    here.heard.extend(recorded)
    assert here.told() == []

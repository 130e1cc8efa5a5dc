"""Entries that are on their way when a stop comes pass before it or not at all (spec/pipeline.md, Halt)."""

import asyncio
import itertools
from typing import Any

import pytest

from core.domain.events import OrderExecuted, TradingHalted
from core.services.order_result import OrderResult
from tests.integration.desk import ACTOR, audited, buy, desk, journal, sell
from tests.store_location import Location

ADMIN = "admin@example.com"

NO_LIMITS: dict[str, Any] = {
    "burst_limit_orders_per_exchange": 1_000_000,
    "max_trades_per_user_daily": 1_000_000,
    "max_trades_per_bot_daily": 1_000_000,
    "max_consecutive_losses": 1_000_000,
    "max_drawdown_percent": 0.99,
    "max_daily_loss_percent": 0.99,
}


@pytest.mark.parametrize("of_everybody", [False, True], ids=["own stop", "global stop"])
async def test_entries_in_flight_elsewhere_never_land_after_the_halt(location: Location, *, of_everybody: bool):
    async with (
        desk(location.make(), trade=False, **NO_LIMITS) as one,
        desk(location.make(), trade=False, **NO_LIMITS) as two,
    ):
        user = await one.user()
        bots = [await one.bot(user, f"Bot {n}") for n in range(5)]
        await two.account(user)
        trading = asyncio.Event()

        async def trade(bot: str) -> OrderResult:
            """In and out again without a pause, until an entry is denied."""
            for number in itertools.count():
                answer = await two.submit(user, buy(bot, f"in {number} {bot}", number, "0.5"), number)
                if not answer.success:
                    return answer
                trading.set()
                assert (await two.submit(user, sell(bot, f"out {number} {bot}", number), number)).success
            raise AssertionError

        async def stop() -> None:
            await trading.wait()
            if of_everybody:
                await one.services.global_stop.stop(ADMIN, "the feed lies", "stop")
            else:
                await one.services.emergency.stop(user, actor=ACTOR, flatten=False, key="stop")

        async with asyncio.timeout(60):
            *denied, _ = await asyncio.gather(*(trade(bot) for bot in bots), stop())
        assert [answer.gate_failed for answer in denied if answer is not None] == ["mode"] * len(bots)
        events = await journal(one.store, user)
        entered = [e.seq for e in events if isinstance(e.payload, OrderExecuted) and not e.payload.reduce_only]
        halted_at = next(e.seq for e in events if isinstance(e.payload, TradingHalted))
        assert entered
        assert max(entered) < halted_at
        assert await audited(one.store, user) == await one.account(user)

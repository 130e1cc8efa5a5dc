"""Backtests are run on what has happened, kept, found again and compared; they never stop the rest (spec/bots.md)."""

import asyncio
import csv
import io
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.backtest import BacktestReport
from core.domain.errors import Conflict, InvalidInput, NotFound
from core.domain.events import LimitsChanged
from core.domain.journal import GENESIS, Head, Stamp, seal
from core.domain.market import Timeframe
from core.services.backtest_csv import trades_csv
from core.services.backtest_store import BacktestStore, capped
from core.services.backtests import BacktestService
from tests.fakes.installation import Installation, installation
from tests.fakes.market import START
from tests.integration.backtest_twin import BTC, FIRST, market, plan_of

BARS = [replace(bar, open_time=bar.open_time - (FIRST - START) - timedelta(minutes=1_500)) for bar in market(11, 1_500)]
PLAN = plan_of("ema_cross", parameters={"fast": 3, "slow": 9})


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path, history={BTC: BARS}) as running:
        yield running


@pytest.fixture
def tried(shop: Installation) -> BacktestService:
    return shop.app.services.backtests


async def test_a_backtest_is_kept_whole_and_found_by_the_beginning_of_its_id(tried: BacktestService):
    report = await tried.run("ann", PLAN)
    assert report.figures.trades > 0
    assert report.plan.parameters == {"fast": 3, "slow": 9}
    assert await tried.get("ann", report.backtest_id) == report
    assert await tried.get("ann", report.backtest_id[:4].upper()) == report


async def test_nobody_finds_the_backtests_of_others(tried: BacktestService):
    report = await tried.run("ann", PLAN)
    for wanted in (report.backtest_id, report.backtest_id[:8], "", "%", "none"):
        with pytest.raises(NotFound):
            await tried.get("bob", wanted)
    assert await tried.newest("bob", 10) == []


async def test_the_newest_come_first_and_without_what_is_long(shop: Installation, tried: BacktestService):
    made = list[BacktestReport]()
    for fast in (3, 4, 5):
        made.append(await tried.run("ann", replace(PLAN, parameters={"fast": fast, "slow": 20})))
        shop.clock.advance(timedelta(minutes=1))
    assert await tried.newest("ann", 2) == [replace(r, equity=(), trades=()) for r in (made[2], made[1])]


async def test_a_backtest_sees_only_what_has_happened_by_engine_time(tried: BacktestService):
    report = await tried.run("ann", replace(PLAN, end=START + timedelta(days=30)))
    assert report.last == START
    with pytest.raises(InvalidInput, match="no bars in that period"):
        await tried.run("ann", replace(PLAN, start=START))


async def test_minutes_decide_for_a_strategy_on_longer_bars(tried: BacktestService):
    report = await tried.run("ann", replace(PLAN, timeframe=Timeframe.M15))
    assert report.bars == len(BARS)


async def test_the_limits_a_user_has_set_hold_in_backtests_too(shop: Installation, tried: BacktestService):
    freely = await tried.run("ann", PLAN)
    changed = LimitsChanged({"max_consecutive_losses": Decimal(1)}, "ann")
    stamp = Stamp("ann", "limits", 0, START, START)
    await shop.store.insert("ledger_events", seal(Head(0, GENESIS), stamp, changed))
    bound = await tried.run("ann", PLAN)
    assert bound.figures.fills < freely.figures.fills


async def test_a_user_runs_one_at_a_time_and_all_together_two(tried: BacktestService):
    held, go = threading.Semaphore(0), threading.Event()

    def progress(done: int, total: int) -> None:
        del done, total
        held.release()
        go.wait(20)

    running = [asyncio.create_task(tried.run(user, PLAN, progress)) for user in ("ann", "bob")]
    for _ in running:
        await asyncio.to_thread(held.acquire)
    with pytest.raises(Conflict, match="still running"):
        await tried.run("ann", PLAN)
    with pytest.raises(Conflict, match="2 backtests run already"):
        await tried.run("cay", PLAN)
    go.set()
    ann, bob = await asyncio.gather(*running)
    assert ann.head == bob.head
    assert (await tried.run("cay", PLAN)).head == ann.head


async def test_the_rest_goes_on_while_a_backtest_runs_and_its_progress_is_told(tried: BacktestService):
    told, main = list[tuple[int, int]](), threading.get_ident()
    elsewhere = set[bool]()

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        elsewhere.add(threading.get_ident() != main)

    task = asyncio.create_task(tried.run("ann", PLAN, progress))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert elsewhere == {True}
    assert told[0] == (0, len(BARS))
    assert told[-1] == (len(BARS), len(BARS))
    assert told == sorted(told)


async def test_a_backtest_nobody_waits_for_ends_and_makes_room(tried: BacktestService):
    began, calls = threading.Event(), list[int]()

    def progress(done: int, total: int) -> None:
        calls.append(done)
        assert total == len(BARS)
        began.set()

    task = asyncio.create_task(tried.run("ann", replace(PLAN, strategy="adaptive", parameters={}), progress))
    await asyncio.to_thread(began.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert calls[-1] < len(BARS)
    assert await tried.newest("ann", 1) == []
    assert (await tried.run("ann", PLAN)).bars == len(BARS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"strategy": "luck"},
        {"parameters": {"fast": 1}},
        {"parameters": {"speed": 3}},
        {"risk_mode": "reckless"},
        {"capital": Decimal(0)},
        {"start": START, "end": START},
    ],
)
async def test_a_plan_that_cannot_be_carried_out_is_refused_and_blocks_nobody(tried: BacktestService, wrong: dict):
    with pytest.raises(InvalidInput):
        await tried.run("ann", replace(PLAN, **wrong))
    assert (await tried.run("ann", PLAN)).bars == len(BARS)


async def test_an_unknown_pair_is_not_found(tried: BacktestService):
    with pytest.raises(NotFound):
        await tried.run("ann", replace(PLAN, symbol="DOGE/USDT"))


async def test_the_better_of_two_is_named_with_the_reason(shop: Installation, tried: BacktestService):
    with pytest.raises(NotFound, match="not two"):
        await tried.compare("ann", ())
    one = await tried.run("ann", PLAN)
    shop.clock.advance(timedelta(minutes=1))
    with pytest.raises(NotFound, match="not two"):
        await tried.compare("ann", (one.backtest_id, one.backtest_id))
    other = await tried.run("ann", replace(PLAN, strategy="dca", parameters={}))
    found = await tried.compare("ann", ())
    assert [r.backtest_id for r in found.reports] == [other.backtest_id, one.backtest_id]
    assert found.better in {one.backtest_id, other.backtest_id}
    assert "%" in found.why
    again = await tried.compare("ann", (one.backtest_id, other.backtest_id))
    assert (again.better, again.why) == (found.better, found.why)


async def test_many_trades_are_capped_and_old_backtests_make_room(shop: Installation, tried: BacktestService):
    report = await tried.run("ann", PLAN)
    many = capped(replace(report, trades=report.trades[:1] * 5_003))
    assert (len(many.trades), many.trades_left_out) == (5_000, 3)
    kept = BacktestStore(shop.store)
    for number in range(205):
        ran_at = START + timedelta(minutes=number + 1)
        await kept.keep("ann", replace(report, backtest_id=f"made-{number:03}", ran_at=ran_at))
    listed = await tried.newest("ann", 1_000)
    assert [r.backtest_id for r in (listed[0], listed[-1])] == ["made-204", "made-005"]
    with pytest.raises(NotFound):
        await tried.get("ann", report.backtest_id)
    with pytest.raises(Conflict, match="begin with made"):
        await tried.get("ann", "made")


async def test_trades_come_as_csv_that_no_spreadsheet_calculates(tried: BacktestService):
    report = await tried.run("ann", PLAN)
    rows = list(csv.DictReader(io.StringIO(trades_csv(report))))
    assert [Decimal(row["net_pnl"]) for row in rows] == [trade.net_pnl for trade in report.trades]
    odd = replace(report, trades=(replace(report.trades[0], exit_reason="=1+1"),))
    assert trades_csv(odd).endswith(",'=1+1\r\n")

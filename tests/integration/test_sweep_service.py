"""Sweeps rank combinations by an estimate and check the best for real (spec/bots.md, Backtest: the same engine)."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from core.domain.errors import Conflict, InvalidInput
from core.domain.market import Timeframe
from core.domain.sweep import ESTIMATE, SweepPlan, axis, combinations
from core.services.sweeps import SweepService
from tests.builders import dec
from tests.fakes.installation import Installation, installation
from tests.fakes.market import START
from tests.made_bars import MADE, made_bars

_MADE = made_bars(3, 2_000, dec(10) ** 9)
BARS = [
    replace(bar, open_time=bar.open_time - (_MADE[0].open_time - START) - timedelta(minutes=2_000)) for bar in _MADE
]
PLAN = SweepPlan(
    "rsi_reversion", MADE.symbol, Timeframe.M1, dec(1_000), {"period": (5, 9, 14), "oversold": (25, 35)}, shown=4
)


@pytest.fixture
async def inst(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path, history={MADE.symbol: BARS}) as running:
        yield running


@pytest.fixture
def sweeps(inst: Installation) -> SweepService:
    return inst.app.services.sweeps


async def test_the_best_come_first_with_the_real_backtest_beside_them(inst: Installation, sweeps: SweepService):
    report = await sweeps.run("ann", PLAN)
    assert (report.combinations, report.left_out, report.bars) == (6, 0, 2_000)
    estimates = [row.estimate.final_equity for row in report.rows if row.estimate]
    assert len(estimates) == 4
    assert estimates == sorted(estimates, reverse=True)
    assert [row.real is not None for row in report.rows] == [True, True, True, False]
    assert report.note == ESTIMATE

    best = report.rows[0]
    real = await inst.app.services.backtests.run("ann", PLAN.backtest(best.parameters))
    assert best.real == real.figures


async def test_what_cannot_be_estimated_is_backtested_one_by_one(sweeps: SweepService):
    report = await sweeps.run("ann", replace(PLAN, strategy="dca", grid={"slices": (2, 5)}))
    assert [row.estimate for row in report.rows] == [None, None]
    finals = [row.real.final_equity for row in report.rows if row.real]
    assert finals == sorted(finals, reverse=True)
    assert "whole backtest" in report.note
    with pytest.raises(InvalidInput, match="at most 30"):
        await sweeps.run("ann", replace(PLAN, strategy="dca", grid={"interval": tuple(range(1, 60))}))


async def test_a_person_runs_one_sweep_at_a_time(sweeps: SweepService):
    reached, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def progress(done: int, total: int) -> None:
        assert done <= total
        loop.call_soon_threadsafe(reached.set)
        go.wait(30)

    first = asyncio.create_task(sweeps.run("ann", PLAN, progress))
    await reached.wait()
    with pytest.raises(Conflict, match="still running"):
        await sweeps.run("ann", PLAN)
    go.set()
    assert (await first).rows
    assert (await sweeps.run("ann", PLAN)).rows


async def test_a_sweep_that_nobody_waits_for_ends(sweeps: SweepService):
    reached, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def progress(done: int, total: int) -> None:
        del done, total
        loop.call_soon_threadsafe(reached.set)
        go.wait(30)

    left = asyncio.create_task(sweeps.run("ann", PLAN, progress))
    await reached.wait()
    left.cancel()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await left
    assert (await sweeps.run("ann", PLAN)).rows


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grid": {"speed": (1,)}}, "no parameter 'speed'"),
        ({"grid": {"period": (1,)}}, "from 2 to 100"),
        ({"grid": {"period": ()}}, "no values"),
        (
            {"grid": {"period": tuple(range(2, 101)), "oversold": tuple(range(5, 46)), "exit_level": (50, 55, 60)}},
            "at most",
        ),
        ({"strategy": "ema_cross", "grid": {"fast": (50,), "slow": (20, 50)}}, "do not fit together"),
        ({"strategy": "luck"}, "no strategy"),
        ({"risk_mode": "wild"}, "no risk mode"),
        ({"shown": 0}, "1 to 100"),
        ({"checked": 5}, "at most"),
        ({"capital": dec(0)}, "above zero"),
    ],
)
async def test_a_plan_that_cannot_be_tried_is_refused(sweeps: SweepService, changes: dict[str, object], words: str):
    with pytest.raises(InvalidInput, match=words):
        await sweeps.run("ann", replace(PLAN, **changes))


def test_combinations_whose_values_do_not_fit_are_left_out():
    plan = replace(PLAN, strategy="ema_cross", grid={"fast": (5, 20), "slow": (10, 21)})
    tried = combinations(plan)
    assert tried.left_out == 1
    assert [(one["fast"], one["slow"]) for one in tried.fitting] == [(5, 10), (5, 21), (20, 21)]


def test_values_are_written_as_one_as_a_list_or_as_a_range():
    assert (axis("9"), axis("5,10,20"), axis("5:20:5"), axis("2:4")) == ((9,), (5, 10, 20), (5, 10, 15, 20), (2, 3, 4))
    for wrong in ("", "a", "1:2:3:4", "5:1", "1:5:0", "1:99999999", "1.5"):
        with pytest.raises(InvalidInput):
            axis(wrong)


async def test_the_api_answers_estimates_and_real_figures(
    inst: Installation, api: httpx.AsyncClient, token: dict[str, str]
):
    del inst
    wish = {"strategy": "ema_cross", "timeframe": "1m", "grid": {"fast": [3, 9], "slow": [9, 21]}, "checked": 1}
    answer = await api.post("/api/backtests/sweep", headers=token, json=wish)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["combinations"], report["left_out"]) == (3, 1)
    assert [row["real"] is not None for row in report["rows"]] == [True, False, False]
    assert report["rows"][0]["estimate"]["trades"] > 0

    for wrong in ({"grid": {}}, {"grid": {"fast": []}}, {"grid": {"fast": ["5"]}}, {"shown": 1_000}, {"other": 1}):
        answer = await api.post("/api/backtests/sweep", headers=token, json=wish | wrong)
        assert answer.status_code == 422, answer.text
    assert (await api.post("/api/backtests/sweep", json=wish)).status_code == 401


def _command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "web.cli", "sweep", *arguments], capture_output=True, text=True, check=False, timeout=120
    )


def test_the_command_line_ranks_the_bars_of_a_file(tmp_path: Path):
    file = tmp_path / "BTC_USDT-1m.csv"
    rows = [f"{int(b.open_time.timestamp())}000,{b.open},{b.high},{b.low},{b.close},{b.volume}" for b in BARS]
    file.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]), encoding="utf-8")
    wish = ("--strategy", "ema_cross", "--data", str(file), "--grid", "fast=3:9:3", "--grid", "slow=21")

    report = json.loads(_command(*wish, "--json").stdout)
    assert [len(report["rows"]), report["combinations"]] == [3, 3]
    assert all(row["real"]["trades"] for row in report["rows"])
    shown = _command(*wish, "--top", "2", "--check", "1").stdout
    assert shown.count("fast=") == 2
    assert sum(" real " in line and "%" in line for line in shown.splitlines()) == 1
    refused = _command(*wish, "--grid", "fast=1")
    assert refused.returncode == 1
    assert "once for each parameter" in refused.stderr

"""An estimate is what the real backtest brings wherever no daily limit, breaker or lack of volume gets in between.

Promise (spec/bots.md, Backtest): sweeps rank what the real backtest would do; the rules of both are the same.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from core.adapters.feeds.ohlcv_file import read_ohlcv
from core.adapters.indicators import TalibBatch, TalibIndicators
from core.adapters.store.memory import MemoryStore
from core.adapters.store.schema import COLLECTIONS
from core.adapters.sweep_numpy import NumpySweep, SweptMarket
from core.domain.backtest import BacktestReport
from core.domain.instrument import FEE_SCHEDULES, Instrument
from core.domain.market import Bar, Timeframe
from core.domain.rules import TradingRules
from core.domain.strategies import catalog
from core.domain.sweep import SweepPlan, SweepTask, combinations
from core.services.backtest_desk import BacktestParts
from core.services.backtest_market import make_tape
from core.services.backtest_run import BacktestHistory, run_backtest
from tests.builders import dec
from tests.made_bars import MADE, made_bars

DATA = Path(__file__).parents[3] / "shared" / "data"
AMPLE = dec(10) ** 9
PARTS = BacktestParts(lambda: MemoryStore(COLLECTIONS), TalibIndicators, TalibBatch())
NO_LIMITS = TradingRules(
    max_trades_per_bot_daily=10**6,
    max_trades_per_user_daily=10**6,
    burst_limit_orders=10**6,
    max_drawdown=dec("0.999"),
    max_daily_loss=dec("0.999"),
    max_consecutive_losses=10**6,
)
GRIDS = {
    "ema_cross": {"fast": (3, 9), "slow": (12, 21)},
    "rsi_reversion": {"period": (5, 14), "oversold": (30, 40), "exit_level": (60,)},
    "bollinger": {"period": (10, 20), "width": (10, 20), "min_gain": (40,)},
    "breakout": {"entry": (20,), "exit": (5, 10), "stop": (0, 15)},
}
Stretch = tuple[datetime | None, datetime | None]


@cache
def _recorded(name: str) -> tuple[tuple[Bar, ...], Instrument]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"RECORDED DATA IS MISSING: {path}")
    data = read_ohlcv(path)
    return tuple(replace(bar, volume=AMPLE) for bar in data.bars), data.instrument


def _plan(strategy: str, instrument: Instrument, timeframe: Timeframe, risk_mode: str, span: Stretch) -> SweepPlan:
    return SweepPlan(
        strategy, instrument.symbol, timeframe, dec(1_000), GRIDS[strategy], span[0], span[1], risk_mode=risk_mode
    )


def _task(plan: SweepPlan, bars: Sequence[Bar], instrument: Instrument) -> SweepTask:
    tape = make_tape(bars, plan.timeframe, (plan.start, plan.end), (), TalibBatch())
    return SweepTask(
        strategy=plan.strategy,
        combinations=combinations(plan).fitting,
        bars=tape.bars,
        closing=(*tape.warm, *tape.closing),
        instrument=instrument,
        fees=FEE_SCHEDULES[plan.exchange],
        profile=catalog.profile_of(plan.risk_mode),
        rules=NO_LIMITS,
        capital=plan.capital,
    )


def _bars_traded_on(task: SweepTask, parameters: dict[str, int]) -> list[tuple[datetime, datetime]]:
    """Open times of the bars that each closed position began at and ended in."""
    trades = SweptMarket(task).trades(parameters)
    pairs = zip(trades.entered.tolist(), trades.left.tolist(), strict=True)
    return [(task.bars[a].open_time, task.bars[b].open_time) for a, b in pairs if b < len(task.bars)]


def _bars_of(report: BacktestReport, timeframe: Timeframe) -> list[tuple[datetime, datetime]]:
    return [(timeframe.floor(trade.entry_time), timeframe.floor(trade.exit_time)) for trade in report.trades]


async def _compare(plan: SweepPlan, bars: Sequence[Bar], instrument: Instrument) -> int:
    """Hold every combination against its real backtest; gives the trades there were."""
    task = _task(plan, bars, instrument)
    trades = 0
    for parameters, estimate in zip(task.combinations, NumpySweep().estimate(task), strict=True):
        history = BacktestHistory(bars, instrument, "test")
        real = await run_backtest(plan.backtest(parameters), history, PARTS, NO_LIMITS)
        assert set(real.denials_by_gate) <= {"fee_coverage", "price"}
        assert _bars_traded_on(task, parameters) == _bars_of(real, bars[0].timeframe)
        assert (estimate.trades, estimate.wins) == (real.figures.trades, real.figures.wins)
        # Fees are rounded up alike; a lot more or less where a float ends below a whole number of them.
        assert abs(estimate.final_equity - real.figures.final_equity) < dec("0.00001")
        assert abs(estimate.max_drawdown_pct - real.figures.max_drawdown_pct) < dec("0.001")
        trades += estimate.trades
    return trades


@pytest.mark.parametrize("risk_mode", ["safe", "balanced", "aggressive"])
@pytest.mark.parametrize("strategy", GRIDS)
async def test_an_estimate_on_a_made_market_is_what_the_backtest_brings(strategy: str, risk_mode: str):
    bars = made_bars(sum(map(ord, strategy + risk_mode)), 2_000, AMPLE)
    plan = _plan(strategy, MADE, Timeframe.M1, risk_mode, (None, None))
    assert await _compare(plan, bars, MADE) > 20


@pytest.mark.parametrize("strategy", GRIDS)
async def test_bars_finer_than_the_strategys_decide_when_stops_are_met(strategy: str):
    bars = made_bars(7, 5_000, AMPLE)
    plan = _plan(strategy, MADE, Timeframe.M5, "balanced", (bars[1_203].open_time, bars[4_801].open_time))
    assert await _compare(plan, bars, MADE) > 5


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("BTC_USDT-1m.csv.gz", 1_000, 7_000), ("XRP_USDT-5m.csv.gz", 0, 1_999), ("ETH_BTC-5m.csv.gz", 2_000, 5_000)],
)
@pytest.mark.parametrize("strategy", GRIDS)
async def test_an_estimate_on_recorded_prices_is_what_the_backtest_brings(
    strategy: str, name: str, first: int, last: int
):
    bars, instrument = _recorded(name)
    timeframe = bars[0].timeframe
    part = bars[first:last]
    plan = _plan(strategy, instrument, timeframe, "aggressive", (part[100].open_time, None))
    assert await _compare(plan, part, instrument) > 0

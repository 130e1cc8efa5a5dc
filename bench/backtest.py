"""One backtest through the real gates, paper exchange and ledger, next to backtesting.py and vectorbt.

All trade the same EMA cross on the same recorded minutes at the same prices with the same fees, so that they must end
with the same equity. Ours keeps a ledger with a chain of hashes of it in exact decimals; the peers compute in floats.
"""

import time
from dataclasses import replace
from decimal import Decimal

from bench.peers import PeerMissing, run_peer
from bench.swept import CAPITAL, DATA, NO_LIMITS, RISK_MODE, UNPROTECTED, Market, market
from bench.table import Table, millis, rate
from core.adapters.sweep_numpy import NumpySweep
from core.bootstrap import backtest_parts
from core.domain.backtest import BacktestPlan, BacktestReport
from core.domain.strategies.catalog import RISK_PROFILES
from core.services.backtest_run import BacktestHistory, run_backtest

GRID = {"fast": (9,), "slow": (21,)}
AMPLE = Decimal(10) ** 9
REPEATS = 3


async def _ours(found: Market, strategy: str, risk_mode: str, *, ample: bool) -> tuple[BacktestReport, float]:
    """The report, and CPU seconds of the fastest run; `ample` gives every order all the volume it wants."""
    data = found.data
    bars = tuple(replace(bar, volume=AMPLE) for bar in data.bars) if ample else data.bars
    plan = BacktestPlan(strategy, data.instrument.symbol, data.timeframe, CAPITAL, risk_mode=risk_mode)
    history = BacktestHistory(bars, data.instrument, "bench")
    spent: list[float] = []
    report: BacktestReport | None = None
    for _ in range(REPEATS):
        started = time.process_time()
        report = await run_backtest(plan, history, backtest_parts(), NO_LIMITS)
        spent.append(time.process_time() - started)
    if report is None:
        raise AssertionError("nothing was run")
    return report, min(spent)


async def run() -> list[Table]:
    """A row per program where models are equal, and rows of ours as it is used."""
    found = market()
    if found is None:
        missing = Table("Backtest", ("",))
        missing.note(f"RECORDED DATA IS MISSING: {DATA.name}")
        return [missing]
    return [await _equal(found), await _as_used(found)]


async def _equal(found: Market) -> Table:
    RISK_PROFILES[RISK_MODE] = UNPROTECTED
    bars = len(found.data.bars)
    columns = ("program", "CPU", "bars/s", "first run", "final equity", "off")
    table = Table(f"EMA cross 9/21 without stops on {bars:,} recorded minutes, CPU time on one core", columns)
    report, secs = await _ours(found, "ema_cross", RISK_MODE, ample=True)
    final = float(report.figures.final_equity)
    table.add("amarktai, backtest", millis(secs), rate(bars, secs), "-", f"{final:.4f}", "-")
    task = found.task(GRID)
    started = time.process_time()
    estimate = float(NumpySweep().estimate(task)[0].final_equity)
    secs = time.process_time() - started
    table.add("amarktai, sweep of one", millis(secs), rate(bars, secs), "-", f"{estimate:.4f}", _off(estimate, final))
    for name in ("backtesting", "vectorbt"):
        try:
            peer = run_peer(name, found.for_peers(task.combinations, REPEATS))
        except PeerMissing as missing:
            table.note(str(missing))
            continue
        cells = millis(peer.secs), rate(bars, peer.secs), millis(peer.first_secs), f"{peer.final[0]:.4f}"
        table.add(f"{name} {peer.version}", *cells, _off(peer.final[0], final))
    table.note(f"{report.figures.trades:,} trades; best of {REPEATS} runs; vectorbt's first run compiles")
    table.note("off: against our backtest; fees rounded up, and whole lots, are the difference")
    table.note("goal: 200,000 bars/s through the real gates, paper exchange and ledger")
    return table


async def _as_used(found: Market) -> Table:
    bars = len(found.data.bars)
    table = Table("amarktai alone, with stops and targets, recorded volume", ("strategy", "CPU", "bars/s", "fills"))
    for strategy in ("ema_cross", "rsi_reversion", "bollinger", "breakout", "grid", "dca", "adaptive"):
        report, secs = await _ours(found, strategy, "balanced", ample=False)
        table.add(strategy, millis(secs), rate(bars, secs), f"{report.figures.fills:,}")
    table.note("no daily limits and no circuit breaker, so that it trades to the end")
    return table


def _off(final: float, wanted: float) -> str:
    return f"{final / wanted - 1:+.1e}"

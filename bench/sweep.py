"""Parameter sweeps next to vectorbt: the same combinations on the same recorded minutes, with the same results."""

import time
from dataclasses import replace

from bench.peers import PeerMissing, run_peer
from bench.swept import CAPITAL, DATA, Market, market
from bench.table import Table, millis, rate
from core.adapters.sweep_numpy import NumpySweep
from core.domain.strategies.catalog import profile_of
from core.domain.sweep import SweepPlan, combinations

SIZES = ((range(5, 10), range(20, 40, 10)), (range(5, 25), range(25, 75)))
GRIDS: dict[str, dict[str, tuple[int, ...]]] = {
    "ema_cross": {"fast": tuple(range(5, 25)), "slow": tuple(range(25, 75))},
    "rsi_reversion": {"period": tuple(range(5, 25)), "oversold": tuple(range(20, 40, 2)), "exit_level": (50, 55, 60)},
    "bollinger": {"period": tuple(range(10, 60)), "width": tuple(range(10, 30, 2))},
    "breakout": {"entry": tuple(range(20, 70)), "exit": tuple(range(10, 20))},
}


async def run() -> list[Table]:
    """Rows of ours and of vectorbt where models are equal, and ours for each strategy."""
    found = market()
    if found is None:
        missing = Table("Sweep", ("",))
        missing.note(f"RECORDED DATA IS MISSING: {DATA.name}")
        return [missing]
    return [_equal(found), _as_used(found)]


def _equal(found: Market) -> Table:
    bars = len(found.data.bars)
    columns = ("program", "combinations", "CPU", "bars/s", "first run", "furthest off")
    table = Table(f"EMA crosses without stops on {bars:,} recorded minutes, CPU time on one core", columns)
    for fast, slow in SIZES:
        task = found.task({"fast": tuple(fast), "slow": tuple(slow)})
        count = len(task.combinations)
        started = time.process_time()
        ours = [float(figures.final_equity) for figures in NumpySweep().estimate(task)]
        secs = time.process_time() - started
        table.add("amarktai", f"{count:,}", millis(secs), rate(bars * count, secs), "-", "-")
        try:
            peer = run_peer("vectorbt", found.for_peers(task.combinations, 2))
        except PeerMissing as missing:
            table.note(str(missing))
            continue
        off = max(abs(theirs / own - 1) for theirs, own in zip(peer.final, ours, strict=True))
        cells = f"{count:,}", millis(peer.secs), rate(bars * count, peer.secs), millis(peer.first_secs), f"{off:.1e}"
        table.add(f"vectorbt {peer.version}", *cells)
    table.note("bars times combinations per second, with all indicators; ours includes reading bars into arrays")
    table.note("vectorbt: the faster of two runs after the first, which compiles")
    table.note("goal: 5,000,000 bars/s")
    return table


def _as_used(found: Market) -> Table:
    bars = len(found.data.bars)
    table = Table("amarktai alone, with stops and targets", ("strategy", "combinations", "CPU", "bars/s", "trades"))
    for strategy, grid in GRIDS.items():
        plan = SweepPlan(strategy, found.data.instrument.symbol, found.data.timeframe, CAPITAL, grid)
        fitting = combinations(plan).fitting
        task = replace(found.task({}), strategy=strategy, combinations=fitting)
        task = replace(task, profile=profile_of("balanced"))
        started = time.process_time()
        figures = NumpySweep().estimate(task)
        secs = time.process_time() - started
        trades = sum(each.trades for each in figures)
        count = len(fitting)
        table.add(strategy, f"{count:,}", millis(secs), rate(bars * count, secs), f"{trades:,}")
    return table

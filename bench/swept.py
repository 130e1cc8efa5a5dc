"""What the backtest and sweep benchmarks work on: recorded minutes, an EMA cross without stops, equal for everybody."""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from core.adapters.feeds.ohlcv_file import OhlcvFile, read_ohlcv
from core.adapters.sweep_prices import BarPrices
from core.domain.instrument import FEE_SCHEDULES, Exchange
from core.domain.rules import TradingRules
from core.domain.strategies.base import RiskProfile
from core.domain.sweep import SweepPlan, SweepTask, combinations

DATA = Path(__file__).parents[2] / "shared" / "data" / "BTC_USDT-1m.csv.gz"
CAPITAL = Decimal(1_000)
FEES = FEE_SCHEDULES[Exchange.BINANCE]
RISK_MODE = "unprotected"

#: Half of the money a trade, and a stop and target that no price reaches: peers measure both from other prices.
UNPROTECTED = RiskProfile(Decimal("0.5"), Decimal(9_900), Decimal(1_000_000))

NO_LIMITS = TradingRules(
    max_trades_per_bot_daily=10**6,
    max_trades_per_user_daily=10**6,
    burst_limit_orders=10**6,
    max_drawdown=Decimal("0.999"),
    max_daily_loss=Decimal("0.999"),
    max_consecutive_losses=10**6,
)


@dataclass(frozen=True, slots=True)
class Market:
    """The recorded bars, and what orders meet on them."""

    data: OhlcvFile
    prices: BarPrices

    def task(self, grid: dict[str, tuple[int, ...]], profile: RiskProfile = UNPROTECTED) -> SweepTask:
        """A sweep of ours over an EMA cross."""
        data = self.data
        plan = SweepPlan("ema_cross", data.instrument.symbol, data.timeframe, CAPITAL, grid)
        fitting = combinations(plan).fitting
        return SweepTask(
            plan.strategy, fitting, data.bars, data.bars, data.instrument, FEES, profile, NO_LIMITS, CAPITAL
        )

    def for_peers(self, combos: tuple[dict[str, int], ...], repeats: int) -> dict[str, Any]:
        """The same as columns for bench/backtest_peers.py."""
        bars, unit = self.data.bars, self.prices.unit
        columns = {name: [float(getattr(bar, name)) for bar in bars] for name in ("open", "high", "low", "close")}
        ask, bid = self.prices.ask_at_open * unit, self.prices.bid_at_open * unit
        return columns | {
            "ask": ask,
            "bid": bid,
            "half_spread": (ask - bid) / 2,
            "capital": float(CAPITAL),
            "fraction": float(UNPROTECTED.position_fraction),
            "fee": float(FEES.taker_bps) / 10_000,
            "unit": float(self.data.instrument.lot_size),
            "fast": np.array([combo["fast"] for combo in combos]),
            "slow": np.array([combo["slow"] for combo in combos]),
            "repeats": repeats,
        }


def market() -> Market | None:
    """The recorded minutes; None where they are missing."""
    if not DATA.exists():
        return None
    data = read_ohlcv(DATA)
    # Lots so small that it does not matter who knows of them.
    data = replace(data, instrument=replace(data.instrument, lot_size=Decimal("0.00000001")))
    return Market(data, BarPrices(data.bars, data.instrument))

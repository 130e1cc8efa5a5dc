"""One sitting of adaptive's exam: it and each of its members through the product's own backtest, on the same bars.

Balanced risk mode, the paper exchange's fees (10 bps a side) and its book (half a spread of 0.5 bps, and its depth).
Breakers and daily limits are so wide that all trade to the end: a breaker that stops a loser early would flatter it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import mean

from bench.adaptive_markets import RegimeMarket, SimulatedMarket
from core.bootstrap import backtest_parts
from core.domain.backtest import BacktestPlan, BacktestReport
from core.domain.market import Timeframe
from core.domain.rules import TradingRules
from core.domain.strategies import adaptive
from core.services.backtest_run import BacktestHistory, run_backtest
from core.services.bar_source import WARM_BARS

_CAPITAL = {"USDT": Decimal(1_000), "BTC": Decimal("0.1")}
"""By quote currency; little beside what is traded in a bar, so that the books' depth is not what is measured."""
KINDS = (adaptive.KIND, *adaptive.MEMBERS)
_NO_LIMITS = TradingRules(
    max_trades_per_bot_daily=10**6,
    max_trades_per_user_daily=10**6,
    burst_limit_orders=10**6,
    max_drawdown=Decimal("0.999"),
    max_daily_loss=Decimal("0.999"),
    max_consecutive_losses=10**6,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`net` return after costs, `fall` (the largest from a peak) and `exposure` (time in the market) as fractions.

    `bet` is what all entries cost together, where 1 is the capital.
    """

    net: float
    fall: float
    trades: int
    exposure: float
    bet: float


@dataclass(frozen=True, slots=True)
class Sitting:
    """What adaptive and its members made of one market."""

    adaptive: Outcome
    members: tuple[Outcome, ...]

    @property
    def average(self) -> float:
        """The members' average net return."""
        return mean(member.net for member in self.members)

    @property
    def difference(self) -> float:
        """What adaptive has more than that."""
        return self.adaptive.net - self.average


def sit(history: BacktestHistory, timeframe: Timeframe) -> Sitting:
    """Let adaptive and each member trade the same bars; the first WARM_BARS only warm them, as the engine does."""
    first, *others = [_outcome(_backtest(kind.name, history, timeframe)) for kind in KINDS]
    return Sitting(first, tuple(others))


def examine(market: RegimeMarket | SimulatedMarket, seeds: Iterable[int]) -> list[Sitting]:
    """One sitting per seed."""
    return [sit(market.history(seed), market.timeframe) for seed in seeds]


def _backtest(strategy: str, history: BacktestHistory, timeframe: Timeframe) -> BacktestReport:
    symbol = history.instrument.symbol
    start = history.bars[0].open_time + WARM_BARS * timeframe.span
    plan = BacktestPlan(strategy, symbol, timeframe, _CAPITAL[history.instrument.quote], start=start)
    return asyncio.run(run_backtest(plan, history, backtest_parts(), _NO_LIMITS))


def _outcome(report: BacktestReport) -> Outcome:
    figures = report.figures
    spent = sum(float(trade.entry_price * trade.quantity) for trade in report.trades)
    return Outcome(
        float(figures.net_profit_pct) / 100,
        float(figures.max_drawdown_pct) / 100,
        figures.trades,
        float(figures.exposure_pct) / 100,
        spent / float(report.plan.capital),
    )

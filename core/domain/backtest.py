"""A backtest's question and its answer: what would a bot have done, and what came of it (spec/bots.md, Backtest)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.instrument import Exchange
from core.domain.market import Timeframe


@dataclass(frozen=True, slots=True)
class BacktestPlan:
    """One bot over a stretch of history.

    `start` is inclusive, `end` exclusive (engine time); None is as far as the history reaches. `capital` is in the
    symbol's quote currency. Parameters that are not given take the strategy's defaults.
    """

    strategy: str
    symbol: str
    timeframe: Timeframe
    capital: Decimal
    start: datetime | None = None
    end: datetime | None = None
    parameters: dict[str, int] | None = None
    risk_mode: str = "balanced"
    exchange: Exchange = Exchange.BINANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestFigures:
    """What came of it. Money in quote currency; `_pct` in percent; None where it is not defined.

    `sharpe` and `sortino` are of daily returns of equity, annualised with the square root of 365, without a
    risk-free rate. `cagr_pct` is the yearly growth that compounds to the return. `expectancy` is the mean net result
    of a trade. `exposure_pct` is the time in the market. `buy_and_hold_pct` is the return of buying at the first open
    with all capital, fee paid, and holding to the last close.
    """

    final_equity: Decimal
    net_profit: Decimal
    net_profit_pct: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    fees: Decimal
    cagr_pct: Decimal | None = None
    max_drawdown_pct: Decimal
    sharpe: Decimal | None = None
    sortino: Decimal | None = None
    profit_factor: Decimal | None = None
    expectancy: Decimal | None = None
    win_rate_pct: Decimal | None = None
    trades: int
    wins: int
    fills: int
    denials: int
    average_holding_secs: Decimal | None = None
    exposure_pct: Decimal
    buy_and_hold_pct: Decimal


@dataclass(frozen=True, slots=True)
class BacktestTrade:
    """One closed trade: volume-weighted prices, base units, quote currency, net of the fees of both sides."""

    entry_time: datetime
    exit_time: datetime
    entry_price: Decimal
    exit_price: Decimal
    quantity: Decimal
    fees: Decimal
    net_pnl: Decimal
    return_pct: Decimal
    exit_reason: str


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity in quote currency at the close of a bar; `drawdown_pct` from the highest before."""

    ts: datetime
    equity: Decimal
    drawdown_pct: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """A backtest that was run; `plan` has every default filled in. `equity` is thinned to what a chart shows.

    `first` and `last` are the open time of the first and the end of the last bar that the bot traded on; warm-up
    lies before. `denials_by_gate` counts refused entries by gate. `stopped_by` says why it traded no more before the
    end (its circuit breaker), if it did not. `head` is the hash of the last event of its ledger in memory. Of very
    many trades the newest are kept: `trades_left_out` counts the others.
    """

    backtest_id: str
    ran_at: datetime
    source: str
    plan: BacktestPlan
    first: datetime
    last: datetime
    bars: int
    figures: BacktestFigures
    equity: tuple[EquityPoint, ...]
    trades: tuple[BacktestTrade, ...]
    denials_by_gate: dict[str, int]
    stopped_by: str | None = None
    head: str
    trades_left_out: int = 0

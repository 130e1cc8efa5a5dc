"""What the routes of backtests answer."""

from core.domain.backtest import BacktestReport
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from web.api.fields import Answer, Figure, Time


class PlanPart(Answer):
    """What was tried, with every default filled in; `capital` in the pair's quote currency."""

    strategy: str
    symbol: str
    timeframe: Timeframe
    capital: Figure
    start: Time | None
    end: Time | None
    parameters: dict[str, int] | None
    risk_mode: str
    exchange: Exchange


class FiguresPart(Answer):
    """What came of it; money in quote currency, `_pct` in percent, null where it is not defined.

    `sharpe` and `sortino` are of daily returns, annualised with the square root of 365.
    """

    final_equity: Figure
    net_profit: Figure
    net_profit_pct: Figure
    realized_pnl: Figure
    unrealized_pnl: Figure
    fees: Figure
    cagr_pct: Figure | None
    max_drawdown_pct: Figure
    sharpe: Figure | None
    sortino: Figure | None
    profit_factor: Figure | None
    expectancy: Figure | None
    win_rate_pct: Figure | None
    trades: int
    wins: int
    fills: int
    denials: int
    average_holding_secs: Figure | None
    exposure_pct: Figure
    buy_and_hold_pct: Figure


class TradePart(Answer):
    """One closed trade, net of the fees of both sides."""

    entry_time: Time
    exit_time: Time
    entry_price: Figure
    exit_price: Figure
    quantity: Figure
    fees: Figure
    net_pnl: Figure
    return_pct: Figure
    exit_reason: str


class EquityPart(Answer):
    """Equity at the close of a bar; `drawdown_pct` from the highest before."""

    ts: Time
    equity: Figure
    drawdown_pct: Figure


class SummaryPart(Answer):
    """A backtest without its trades and its curve; `stopped_by`: its circuit breaker ended it early."""

    backtest_id: str
    ran_at: Time
    source: str
    plan: PlanPart
    first: Time
    last: Time
    bars: int
    figures: FiguresPart
    denials_by_gate: dict[str, int]
    stopped_by: str | None
    head: str


class BacktestAnswer(SummaryPart):
    """A backtest whole; `equity` is thinned to what a chart shows, trades also come as CSV.

    Of very many trades the newest are kept: `trades_left_out` counts the others.
    """

    equity: list[EquityPart]
    trades: list[TradePart]
    trades_left_out: int


class BacktestsAnswer(Answer):
    """Backtests, newest first."""

    backtests: list[SummaryPart]
    cursor: str | None


class ComparedAnswer(Answer):
    """Backtests side by side; `better` is the id of the one that did better, null when that cannot be said."""

    backtests: list[SummaryPart]
    better: str | None
    why: str


class RunningAnswer(Answer):
    """How far the person's backtest is that runs now."""

    what: str
    bars_done: int
    bars: int


def summary(report: BacktestReport) -> SummaryPart:
    """A report without what is long."""
    return SummaryPart.model_validate({name: getattr(report, name) for name in SummaryPart.model_fields})


def whole(report: BacktestReport) -> BacktestAnswer:
    """A report with its trades and its curve."""
    return BacktestAnswer.model_validate(report)

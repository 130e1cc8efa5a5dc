"""A backtest's figures from the bot's own totals in its ledger and from equity at every bar's close.

What the product reports of any account (core/domain/performance.py) is computed by the same functions here. All of it
is pure; money is exact, quotients have 18 decimals.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Context, Decimal

from core.domain.backtest import BacktestFigures, BacktestTrade, EquityPoint
from core.domain.book import Book
from core.domain.instrument import FeeSchedule
from core.domain.market import Timeframe
from core.domain.money import BPS, ONE, ZERO, exact, ratio
from core.domain.performance import DAYS_A_YEAR, sharpe, sortino, trade_figures
from core.domain.track import DailyReturns, Drawdown
from core.domain.trade import Trade

MAX_POINTS = 500
"""Of an equity curve that is kept: more than a chart shows."""

SHORTEST_YEAR = timedelta(days=1)
"""What is shorter has no yearly growth: compounded 365 times and more, an accident would look like a promise."""

_GROWTH = Context(prec=20)
_MS = timedelta(milliseconds=1)


@dataclass(slots=True)
class EquityCurve:
    """Equity at the close of the bars of a backtest: its deepest fall, its daily returns, and points for a chart.

    A bar whose equity is what it was need not be told, unless a point or the end of a day is due with it.
    """

    step: int
    equity: Decimal
    drawdown: Drawdown
    returns: DailyReturns
    day_end: datetime
    next_point: int
    points: list[EquityPoint] = field(default_factory=list[EquityPoint])

    @classmethod
    def of(cls, capital: Decimal, first: datetime, bars: int) -> "EquityCurve":
        """All of `capital` in cash when the first bar opens; points are kept of every so many bars and of the last."""
        step = max(1, -(-bars // (MAX_POINTS - 1)))
        return cls(
            step=step,
            equity=capital,
            drawdown=Drawdown(peak=capital, peak_at=first, fell_from_value=capital),
            returns=DailyReturns(base=capital),
            day_end=Timeframe.D1.floor(first) + Timeframe.D1.span,
            next_point=step - 1,
        )

    def record(self, number: int, ts: datetime, equity: Decimal) -> None:
        """Equity at the close, at `ts`, of the bar with this number; the first is 0."""
        if ts > self.day_end:
            days = -((self.day_end - ts) // Timeframe.D1.span)
            self.returns.close_days(self.equity, days)
            self.day_end += days * Timeframe.D1.span
        self.equity = equity
        self.drawdown.record(equity, ONE, ts)
        if number >= self.next_point:
            self._keep(ts)
            self.next_point = number - (number + 1) % self.step + self.step

    def finish(self, ts: datetime) -> None:
        """The last bar closed at `ts`: its point stays, and a day that ended with it counts."""
        if ts == self.day_end:
            self.returns.close_days(self.equity, 1)
        if not self.points or self.points[-1].ts != ts:
            self._keep(ts)

    def _keep(self, ts: datetime) -> None:
        peak = self.drawdown.peak
        fallen = ratio((peak - self.equity) * 100, peak) if peak else ZERO
        self.points.append(EquityPoint(ts, self.equity, fallen))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a bot stood at the end: `cost` is what the open `quantity` was bought for, without fees.

    `first` and `last` bound the bars it traded on; prices in quote currency, `held_ms` in milliseconds of engine time.
    """

    capital: Decimal
    cash: Decimal
    quantity: Decimal
    cost: Decimal
    book: Book
    held_ms: int
    first: datetime
    last: datetime
    first_open: Decimal
    last_close: Decimal
    fees: FeeSchedule
    denials: int


def figures(ended: Ended, curve: EquityCurve) -> BacktestFigures:
    """All figures; an open position counts at the last close.

    net profit = final equity - capital = realized + unrealized - fees, to the last digit.
    """
    book, capital = ended.book, ended.capital
    with exact():
        final = ended.cash + ended.quantity * ended.last_close
        unrealized = ended.quantity * ended.last_close - ended.cost
        net = final - capital
        traded = trade_figures([(book, ONE)])
    span_ms = (ended.last - ended.first) // _MS
    return BacktestFigures(
        final_equity=final,
        net_profit=net,
        net_profit_pct=ratio(net * 100, capital),
        realized_pnl=book.realized,
        unrealized_pnl=unrealized,
        fees=book.fees,
        cagr_pct=cagr_pct(capital, final, ended.last - ended.first),
        max_drawdown_pct=ratio(curve.drawdown.fall * 100, curve.drawdown.fell_from_value),
        sharpe=sharpe(curve.returns),
        sortino=sortino(curve.returns),
        profit_factor=traded.profit_factor,
        expectancy=traded.expectancy,
        win_rate_pct=None if traded.win_rate is None else traded.win_rate * 100,
        trades=book.trades,
        wins=book.wins,
        fills=book.fills,
        denials=ended.denials,
        average_holding_secs=ratio(Decimal(book.held_ms), Decimal(book.trades * 1_000)) if book.trades else None,
        exposure_pct=min(ratio(Decimal(ended.held_ms * 100), Decimal(span_ms)), Decimal(100)) if span_ms else ZERO,
        buy_and_hold_pct=buy_and_hold_pct(ended.first_open, ended.last_close, ended.fees),
    )


def cagr_pct(capital: Decimal, final: Decimal, span: timedelta) -> Decimal | None:
    """Compound annual growth rate: (final / capital) ^ (365 days / span) - 1, in percent.

    CFA Institute, Global Investment Performance Standards: the geometric mean of yearly growth. None for less than a
    day; the year has the 365 days that Sharpe and Sortino are annualised with.
    """
    if span < SHORTEST_YEAR:
        return None
    years = _GROWTH.divide(Decimal(span // _MS), Decimal(timedelta(days=DAYS_A_YEAR) // _MS))
    growth = _GROWTH.power(_GROWTH.divide(final, capital), _GROWTH.divide(ONE, years))
    return _GROWTH.multiply(_GROWTH.subtract(growth, ONE), Decimal(100))


def buy_and_hold_pct(first_open: Decimal, last_close: Decimal, fees: FeeSchedule) -> Decimal:
    """Return of buying at the first open with all capital, taker fee paid out of it: close / (open x (1 + fee)) - 1."""
    paid = first_open * (ONE + fees.taker_bps / BPS)
    return ratio(last_close * 100, paid) - 100


def trade_of(trade: Trade) -> BacktestTrade:
    """A closed trade as a backtest reports it."""
    return BacktestTrade(
        entry_time=trade.opened_at,
        exit_time=trade.closed_at,
        entry_price=trade.entry_price,
        exit_price=trade.exit_price,
        quantity=trade.quantity,
        fees=trade.fees,
        net_pnl=trade.net_pnl,
        return_pct=trade.return_pct,
        exit_reason=trade.exit_reason.value if trade.exit_reason is not None else "",
    )

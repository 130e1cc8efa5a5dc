"""Performance figures of a bot or a user, from running totals in the folded state (spec/accounting.md).

Conventions, everywhere the same: a figure that does not exist is None, never 0 or infinity. Without a closed trade
there is no win rate, expectancy, best, worst or average; without a losing trade the profit factor would be infinite
and is None; Sharpe and Sortino need two complete days and a deviation above zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

from core.domain.book import Book, Exposure, Extreme
from core.domain.money import ZERO, ratio
from core.domain.track import DailyReturns, UnitTrack

DAYS_A_YEAR = 365
_SHOWN_DECIMALS = Decimal("1e-12")
_CONTEXT = Context(prec=50, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Performance:
    """Money in one currency. Fractions are of 1, `*_pct` of 100, times in seconds of engine time.

    A win is a trade with a net result above zero, a loss one below; a trade at zero is neither, but counts.
    """

    trades: int
    wins: int
    losses: int
    win_rate: Decimal | None
    profit_factor: Decimal | None
    expectancy: Decimal | None
    gross_profit: Decimal
    gross_loss: Decimal
    best_trade: Extreme | None
    worst_trade: Extreme | None
    avg_holding_secs: Decimal | None
    return_pct: Decimal
    max_drawdown: Decimal
    max_drawdown_amount: Decimal
    max_drawdown_from: datetime | None
    max_drawdown_to: datetime | None
    sharpe: Decimal | None
    sortino: Decimal | None
    days: int
    exposure: Decimal | None


@dataclass(frozen=True, slots=True)
class TradeFigures:
    """What closed trades alone tell, without any history of marks."""

    trades: int
    wins: int
    losses: int
    win_rate: Decimal | None
    profit_factor: Decimal | None
    expectancy: Decimal | None
    gross_profit: Decimal
    gross_loss: Decimal


def trade_figures(books: Iterable[tuple[Book, Decimal]]) -> TradeFigures:
    """Win rate = wins / trades; profit factor = sum of wins / sum of losses; expectancy = mean net result.

    `books` come with the rate of their currency into the one wanted.
    """
    trades = wins = losses = 0
    profit = loss = ZERO
    for book, rate in books:
        trades, wins, losses = trades + book.trades, wins + book.wins, losses + book.losses
        profit += book.gross_profit * rate
        loss += book.gross_loss * rate
    return TradeFigures(
        trades=trades,
        wins=wins,
        losses=losses,
        win_rate=ratio(Decimal(wins), Decimal(trades)) if trades else None,
        profit_factor=ratio(profit, loss) if loss else None,
        expectancy=ratio(profit - loss, Decimal(trades)) if trades else None,
        gross_profit=profit,
        gross_loss=loss,
    )


def performance(
    books: Iterable[tuple[Book, Decimal]],
    track: UnitTrack,
    exposure: Exposure,
    span: tuple[datetime, datetime],
    unit_value: Decimal,
) -> Performance:
    """All figures of a scope.

    Args:
        books: totals by quote currency, each with its rate into the currency wanted.
        track: recorded unit values.
        exposure: when something was held.
        span: engine time of the scope's start, and now.
        unit_value: present value of a unit, 1 at the start: the return is its change, so that deposits and
            withdrawals are neither gain nor loss.
    """
    books = list(books)
    traded = trade_figures(books)
    drawdown = track.drawdown.with_present(unit_value, track.units, span[1])
    held_ms = sum(book.held_ms for book, _ in books)
    whole_ms = max(span[1] - span[0], timedelta()) // timedelta(milliseconds=1)
    return Performance(
        trades=traded.trades,
        wins=traded.wins,
        losses=traded.losses,
        win_rate=traded.win_rate,
        profit_factor=traded.profit_factor,
        expectancy=traded.expectancy,
        gross_profit=traded.gross_profit,
        gross_loss=traded.gross_loss,
        best_trade=_extreme(books, best=True),
        worst_trade=_extreme(books, best=False),
        avg_holding_secs=ratio(Decimal(held_ms), Decimal(traded.trades * 1000)) if traded.trades else None,
        return_pct=(unit_value - 1) * 100,
        max_drawdown=drawdown.fraction,
        max_drawdown_amount=drawdown.amount,
        max_drawdown_from=drawdown.fell_from,
        max_drawdown_to=drawdown.fell_to,
        sharpe=sharpe(track.returns),
        sortino=sortino(track.returns),
        days=track.returns.days,
        exposure=min(ratio(Decimal(exposure.total_ms(span[1])), Decimal(whole_ms)), Decimal(1)) if whole_ms else None,
    )


def sharpe(returns: DailyReturns) -> Decimal | None:
    """Mean over sample standard deviation of daily returns, times the square root of 365; no risk-free rate.

    W. F. Sharpe, The Sharpe Ratio (1994), annualised for a market that never closes.
    """
    if returns.days < 2:  # noqa: PLR2004 - a deviation needs two values
        return None
    n = Decimal(returns.days)
    spread = _CONTEXT.subtract(returns.squares, _CONTEXT.divide(_CONTEXT.multiply(returns.total, returns.total), n))
    return _annual(returns.total, n, _CONTEXT.divide(spread, n - 1))


def sortino(returns: DailyReturns) -> Decimal | None:
    """Mean of daily returns over their downside deviation (root of the mean squared loss, target 0), times √365.

    F. Sortino and L. Price, Performance Measurement in a Downside Risk Framework (1994).
    """
    if returns.days < 2:  # noqa: PLR2004 - as for Sharpe
        return None
    n = Decimal(returns.days)
    return _annual(returns.total, n, _CONTEXT.divide(returns.downside_squares, n))


def _annual(total: Decimal, days: Decimal, variance: Decimal) -> Decimal | None:
    if variance <= 0:
        return None
    deviation = _CONTEXT.sqrt(variance)
    mean = _CONTEXT.divide(total, days)
    figure = _CONTEXT.multiply(_CONTEXT.divide(mean, deviation), _CONTEXT.sqrt(Decimal(DAYS_A_YEAR)))
    return _CONTEXT.quantize(figure, _SHOWN_DECIMALS)


def _extreme(books: Iterable[tuple[Book, Decimal]], *, best: bool) -> Extreme | None:
    known = [
        (found.net_pnl * rate, found)
        for book, rate in books
        if (found := book.best if best else book.worst) is not None
    ]
    if not known:
        return None
    return max(known, key=_worth)[1] if best else min(known, key=_worth)[1]


def _worth(pair: tuple[Decimal, Extreme]) -> Decimal:
    return pair[0]

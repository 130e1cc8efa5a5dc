"""What the tools about the market's past give back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.backtest import BacktestReport
from core.domain.market import Bar
from core.domain.order import Side


@dataclass(frozen=True, slots=True)
class FillMark:
    """Where the person or a bot of theirs bought or sold: engine time, price in quote currency, base units."""

    ts: datetime
    side: Side
    price: Decimal
    quantity: Decimal
    bot: str


@dataclass(frozen=True, slots=True)
class PriceChart:
    """Closed bars of a symbol, oldest first, with the person's fills among them as marks, oldest first.

    `left_off` older fills of the span are not among the marks.
    """

    symbol: str
    timeframe: str
    bars: tuple[Bar, ...]
    marks: tuple[FillMark, ...]
    left_off: int
    source: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Backtested:
    """A backtest that was run and stored."""

    report: BacktestReport


@dataclass(frozen=True, slots=True)
class BacktestsCompared:
    """Backtests side by side; `better` is the id of the one that did better, None when that cannot be said."""

    reports: tuple[BacktestReport, ...]
    better: str | None
    why: str

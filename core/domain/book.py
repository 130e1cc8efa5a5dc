"""Running totals of what was traded, in one quote currency: all that performance figures need, without history."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.money import ZERO
from core.domain.order import Fill
from core.domain.trade import Trade

_MS = timedelta(milliseconds=1)


@dataclass(slots=True)
class Extreme:
    """The best or the worst trade there was, by net result; the earlier one of two equals."""

    order_id: str
    symbol: str
    net_pnl: Decimal
    return_pct: Decimal
    closed_at: datetime


@dataclass(slots=True)
class Book:
    """Totals since the start; `realized` is gross of `fees`.

    `gross_profit` and `gross_loss` sum the net results of winning and of losing trades, both positive.
    `held_ms` sums the trades' holding times, first entry to exit, of engine time.
    """

    realized: Decimal = ZERO
    fees: Decimal = ZERO
    volume: Decimal = ZERO
    fills: int = 0
    trades: int = 0
    wins: int = 0
    losses: int = 0
    gross_profit: Decimal = ZERO
    gross_loss: Decimal = ZERO
    held_ms: int = 0
    best: Extreme | None = None
    worst: Extreme | None = None

    def count_fill(self, fill: Fill, notional: Decimal) -> None:
        """One more execution."""
        self.fees += fill.fee_quote_value
        self.volume += notional
        self.fills += 1

    def count_trade(self, trade: Trade) -> None:
        """One more closed trade."""
        net = trade.net_pnl
        self.trades += 1
        self.held_ms += trade.held // _MS
        if net > 0:
            self.wins += 1
            self.gross_profit += net
        elif net < 0:
            self.losses += 1
            self.gross_loss -= net
        if self.best is None or net > self.best.net_pnl:
            self.best = _extreme(trade)
        if self.worst is None or net < self.worst.net_pnl:
            self.worst = _extreme(trade)


def _extreme(trade: Trade) -> Extreme:
    return Extreme(trade.order_id, trade.symbol, trade.net_pnl, trade.return_pct, trade.closed_at)


@dataclass(slots=True)
class Exposure:
    """How long something was held, in milliseconds of engine time; `since` is set while something is."""

    held_ms: int = 0
    since: datetime | None = None

    def update(self, at: datetime, *, holding: bool) -> None:
        """Take note of whether something is held from now on."""
        if holding and self.since is None:
            self.since = at
        elif not holding and self.since is not None:
            self.held_ms += max(at - self.since, timedelta()) // _MS
            self.since = None

    def total_ms(self, now: datetime) -> int:
        """Milliseconds until now."""
        running = max(now - self.since, timedelta()) // _MS if self.since is not None else 0
        return self.held_ms + running

"""A trade: one exit order with the lots it consumed (spec/accounting.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.lots import Match, realized
from core.domain.money import ZERO, ratio
from core.domain.order import ExitReason, Fill


@dataclass(frozen=True, slots=True)
class Trade:
    """Prices are volume-weighted; PnL, fees and return in quote currency; `fees` is both sides' share."""

    order_id: str
    bot_id: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    opened_at: datetime
    closed_at: datetime
    gross_pnl: Decimal
    fees: Decimal
    net_pnl: Decimal
    return_pct: Decimal
    exit_reason: ExitReason | None = None

    @property
    def held(self) -> timedelta:
        """Holding time: from the first entry consumed to the exit, in engine time."""
        return max(self.closed_at - self.opened_at, timedelta())

    @property
    def won(self) -> bool:
        """A win is a net result above zero; zero is neither win nor loss."""
        return self.net_pnl > 0


@dataclass(frozen=True, slots=True)
class Leg:
    """One fill of an exit with the lots it consumed."""

    fill: Fill
    matches: list[Match]


@dataclass(frozen=True, slots=True)
class Exit:
    """One exit order with everything it sold."""

    order_id: str
    bot_id: str
    symbol: str
    reason: ExitReason | None
    closed_at: datetime
    legs: Sequence[Leg]


def close(exit_: Exit) -> Trade:
    """Sum up an exit order that filled at least in part."""
    quantity = proceeds = cost = gross = fees = ZERO
    for leg in exit_.legs:
        quantity += leg.fill.quantity
        proceeds += leg.fill.quantity * leg.fill.price
        gross += realized(leg.matches, leg.fill.price)
        fees += leg.fill.fee_quote_value
        for match in leg.matches:
            cost += match.quantity * match.price
            fees += match.fee
    net = gross - fees
    return Trade(
        order_id=exit_.order_id,
        bot_id=exit_.bot_id,
        symbol=exit_.symbol,
        quantity=quantity,
        entry_price=ratio(cost, quantity),
        exit_price=ratio(proceeds, quantity),
        opened_at=min(match.ts for leg in exit_.legs for match in leg.matches),
        closed_at=exit_.closed_at,
        gross_pnl=gross,
        fees=fees,
        net_pnl=net,
        return_pct=ratio(net * 100, cost),
        exit_reason=exit_.reason,
    )
